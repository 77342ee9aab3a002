from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize

from .ticket_status import CLOSED_CATEGORIES, RESTING

FIRST, LAST = ("first_response",), ("last_inbound", "last_outbound", "last_message")


class TicketTicket(models.Model):
    """Several tickets about one matter become one.

    A merged ticket keeps its number and its own log, and points to the ticket that was
    kept, never to one that was merged itself.
    """

    _inherit = "ticket.ticket"

    # its subject is not for everybody who sees this ticket: they get the number
    merged_into_id = fields.Many2one(
        "ticket.ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="ticket_system.group_administrator",
        help="The ticket that was kept when this one was merged.",
    )
    merged_into_number = fields.Char(
        "Merged Into",
        compute="_compute_merged_into_number",
        compute_sudo=True,
        search="_search_merged_into_number",
    )
    merged_ticket_ids = fields.One2many(
        "ticket.ticket",
        "merged_into_id",
        "Merged Tickets",
        groups="ticket_system.group_administrator",
    )

    @api.depends("merged_into_id.number")
    def _compute_merged_into_number(self):
        for ticket in self:
            ticket.merged_into_number = ticket.merged_into_id.number

    @api.model
    def _search_merged_into_number(self, operator, value):
        if operator != "in":
            return NotImplemented
        tickets = self.sudo()
        into = [("merged_into_id.number", "in", [number for number in value if number])]
        domain = Domain("id", "in", tickets._search(into))
        if False in value:
            merged = tickets._search([("merged_into_id", "!=", False)])
            domain |= Domain("id", "not in", merged)
        return domain

    def write(self, vals):
        status = self.env["ticket.status"].browse(vals.get("status_id"))
        if status and status.category not in CLOSED_CATEGORIES:
            self._refuse_merged()
        return super().write(vals)

    def action_open_kept(self):
        """Show the ticket that this one was merged into, in its place."""
        self.ensure_one()
        self.check_access("read")
        kept = self.sudo().merged_into_id.with_env(self.env)
        kept.check_access("read")
        return kept._show_instead()

    def _show_instead(self):
        return {
            "type": "ir.actions.client",
            "tag": "ticket_system.next_ticket",
            "params": {"res_id": self.id},
        }

    def _merge_into(self, kept):
        """Move what belongs to these tickets to `kept` and close them."""
        kept.ensure_one()
        merged = self - kept
        merged._check_merge(kept)
        values = merged._values_with(kept)
        merged._move_all(kept)
        kept.write(values)
        merged.filtered(lambda ticket: not ticket.is_closed).write(
            self._status("closed")
        )
        merged.write({"is_unread": False, "delivery_failed": False})
        pointing = merged.sudo() | merged.sudo().merged_ticket_ids
        pointing.merged_into_id = kept
        kept._log_merge(merged)
        (kept | merged)._tell_agents("ticket_system.moved")

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    def _refuse_merged(self):
        for ticket in self.sudo():
            if ticket.merged_into_id:
                raise UserError(
                    self.env._(
                        "Ticket #%(merged)s was merged into #%(kept)s: go on there.",
                        merged=ticket.number,
                        kept=ticket.merged_into_number,
                    )
                )

    def _check_merge(self, kept):
        tickets = kept | self
        tickets.check_access("write")
        if not self:
            raise UserError(
                self.env._("A ticket is not merged into itself: choose another one.")
            )
        tickets._refuse_merged()
        if len(tickets.company_id) > 1:
            raise UserError(
                self.env._("Tickets of different companies cannot be merged.")
            )
        self._check_merge_privacy(kept)

    def _check_merge_privacy(self, kept):
        """Whoever works on the kept ticket may see what was private (threat 27)."""
        colleagues = (kept.user_id | kept.sudo().queue_id.user_id).filtered("active")
        for ticket in self.filtered("is_private"):
            for colleague in colleagues:
                if not ticket._readable_by(colleague):
                    raise UserError(
                        self.env._(
                            "Ticket #%(private)s is private, and %(colleague)s, who "
                            "may not see it, would in #%(kept)s.",
                            private=ticket.number,
                            colleague=colleague.sudo().name,
                            kept=kept.number,
                        )
                    )

    # ------------------------------------------------------------------
    # What the kept ticket becomes
    # ------------------------------------------------------------------

    def _values_with(self, kept):
        """The values of `kept` once these tickets are part of it."""
        tickets = kept | self
        status = self._status_with(kept)
        values = {
            "priority": max(tickets.mapped("priority")),
            "is_gdpr": any(tickets.mapped("is_gdpr")),
            "is_unread": kept.is_unread or any(self._unread().mapped("is_unread")),
            "delivery_failed": any(tickets.mapped("delivery_failed")),
            "tag_ids": [Command.link(tag.id) for tag in self.tag_ids],
            "internal_comment": "\n\n".join(
                filter(None, tickets.mapped("internal_comment"))
            ),
            "company_id": tickets.company_id.id,
            "waiting_since": (
                status.category not in RESTING and tickets._first("waiting_since")
            ),
            **{name: tickets._first(name) for name in FIRST},
            **{name: tickets._last(name) for name in LAST},
            **self._privacy_with(kept),
            **self._customer_with(kept),
        }
        if status != kept.status_id:
            values["status_id"] = status.id
        return values

    def _first(self, name):
        return min(filter(None, self.mapped(name)), default=False)

    def _last(self, name):
        return max(filter(None, self.mapped(name)), default=False)

    def _unread(self):
        """Those with a customer's mail that nobody has worked on."""
        return self.filtered(
            lambda ticket: (
                ticket.last_inbound
                and not ticket.is_closed
                and (ticket.is_unread or ticket.status_category == "new")
            )
        )

    def _status_with(self, kept):
        """That of `kept`, unless a customer would wait and nobody see it."""
        if self._unread():
            return self.env["ticket.status"]._by_code("new")
        waiting = self.filtered("waiting_since")
        if waiting and kept.status_category in RESTING:
            return waiting[0].status_id
        return kept.status_id

    def _privacy_with(self, kept):
        """Private if one was; then somebody has to be its agent."""
        private = self.filtered("is_private")
        if not private:
            return {}
        agent = kept.user_id or private.user_id[:1] or self.env.user
        return {"is_private": True, "user_id": agent.id}

    def _customer_with(self, kept):
        """Nobody has written on a ticket made by hand: it gets customer and account."""
        values = {}
        speaking = self.filtered(lambda ticket: ticket._has_spoken())
        if speaking and not kept._has_spoken():
            values["account_id"] = speaking[0].account_id.id
        known = self.filtered(lambda ticket: ticket._has_customer())
        if known and not kept._has_customer():
            values |= {
                "partner_id": known[0].partner_id.id,
                "email_from": known[0].email_from,
                "partner_name": known[0].partner_name,
            }
        return values

    def _has_spoken(self):
        return bool(self.last_inbound or self.last_outbound)

    def _has_customer(self):
        return bool(self.commercial_partner_id or self.email_from)

    def _shares_customer(self, other):
        """Whether nobody else's mails are shown to the customer of the other ticket."""
        if not (self._has_customer() and other._has_customer()):
            return True
        if self.commercial_partner_id and other.commercial_partner_id:
            return self.commercial_partner_id == other.commercial_partner_id
        return email_normalize(self.email_from) == email_normalize(other.email_from)

    # ------------------------------------------------------------------
    # What is told
    # ------------------------------------------------------------------

    def _log_merge(self, merged):
        links = Markup(", ").join(ticket._number_link() for ticket in merged)
        self._message_log(body=self.env._("Merged into this ticket: %s", links))
        for ticket in merged:
            ticket._message_log(
                body=self.env._("Merged into %s: go on there.", self._number_link())
            )

    def _number_link(self):
        """By the number alone: the subject is not for everybody who may see a log."""
        return self._get_html_link(title=f"#{self.number}")
