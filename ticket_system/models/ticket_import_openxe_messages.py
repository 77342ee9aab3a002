from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..mailflow import openxe, outgoing
from ..mailflow.content import safe_html
from ..mailflow.text_html import text_to_html
from .ticket_mail_tickets import parked


class TicketImportOpenxe(models.AbstractModel):
    """Rows of ticket_nachricht: what was received, our answer, the remark on it.

    OpenXE has a row for each; in older Xentral the answer stands in the customer's.
    """

    _inherit = "ticket.import.openxe"

    def _take_messages(self, rows, lookup, outcome):
        numbers = {row.get("ticket", "").strip() for _number, row in rows}
        tickets = self.env["ticket.ticket"].search([("number", "in", list(numbers))])
        by_number = {
            ticket.number: ticket.merged_into_id or ticket for ticket in tickets
        }
        known = self._known_messages(rows)
        made = []
        for number, row in rows:
            ticket = by_number.get(row.get("ticket", "").strip())
            if not ticket and openxe.identifier(row) in known:
                outcome.known += 1  # its ticket was merged into another
                continue
            try:
                if not ticket:
                    raise UserError(
                        self.env._("Its ticket is not in the files, or was skipped.")
                    )
                found = self._messages_values(row, ticket, lookup)
            except UserError as error:
                outcome.problems.append((number, str(error)))
                continue
            new = [values for values in found if values["message_id"] not in known]
            known.update(values["message_id"] for values in new)
            made += new
            outcome.made += bool(new)
            outcome.known += not new
            if row.get("answer") and not self._is_answered(row):
                told = self.env._("Taken without the answer, which was never sent.")
                outcome.notes.append((number, told))
        self._create_messages(made)

    def _known_messages(self, rows):
        """The Message-IDs of those that are there already."""
        identifiers = [
            openxe.identifier(row, part)
            for _number, row in rows
            for part in ("", "out", "note")
        ]
        messages = self.env["mail.message"].search_fetch(
            [("message_id", "in", identifiers)], ["message_id"]
        )
        return set(messages.mapped("message_id"))

    def _create_messages(self, made):
        made = sorted(made, key=lambda values: values["date"])
        messages = self.env["ticket.mail"]._quietly("mail.message")
        with messages._with_safe_bodies(values["body"] for values in made):
            messages.create(made)
        tickets = self.env["ticket.ticket"].browse(values["res_id"] for values in made)
        tickets._date_by_messages()

    # ------------------------------------------------------------------
    # One row
    # ------------------------------------------------------------------

    def _messages_values(self, row, ticket, lookup):
        """A list of the values of each message in the row."""
        is_sent, answer = openxe.is_yes(row.get("sent", "")), row.get("answer")
        found = []
        if is_sent and not answer:
            found.append(self._sent(row, ticket, lookup))
        elif row.get("text") or not (is_sent and self._is_answered(row)):
            found.append(self._received(row, ticket, lookup))
        if self._is_answered(row):
            found.append(self._answer(row, ticket, lookup))
        if row.get("comment"):
            found.append(self._remark(row, ticket, lookup))
        return found

    def _is_answered(self, row):
        return bool(row.get("answer")) and not openxe.is_never(row.get("sent_on", ""))

    def _received(self, row, ticket, lookup):
        address = email_normalize(row.get("email", "")) or ""
        author = lookup.author(address)
        if address and address == ticket.partner_id.email_normalized:
            author = ticket.partner_id
        return self._message_values(row, ticket, row.get("text", "")) | {
            "message_id": openxe.identifier(row),
            "message_type": "email",
            "date": self._date(row.get("date", "")),
            "author_id": author.id,
            "email_from": _sender(row.get("name", ""), row.get("email", "")),
            "incoming_email_to": ticket.account_id.ticket_address,
            "incoming_email_cc": row.get("cc", "").replace(";", ","),
        }

    def _sent(self, row, ticket, lookup):
        date = row.get("date", "")
        if "sent_on" in row:
            date = row["sent_on"]
            if openxe.is_never(date):
                raise UserError(self.env._("A draft that was never sent."))
        name = row.get("agent") or openxe.person(row.get("name", ""))
        return self._message_values(row, ticket, row.get("text", "")) | {
            "message_id": openxe.identifier(row),
            "message_type": "comment",
            "date": self._date(date),
            "author_id": lookup.agent(name).partner_id.id,
            "email_from": self._our_sender(name, row.get("reply_to"), ticket),
            "outgoing_email_to": row.get("email", "").replace(";", ","),
            "outgoing_email_cc": row.get("cc", "").replace(";", ","),
        }

    def _answer(self, row, ticket, lookup):
        name = row.get("agent", "")
        return self._message_values(row, ticket, row["answer"]) | {
            "message_id": openxe.identifier(row, "out"),
            "message_type": "comment",
            "date": self._date(row["sent_on"]),
            "author_id": lookup.agent(name).partner_id.id,
            "email_from": self._our_sender(name, "", ticket),
            "outgoing_email_to": _sender(row.get("name", ""), row.get("email", "")),
        }

    def _remark(self, row, ticket, lookup):
        name = row.get("agent", "")
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        return self._message_values(row, ticket, row["comment"]) | {
            "message_id": openxe.identifier(row, "note"),
            "message_type": "comment",
            "subtype_id": note,
            "is_internal": True,
            "date": self._date(row.get("date", "")),
            "author_id": lookup.agent(name).partner_id.id,
            "email_from": self._our_sender(name, "", ticket),
        }

    def _message_values(self, row, ticket, text):
        """What the messages of a row have in common."""
        body, facts = text_to_html(text), {}
        if openxe.is_html(text):
            safe = safe_html(text)
            body, facts = safe.html, parked(safe)
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        return {
            "model": ticket._name,
            "res_id": ticket.id,
            "subtype_id": comment,
            "subject": row.get("subject") or False,
            "body": Markup(body),
            "ticket_facts": facts or False,
            "reply_to": ticket.account_id.ticket_address or False,
        }

    def _our_sender(self, name, address, ticket):
        """Whoever it was wrote from an address of ours."""
        address = address or ticket.account_id.ticket_address or self.env.company.email
        return _sender(name, address or "")


def _sender(name, email):
    """As in a From field; the name alone where there is no address."""
    return outgoing.readable([(name, email_normalize(email))]) or name or email
