from odoo import models
from odoo.exceptions import UserError
from odoo.tools import email_normalize
from odoo.tools.mail import email_split_tuples

from .mail_message import CONVERSATION


class TicketTicket(models.Model):
    """Messages about another matter become a ticket of their own."""

    _inherit = "ticket.ticket"

    def action_split(self, message_id):
        """Ask what is to become of the message; see ticket.split."""
        self.ensure_one()
        self.check_access("read")
        if len(self._conversation()) == 1:
            self._refuse_to_empty()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Split Ticket"),
            "res_model": "ticket.split",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_id": self.id, "default_message_id": message_id},
        }

    def _from(self, message):
        """The message and all that was written after it, notes as well."""
        return self.message_ids.filtered(
            lambda later: later.id >= message.id and later.message_type in CONVERSATION
        )

    def _split(self, messages, *, name, queue, user):
        """Move messages of this ticket to a new one, related to it.

        :param name: the new ticket's subject
        :return: the new ticket, which the user may be unable to read
        """
        self.ensure_one()
        self.check_access("write")
        queue.check_access("read")
        conversation = self._conversation().sudo()
        messages = messages.sudo()
        if not conversation & messages or messages - self.sudo().message_ids:
            raise UserError(
                self.env._("Choose messages that were sent or received on this ticket.")
            )
        if not conversation - messages:
            self._refuse_to_empty()
        moving = conversation & messages  # in the order it came
        values = self._split_values(moving)
        new = self.env["ticket.mail"].sudo()._quietly(self._name)
        new = new.create({**values, "name": name, "user_id": self.env.uid})
        self._move_messages(messages, new)
        (self | new).sudo()._time_by_conversation()
        if self.is_private and not user:
            user = self.env.user
        new.write({"queue_id": queue.id, "user_id": user.id})
        new = new.with_env(self.env)
        new._relate_to_origin(self, len(moving))
        (self | new)._tell_agents("ticket_system.moved")
        return new

    def _refuse_to_empty(self):
        raise UserError(
            self.env._("Nothing would be left here: change this ticket instead.")
        )

    def _split_values(self, messages):
        """What a new ticket of these messages takes over from this one."""
        received = messages.filtered(lambda message: message.message_type == "email")
        answered = messages - received
        waits = bool(received) and received[-1].id > max(answered.ids, default=0)
        status = self.env["ticket.status"]._by_code("new") if waits else self.status_id
        origin = self.sudo()
        account = received.ticket_mail_ids.server_id[:1] or origin.account_id
        return {
            **origin._customer_of(received[:1]),
            "account_id": account.id,
            "queue_id": origin.queue_id.id,
            "project_id": origin.project_id.id,
            "company_id": origin.company_id.id,
            "priority": self.priority,
            "is_private": self.is_private,
            "is_gdpr": self.is_gdpr,
            "delivery_failed": self.delivery_failed,
            "status_id": status.id,
            "closed_on": status == self.status_id and self.closed_on,
            "waiting_since": waits and received[-1].date,
        }

    def _customer_of(self, received):
        """Who wrote it; this ticket's customer if they did, or if nobody else did."""
        [(name, email)] = email_split_tuples(received.email_from or "")[:1] or [
            ("", "")
        ]
        address = email_normalize(email)
        if not address or address == email_normalize(self.email_from):
            return {
                "partner_id": self.partner_id.id,
                "email_from": self.email_from,
                "partner_name": self.partner_name,
            }
        partner = received.author_id or self.env["res.partner"].search(
            [("email_normalized", "=", address)], limit=1
        )
        return {
            "partner_id": partner.id,
            "email_from": address,
            "partner_name": name or partner.name or address,
        }

    def _relate_to_origin(self, origin, count):
        """Each names the other; colleagues who follow one follow both."""
        self.sudo().related_ticket_ids = origin
        origin.sudo().related_ticket_ids |= self
        colleagues = origin.sudo().message_partner_ids.filtered(
            lambda partner: not partner.partner_share
        )
        self.sudo().message_subscribe(colleagues.ids)
        self._drop_followers_without_access()
        moved = self.env._(
            "Messages moved from %(origin)s to %(ticket)s: %(count)s",
            origin=origin._number_link(),
            ticket=self.sudo()._number_link(),
            count=count,
        )
        self.sudo()._message_log(body=moved, author_id=self.env.user.partner_id.id)
        origin._message_log(body=moved)

    def _time_by_conversation(self):
        """The times as if what is here now had been all there ever was.

        A customer who did not wait does not begin to.
        """
        forwards = self.env["ticket.forward"].search([("ticket_id", "in", self.ids)])
        for ticket in self:
            said = ticket._conversation() - forwards.sent_message_id
            answers = said.filtered(lambda message: message.message_type == "comment")
            inbound = said.filtered(lambda m: m.message_type == "email").mapped("date")
            outbound = answers.mapped("date")
            last_outbound = max(outbound, default=False)
            waiting = [
                date for date in inbound if not last_outbound or date > last_outbound
            ]
            ticket.write(
                {
                    "last_inbound": max(inbound, default=False),
                    "last_outbound": last_outbound,
                    "last_message": max(
                        inbound + outbound, default=ticket.last_message
                    ),
                    "first_response": min(outbound, default=False),
                    "waiting_since": bool(ticket.waiting_since)
                    and min(waiting, default=False),
                    "delivery_failed": ticket.delivery_failed
                    and any(answer._delivery() == "failed" for answer in answers),
                }
            )
