from odoo import api, models

ACCESS = {"queue_id", "project_id", "user_id", "is_private", "company_id"}


class TicketTicket(models.Model):
    """Colleagues who may no longer read a ticket are told no more (threat 27)."""

    _inherit = "ticket.ticket"

    def write(self, vals):
        result = super().write(vals)
        if not ACCESS.isdisjoint(vals):
            self._drop_followers_without_access()
        return result

    def _drop_followers_without_access(self):
        followers = self.env["mail.followers"].sudo()
        followers = followers.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        colleagues = self._colleagues(followers.partner_id.ids)
        readable = {
            partner: set().union(*(self._readable_by(user).ids for user in users))
            for partner, users in colleagues.grouped("partner_id").items()
        }
        followers.filtered(
            lambda follower: (
                follower.partner_id in readable
                and follower.res_id not in readable[follower.partner_id]
            )
        ).unlink()

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Colleagues who may read the ticket, whatever brought them here: a queue or a
        group may be left at any time. Outside, an answer goes to its recipients."""
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not self:
            return recipients
        colleagues = self._colleagues([r["id"] for r in recipients if r["id"]])
        readers = colleagues.filtered(self._readable_by)
        shut_out = set((colleagues.partner_id - readers.partner_id).ids)
        self._tell_not_told(message.partner_ids.filtered(lambda p: p.id in shut_out))
        if message.sudo().outgoing_email_to:
            outside = {r["id"] for r in recipients if r["id"] and r["share"]}
            shut_out |= outside - set(message.partner_ids.ids)
        return [r for r in recipients if r["id"] not in shut_out]

    def _tell_not_told(self, partners):
        """Who mentions colleagues learns that they were not told."""
        if not partners:
            return
        message = self.env._(
            "Not told, for they cannot see this ticket: %s.",
            ", ".join(partners.mapped("name")),
        )
        self.env.user._bus_send(
            "simple_notification",
            {"type": "warning", "title": self.display_name, "message": message},
        )

    @api.model
    def _colleagues(self, partner_ids):
        """The internal users among these partners, those archived as well."""
        users = self.env["res.users"].sudo().with_context(active_test=False)
        return users.search([("partner_id", "in", partner_ids), ("share", "=", False)])

    def _readable_by(self, user):
        """Those of the tickets that the user may read, in all of their companies."""
        if not user.active:
            return self.browse()
        tickets = self.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        return tickets._filtered_access("read")
