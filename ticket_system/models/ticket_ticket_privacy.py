from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize
from odoo.tools.mail import email_normalize_all, email_split_tuples, formataddr
from odoo.tools.sql import escape_psql

from .mail_message import PARTIES

BATCH = 200
ADDRESSES = (*PARTIES[1:], "outgoing_email_bcc")
DRAFT_ADDRESSES = ("email_to", "email_cc", "email_bcc")


class TicketTicket(models.Model):
    """Forgetting a person at their wish, and handing out what they wrote."""

    _inherit = "ticket.ticket"

    def action_privacy_lookup(self):
        """Look the sender up, who may be no contact."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "privacy_lookup.action_privacy_lookup_wizard"
        )
        sender = {"default_name": self.partner_name, "default_email": self.email_from}
        return action | {"context": sender}

    @api.model
    def _of_person(self, email):
        """The tickets of who has this address, whether they are a contact or not."""
        address = self._person_address(email)
        contacts = self._contacts_of_person(address)
        candidates = self.sudo().search(
            [
                "|",
                ("partner_id", "in", contacts.ids),
                ("email_from", "ilike", escape_psql(address)),
            ]
        )
        return candidates.filtered(
            lambda ticket: (
                ticket.partner_id in contacts or _names(ticket.email_from, address)
            )
        )

    @api.model
    def _person_address(self, email):
        address = email_normalize(email)
        if not address:
            raise UserError(
                self.env._("“%s” is not the e-mail address of one person.", email or "")
            )
        return address

    @api.model
    def _contacts_of_person(self, address):
        """Contacts with this address and no other."""
        contacts = self.env["res.partner"].sudo().with_context(active_test=False)
        found = contacts.search([("email_normalized", "=", address)])
        return found.filtered(lambda contact: email_normalize(contact.email) == address)

    @api.model
    def _written_by(self, address, contacts):
        """All messages of tickets that came from the address or from the contacts."""
        candidates = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self._name),
                    "|",
                    ("author_id", "in", contacts.ids),
                    ("email_from", "ilike", escape_psql(address)),
                ]
            )
        )
        return candidates.filtered(
            lambda message: (
                message.author_id in contacts or _names(message.email_from, address)
            )
        )

    # ------------------------------------------------------------------
    # Forgetting
    # ------------------------------------------------------------------

    @api.model
    def _forget_person(self, email):
        """Anonymise a person's tickets, and what they left on those of others.

        :return: the anonymised tickets
        """
        address = self._person_address(email)
        if address in self.env["fetchmail.server"]._ticket_addresses():
            raise UserError(self.env._("%s is a mailbox of ours: no person.", address))
        tickets = self._of_person(address)
        for start in range(0, len(tickets), BATCH):
            tickets[start : start + BATCH]._anonymise()
        self._forget_on_others(address)
        self.env["ticket.mail"].sudo()._forget_person(address)
        return tickets

    def _anonymise(self):
        """Number, status, queue and dates stay for the figures; who and what go, also
        from the ticket that theirs was merged into."""
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "in", self.ids)]
        )
        messages |= self._merged_messages()
        self._forget_copies(messages)
        messages._ticket_erase()
        self.activity_ids.unlink()
        partners = self.message_partner_ids.filtered("partner_share")
        self.message_unsubscribe(partners.ids)
        self.with_context(tracking_disable=True).write(
            {
                "name": self.env._("(erased)"),
                "partner_id": False,
                "email_from": False,
                "email_cc": False,
                "partner_name": False,
                "internal_comment": False,
                "is_unread": False,
                "waiting_since": False,
                "tag_ids": [fields.Command.clear()],
            }
        )

    def _merged_messages(self):
        """What was written on these tickets before they were merged into others."""
        messages = self.env["mail.message"].sudo()
        return messages.search([("ticket_merged_id", "in", self.ids)])

    def _forget_copies(self, messages):
        """What exists of the messages besides themselves."""
        own = [("ticket_id", "in", self.ids)]
        (self.env["ticket.mail"].search(own) | messages.ticket_mail_ids)._forget()
        for model in ("ticket.reply", "ticket.forward"):
            self.env[model].search(own).unlink()
        identifiers = [name for name in messages.mapped("message_id") if name]
        copies = self.env["ticket.sent.copy"]
        copies.search([("message_id", "in", identifiers)]).unlink()
        self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)]).unlink()
        self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()

    def _forget_on_others(self, address):
        """Their mails on others' tickets are emptied, their address is taken out."""
        contacts = self._contacts_of_person(address).filtered("partner_share")
        written = self._written_by(address, contacts)
        named = _holding(
            self.env["mail.message"].sudo(),
            ADDRESSES,
            address,
            Domain("model", "=", self._name),
        )
        messages = written | named
        written._ticket_erase()
        messages.ticket_mail_ids._drop_originals()
        sent = [("mail_message_id", "in", messages.ids), ("state", "=", "sent")]
        self.env["mail.mail"].sudo().search(sent).unlink()
        _remove(named - written, ADDRESSES, address)
        for model, names in (
            (self._name, ("email_cc",)),
            ("ticket.reply", DRAFT_ADDRESSES),
            ("ticket.forward", DRAFT_ADDRESSES),
        ):
            found = _holding(self.env[model].sudo(), names, address)
            _remove(found, names, address)

    # ------------------------------------------------------------------
    # Handing out
    # ------------------------------------------------------------------

    @api.model
    def _messages_of(self, contact):
        """What a contact's export holds, as far as the user may read the tickets.

        Of tickets of their own that is the conversation, of others what they wrote. A
        contact without an address, or with several, has their own tickets alone.

        :return: yields (ticket, messages), the messages with all rights
        """
        address = email_normalize(contact.email)
        if not address:
            own = self.search([("partner_id", "child_of", contact.id)])
            written = self.env["mail.message"]
        else:
            own = self.search([("id", "in", self._of_person(address).ids)])
            contacts = contact.sudo() | self._contacts_of_person(address)
            written = self._written_by(address, contacts)
        written = own._merged_messages() | written
        for start in range(0, len(own), BATCH):
            for ticket in own[start : start + BATCH]:
                yield ticket, ticket._conversation().sudo()
        by_ticket = written.grouped("res_id")
        others = self.search([("id", "in", list(by_ticket)), ("id", "not in", own.ids)])
        for ticket in others:
            messages = by_ticket[ticket.id].filtered(lambda m: m._is_conversation())
            yield ticket, messages.sorted("id")


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _ticket_erase(self):
        """Empty messages; that and when they were written stays."""
        self.attachment_ids.unlink()
        self.tracking_value_ids.unlink()
        outside = self.filtered(lambda m: not m.author_id or m.author_id.partner_share)
        outside.write({"author_id": False, "email_from": False})
        blank = dict.fromkeys(
            ("subject", "ticket_facts", "reply_to", *ADDRESSES), False
        )
        self.write({**blank, "body": self.env._("(erased)")})


def _names(text, address):
    """Whether the address, normalised, is one of those that a field holds."""
    return address in email_normalize_all(text or "")


def _holding(model, names, address, domain=Domain.TRUE):
    """Those records of a model that hold the address in one of the fields."""
    like = escape_psql(address)
    candidates = model.search(
        domain & Domain.OR(Domain(name, "ilike", like) for name in names)
    )
    return candidates.filtered(
        lambda record: any(_names(record[name], address) for name in names)
    )


def _remove(records, names, address):
    """Take an address out of fields that hold several, separated by commas."""
    for record in records:
        record.write(
            {
                name: ", ".join(
                    formataddr(found)
                    for found in email_split_tuples(record[name])
                    if email_normalize(found[1]) != address
                )
                for name in names
                if _names(record[name], address)
            }
        )
