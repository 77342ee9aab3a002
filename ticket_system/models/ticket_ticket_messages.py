from ast import literal_eval
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr

from ..mailflow import outgoing

REFERENCES = 20  # earlier messages named in an answer


class TicketTicket(models.Model):
    """What comes in and what goes out."""

    _inherit = "ticket.ticket"

    message_count = fields.Integer(
        "Number of Messages", compute="_compute_message_count"
    )
    preview = fields.Char("Last Message's Text", compute="_compute_preview")

    def _compute_message_count(self):
        counts = {ticket_id: count for ticket_id, count, _last in self._messages()}
        for ticket in self:
            ticket.message_count = counts.get(ticket._origin.id, 0)

    def _compute_preview(self):
        last_ids = {ticket_id: last for ticket_id, _count, last in self._messages()}
        messages = self.env["mail.message"].sudo().browse(last_ids.values())
        for ticket in self:
            last = messages.browse(last_ids.get(ticket._origin.id))
            ticket.preview = last.with_prefetch(messages._ids).preview

    def _messages(self):
        """[(ticket id, number of messages, the last one's id)], of people alone."""
        messages = self.env["mail.message"].sudo()
        domain = messages._conversation_domain(self._origin.ids)
        domain.append(("message_type", "!=", "auto_comment"))
        return messages._read_group(domain, ["res_id"], ["__count", "id:max"])

    def _register_inbound(self, date):
        """A customer wrote at `date` (naive UTC): the ticket is new again (R25)."""
        self.write(
            {
                "status_id": self.env["ticket.status"]._by_code("new").id,
                "is_unread": True,
                "last_inbound": date,
                "last_message": date,
            }
        )
        self.filtered(lambda t: not t.waiting_since).waiting_since = date
        self._tell_agents("ticket_system.written")

    def _register_outbound(self, date):
        """We answered at `date` (naive UTC): the customer waits no longer."""
        self.write(
            {
                "is_unread": False,
                "last_outbound": date,
                "last_message": date,
                "waiting_since": False,
                "delivery_failed": False,
            }
        )
        self.filtered(lambda t: not t.first_response).first_response = date
        self._tell_agents("ticket_system.written")

    def _send_reply(
        self,
        *,
        subject,
        body,
        email_to,
        email_cc="",
        email_bcc="",
        attachments=(),
        status,
        answered=None,
    ):
        """Send one mail to the customer and record it as a message of the ticket.

        :param Markup body: the answer
        :param str email_to, email_cc, email_bcc: addresses separated by commas
        :param attachments: ir.attachment records
        :param status: the ticket.status to set afterwards
        :param answered: the mail.message this is the answer to; the last by default
        :return: the mail.message
        """
        self.ensure_one()
        recipients = outgoing.check_addresses(email_to)
        copies = outgoing.check_addresses(email_cc)
        blind_copies = outgoing.check_addresses(email_bcc)
        if not recipients:
            raise UserError(self.env._("A recipient is missing."))
        own = self.env["fetchmail.server"]._ticket_addresses()
        for address in recipients + copies + blind_copies:
            if address.email.lower() in own:
                raise UserError(
                    self.env._("%s is our own mailbox: no recipient.", address.email)
                )
        self.status_id = status
        message = self.message_post(
            body=body,
            subject=outgoing.subject(subject, self.number),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            outgoing_email_to=_join(recipients),
            outgoing_email_cc=_join(copies),
            outgoing_email_bcc=_join(blind_copies),
            attachment_ids=attachments.ids if attachments else [],
            email_layout_xmlid="ticket_system.mail_layout_reply",
            email_add_signature=False,
            parent_id=answered.id if answered else False,
            **self._delay(),
        )
        if not self.last_inbound:
            self._adopt_customer(recipients[0])
        return message

    def _adopt_customer(self, address):
        """Who is written to first is the customer of a ticket made by hand; who writes,
        and the account's queue, have it from then on."""
        contact = self.partner_id or self._contacts(address.email.lower())
        names = (self.partner_name, address.name, contact.name, address.email)
        queue = self.queue_id or self.sudo().account_id.ticket_queue_id
        self.write(
            {
                "email_from": self.email_from or address.email,
                "partner_id": contact.id,
                "partner_name": next(filter(None, names)),
                "queue_id": queue.id,
                "user_id": (self.user_id or self.env.user).id,
            }
        )

    def _delay(self):
        """When an answer leaves, if a setting leaves time to think again."""
        seconds = self._seconds_to_undo()
        if seconds <= 0:
            return {}
        return {"scheduled_date": fields.Datetime.now() + timedelta(seconds=seconds)}

    def _seconds_to_undo(self):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        return int(get_param("ticket_system.undo_seconds", 0))

    def message_post(self, *, message_type="notification", **kwargs):
        is_answer = message_type == "comment" and self._is_answer(kwargs)
        if is_answer and not self._goes_outside(kwargs):
            kwargs["is_internal"] = True
        elif is_answer:
            self._refuse_merged()
            if sender := self._sender():
                server = self.sudo().account_id.ticket_mail_server_id
                kwargs.setdefault("author_id", self.env.user.partner_id.id)
                kwargs.setdefault("email_from", sender)
                kwargs.setdefault("mail_server_id", server.id)
            kwargs["subject"] = kwargs.get("subject") or self._message_compute_subject()
        return super().message_post(message_type=message_type, **kwargs)

    def _sender(self):
        """The account's address, where answers leave from it; else nothing."""
        account = self.sudo().account_id
        is_ours = account.ticket_reply_from_account and account.ticket_address
        return account._ticket_sender() if is_ours else ""

    def _is_answer(self, values):
        """Whether message values describe an answer to the outside, no note."""
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        is_comment = (
            values.get("subtype_xmlid") == "mail.mt_comment"
            or values.get("subtype_id") == comment
        )
        return is_comment and not values.get("is_internal")

    def _goes_outside(self, values):
        """Whether a comment has a reader who is no colleague; talk among us has not."""
        if values.get("outgoing_email_to"):
            return True
        readers = self.env["res.partner"].sudo().browse(values.get("partner_ids") or ())
        if not values.get("notify_skip_followers"):
            readers |= self.sudo().message_partner_ids
        return any(readers.mapped("partner_share"))

    def _conversation(self):
        """What was written to and fro, in the order it came: no notes."""
        return self.message_ids.filtered(
            lambda message: message._is_conversation()
        ).sorted("id")

    def _message_post_after_hook(self, message, msg_values):
        super()._message_post_after_hook(message, msg_values)
        if self.env.context.get("ticket_intake"):
            return
        if message.message_type == "email":
            self._register_inbound(message.date)
        elif message.message_type == "comment" and self._is_answer(msg_values):
            if self.env.context.get("ticket_forward"):
                self.last_message = message.date
                self._tell_agents("ticket_system.written")
            elif message.outgoing_email_to or message.partner_ids.filtered(
                "partner_share"
            ):
                self._register_outbound(message.date)

    def _check_can_update_message_content(self, messages):
        messages._refuse_conversation()
        return super()._check_can_update_message_content(messages)

    def _get_message_create_valid_field_names(self):
        copies = {"outgoing_email_cc", "outgoing_email_bcc"}
        return super()._get_message_create_valid_field_names() | copies

    def _message_compute_subject(self):
        self.ensure_one()
        return outgoing.subject(self.name or "", self.number)

    def _notify_get_reply_to_batch(self, defaults=None, author_ids=None):
        reply_to = super()._notify_get_reply_to_batch(defaults, author_ids)
        for ticket in self.sudo().filtered("account_id.ticket_address"):
            reply_to[ticket.id] = ticket.account_id._ticket_sender()
        return reply_to

    def _notify_by_email_get_base_mail_values(
        self, message, recipients_data, additional_values=None
    ):
        """Bind it to what it answers, and to nothing internal (RFC 5322, 3.6.4).

        If it cannot be delivered, it comes back to the account that sent it.
        """
        values = super()._notify_by_email_get_base_mail_values(
            message, recipients_data, additional_values
        )
        headers = literal_eval(values.get("headers") or "{}")
        address = email_normalize(self.sudo().account_id.ticket_address)
        if address and email_normalize(message.email_from) == address:
            headers["Return-Path"] = address
        if message._is_conversation():
            before = self._conversation().filtered(lambda m: m.id < message.id)
            answered = (message.parent_id & before) or before[-1:]
            thread = (before - answered)[-REFERENCES:] + answered
            values["references"] = " ".join(filter(None, thread.mapped("message_id")))
            if answered.message_id:
                headers["In-Reply-To"] = answered.message_id
        if headers:
            values["headers"] = repr(headers)
        return values

    def _notify_by_email_get_final_mail_values(
        self, recipient_ids, mail_values, additional_values=None
    ):
        values = super()._notify_by_email_get_final_mail_values(
            recipient_ids, mail_values, additional_values
        )
        if not recipient_ids:
            message = self.env["mail.message"].browse(values["mail_message_id"])
            values["email_cc"] = message.sudo().outgoing_email_cc
        return values

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Customers answer by mail: no button into Odoo for them."""
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        for name, _match, options in groups:
            if name != "user":
                options["has_button_access"] = False
        return groups


def _join(addresses):
    return ",".join(formataddr((a.name, a.email)) for a in addresses)
