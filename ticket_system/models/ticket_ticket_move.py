import re

from markupsafe import Markup

from odoo import Command, fields, models


class TicketTicket(models.Model):
    """What belongs to a ticket becomes another's, whole or in part.

    What is moved may belong to colleagues, or be none of what users may change: whoever
    calls this has checked the tickets.
    """

    _inherit = "ticket.ticket"

    # ------------------------------------------------------------------
    # All of it
    # ------------------------------------------------------------------

    def _move_all(self, target):
        """The log of what was changed on these tickets stays with them."""
        own = self.sudo()
        target = target.sudo()
        own._move_history(target)
        of_tickets = [("ticket_id", "in", self.ids)]
        own.env["ticket.mail"].search(of_tickets).ticket_id = target
        for model in ("ticket.reply", "ticket.forward"):
            own.env[model].search(of_tickets)._move_to(target)
        own._move_documents(target)
        own._move_activities(target)
        own._move_followers(target)
        own._move_relations(target)

    def _move_history(self, target):
        on_tickets = [("res_id", "in", self.ids)]
        messages = self.env["mail.message"].search(
            [("model", "=", self._name)] + on_tickets
        )
        messages = messages.filtered(lambda message: not message.tracking_value_ids)
        for ticket_id, found in messages.grouped("res_id").items():
            known = found.filtered("ticket_merged_id")
            (found - known).ticket_merged_id = ticket_id
        messages.write({"res_id": target.id})
        files = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_field", "=", False)] + on_tickets
        )
        files.write({"res_id": target.id})
        ratings = self.env["rating.rating"].search(
            [("res_model", "=", self._name)] + on_tickets
        )
        ratings.write({"res_id": target.id})

    def _move_documents(self, target):
        known = {(link.res_model, link.res_id) for link in target.document_ids}
        for link in self.document_ids:
            document = (link.res_model, link.res_id)
            if document in known:
                link.unlink()
            else:
                link.ticket_id = target
                known.add(document)

    def _move_activities(self, target):
        """To their users; those who may not see the other ticket are relieved of it."""
        activities = (
            self.env["mail.activity"]
            .with_context(active_test=False, mail_activity_quick_update=True)
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )
        activities.write({"res_id": target.id})
        for user, found in activities.grouped("user_id").items():
            if user and not target._readable_by(user):
                found.user_id = self.env.user

    def _move_followers(self, target):
        """Customers follow only where their own tickets become one."""
        followers = self.env["mail.followers"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        foreign = self.filtered(lambda ticket: not ticket._shares_customer(target))
        known = set(target.message_partner_ids.ids)
        for follower in followers:
            partner = follower.partner_id
            is_stranger = partner.partner_share and follower.res_id in foreign.ids
            if partner.id in known or is_stranger:
                follower.unlink()
            else:
                follower.res_id = target.id
                known.add(partner.id)
        target._drop_followers_without_access()

    def _move_relations(self, target):
        family = target | self
        related = self.search([("related_ticket_ids", "in", family.ids)])
        related = (related | family.related_ticket_ids) - family
        self.related_ticket_ids = [Command.clear()]
        related.related_ticket_ids = [
            *(Command.unlink(ticket.id) for ticket in self),
            Command.link(target.id),
        ]
        target.related_ticket_ids = related

    # ------------------------------------------------------------------
    # Some messages
    # ------------------------------------------------------------------

    def _move_messages(self, messages, target):
        """Some messages of this ticket, with their files, received mails and drafts."""
        own, target = self.sudo(), target.sudo()
        messages = messages.sudo()
        staying = own.message_ids - messages
        own._move_files(messages, staying, target)
        messages.write({"res_id": target.id})
        of_messages = [("mail_message_id", "in", messages.ids)]
        own.env["ticket.mail"].search(of_messages).ticket_id = target
        for model in ("ticket.reply", "ticket.forward"):
            drafts = own.env[model].search(
                [
                    ("ticket_id", "=", self.id),
                    "|",
                    ("sent_message_id", "in", messages.ids),
                    "&",
                    ("is_sent", "=", False),
                    ("message_id", "in", messages.ids),
                ]
            )
            drafts._move_to(target)

    def _move_files(self, messages, staying, target):
        """Of what a message that stays needs as well, the others get a copy."""
        files = messages._own_files().filtered(
            lambda file: file.res_model == self._name and file.res_id == self.id
        )
        shared = files & staying.attachment_ids
        (files - shared).write({"res_id": target.id})
        for file in shared:
            copy = file.copy({"res_id": target.id})
            for message in messages:
                if file in message.attachment_ids:
                    message._replace_file(file, copy)


class TicketReply(models.Model):
    _inherit = "ticket.reply"

    def _move_to(self, ticket):
        """Belong to another ticket from now on, with all that was written already."""
        written = [
            field for field in self._fields.values() if field.store and field.compute
        ]
        numbers = {reply: reply.ticket_id.number for reply in self}
        with self.env.protecting(written, self):
            self.write({"ticket_id": ticket.id, "ticket_before": False})
        for reply, number in numbers.items():
            reply.subject = (reply.subject or "").replace(number, ticket.number)


class MailMessage(models.Model):
    _inherit = "mail.message"

    ticket_merged_id = fields.Many2one(
        "ticket.ticket",
        "Of the Merged Ticket",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="ticket_system.group_administrator",
        help="The ticket it was written on before that was merged into another.",
    )

    def _replace_file(self, file, copy):
        """By its copy, also where the text shows it as a picture."""
        body = re.sub(rf"/web/image/{file.id}\b", f"/web/image/{copy.id}", self.body)
        with self._with_safe_bodies([body]):
            self.write(
                {
                    "body": Markup(body),
                    "attachment_ids": [
                        Command.unlink(file.id),
                        Command.link(copy.id),
                    ],
                }
            )
