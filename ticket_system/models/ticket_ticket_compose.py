from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import email_normalize, format_date, is_html_empty
from odoo.tools.mail import email_normalize_all, email_split_tuples

from ..mailflow import outgoing
from .mail_message import PARTIES


class TicketTicket(models.Model):
    """What an answer is made of, and the drafts of answers."""

    _inherit = "ticket.ticket"

    draft_ids = fields.One2many(
        "ticket.reply", "ticket_id", "Drafts", domain=[("is_sent", "=", False)]
    )
    forward_draft_ids = fields.One2many(
        "ticket.forward",
        "ticket_id",
        "Drafts of Forwards",
        domain=[("is_sent", "=", False)],
    )
    has_draft = fields.Boolean("I Have a Draft", compute="_compute_has_draft")

    @api.depends_context("uid")
    @api.depends("draft_ids", "forward_draft_ids")
    def _compute_has_draft(self):
        domain = [("ticket_id", "in", self.ids), *self._own_drafts()]
        drafts = self.env["ticket.reply"].search(domain).ticket_id
        drafts |= self.env["ticket.forward"].search(domain).ticket_id
        for ticket in self:
            ticket.has_draft = ticket._origin in drafts

    def _own_drafts(self):
        return [("user_id", "=", self.env.uid), ("is_sent", "=", False)]

    def action_reply(self, message_id=False, to_all=False):
        """Answer the customer, or go on with the draft of it.

        :param int message_id: the message to answer; the last one by default
        :param bool to_all: copies to all who took part in it
        """
        self.ensure_one()
        self._refuse_merged()
        asked = [("message_id", "=", message_id), ("is_to_all", "=", to_all)]
        draft = self._own_draft("ticket.reply", asked if message_id else [])
        if not draft and not message_id:
            draft = self._own_draft("ticket.forward")
        if draft:
            return draft._show_again()
        replies = self.env["ticket.reply"]
        return replies._open(
            replies._title(self),
            context=self._start(message_id) | {"default_is_to_all": to_all},
        )

    def _own_draft(self, model, domain=()):
        """The user's latest draft on this ticket."""
        return self.env[model].search(
            [("ticket_id", "=", self.id), *self._own_drafts(), *domain], limit=1
        )

    def action_reply_batch(self):
        """The same answer to all of these tickets (R67)."""
        if len(self) == 1:
            return self.action_reply()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer Several Tickets"),
            "res_model": "ticket.reply.batch",
            "view_mode": "form",
            "target": "new",
            "context": {"default_ticket_ids": self.ids, "dialog_size": "large"},
        }

    def action_forward(self, message_id):
        self.ensure_one()
        self._refuse_merged()
        draft = self._own_draft("ticket.forward", [("message_id", "=", message_id)])
        if draft:
            return draft._show_again()
        return self.env["ticket.forward"]._open(
            self.env._("Forward"), context=self._start(message_id)
        )

    def _start(self, message_id):
        """The context a new answer begins with; only messages of this ticket count."""
        message = self._conversation().filtered(lambda found: found.id == message_id)
        return {"default_ticket_id": self.id, "default_message_id": message.id}

    def _participants(self, message):
        """Who an answer to `message` goes to; our own mailboxes never.

        :return: (the one to answer, all others), addresses separated by commas
        """
        self.ensure_one()
        known = [(self.partner_name or "", self.email_from or "")]
        if not message:
            return outgoing.readable(known), ""
        message = message.sudo()
        inbound = message.message_type == "email"
        if inbound:
            to = email_split_tuples(message.email_from or "") or known
            others = (
                f"{message.incoming_email_to or ''},{message.incoming_email_cc or ''}"
            )
        else:
            to = email_split_tuples(message.outgoing_email_to or "") or known
            others = message.outgoing_email_cc or ""
        taken = {email_normalize(email) for _name, email in to}
        taken |= self.env["fetchmail.server"].sudo()._ticket_addresses()
        copies = {
            address: (name, email)
            for name, email in email_split_tuples(others)
            if (address := email_normalize(email)) and address not in taken
        }
        return outgoing.readable(to), outgoing.readable(copies.values())

    def _everybody(self):
        """The addresses of all who wrote or were written to, as in their mails."""
        self.ensure_one()
        found = [(self.partner_name or "", self.email_from or "")]
        for message in self._conversation().sudo():
            for name in PARTIES:
                found += email_split_tuples(message[name] or "")
        return [outgoing.readable([address]) for address in found if address[1]]

    def _history(self):
        """What was written to and fro, the latest first, in the customer's language.

        Neither internal notes nor what was forwarded to others.
        """
        messages = self.with_context(lang=self._customer_language())._with_customer()
        messages = messages.sorted("id", reverse=True)
        return Markup("").join(message._quoted() for message in messages)

    def _with_customer(self):
        """The conversation without what was forwarded to third parties, without what
        they answered, and without what mail servers reported."""
        forwards = self.env["ticket.forward"].sudo()
        forwarded = forwards.search([("ticket_id", "=", self.id)]).sent_message_id
        messages = self._conversation().sudo() - forwarded
        third_parties = _recipients(forwarded) - _recipients(messages)
        third_parties -= {email_normalize(self.email_from or "")}
        return messages.filtered(
            lambda message: (
                message.message_type != "email"
                or email_normalize(message.email_from or "") not in third_parties
                and "bounce" not in message.ticket_mail_ids.mapped("reason")
            )
        )

    def _strangers(self, addresses):
        """Those of `addresses` (header text) who have neither written on the ticket nor
        been written to by us."""
        messages = self._conversation().sudo()
        written = messages.mapped("email_from") + [self.email_from]
        customer = self.sudo().partner_id
        written += customer.commercial_partner_id.child_ids.mapped("email")
        written += customer.mapped("email")
        known = _recipients(messages)
        for text in filter(None, written):
            known.update(email_normalize_all(text))
        return [email for email in email_normalize_all(addresses) if email not in known]

    # ------------------------------------------------------------------
    # Texts
    # ------------------------------------------------------------------

    def _placeholders(self):
        """{placeholder: value} of this ticket for subjects and texts."""
        self.ensure_one()
        own = self.sudo()  # customer and project may be of another company
        name = self._person() or own.partner_id.name or ""
        name = "" if "@" in name else name
        return {
            "TICKET": self.number,
            "BETREFF": self.name,
            "SUBJECT": self.name,
            "NAME": name,
            "FIRSTNAME": name.split(" ")[0],
            "COMPANY": (self.company_id or self.env.company).name,
            "AGENT": self.env.user.name,
            "QUEUE": own.queue_id.name or "",
            "PROJECT": own.project_id.name or "",
            "STATUS": self.status_id.name,
            "DATE": format_date(self.env, fields.Date.context_today(self)),
        }

    def _greeting(self, is_to_sender=True):
        """The first line of an answer, in the customer's language (R54)."""
        self.ensure_one()
        ticket = self.with_context(lang=self._customer_language())
        own = ticket.sudo().account_id.ticket_greeting
        name = ticket._person() if is_to_sender else ""
        if own:
            known = {} if is_to_sender else {"NAME": "", "FIRSTNAME": ""}
            return outgoing.placeholders(own, ticket._placeholders() | known)
        if name:
            return ticket.env._("Dear %s,", name)
        return ticket.env._("Dear Sir or Madam,")

    def _customer_language(self):
        """Theirs if we know it, else the reader's."""
        return self.sudo().partner_id.lang or self.env.lang or "en_US"

    def _person(self):
        """The name of the person who wrote, if they are known by one."""
        customer = self.sudo().partner_id
        name = self.partner_name or customer.name or ""
        if customer and not customer.is_company:
            name = customer.name
        is_company = customer.is_company and name == customer.name
        return "" if is_company or "@" in name else outgoing.spoken_name(name)

    def _signature(self):
        """The last lines of an answer: of the queue, the account or the agent."""
        self.ensure_one()
        own = self.sudo()
        signatures = (
            own.queue_id.signature,
            own.account_id.ticket_signature,
            own.env.user.signature,
        )
        for signature in signatures:
            if not is_html_empty(signature):
                filled = outgoing.placeholders(
                    str(signature), self._placeholders(), is_html=True
                )
                return Markup(filled)
        return Markup()


def _recipients(messages):
    """The addresses these messages of ours went to."""
    return {
        email
        for message in messages
        for field in ("outgoing_email_to", "outgoing_email_cc", "outgoing_email_bcc")
        for email in email_normalize_all(message[field] or "")
    }
