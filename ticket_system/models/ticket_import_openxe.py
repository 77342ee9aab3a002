import re
from datetime import datetime

import pytz
from markupsafe import Markup

from odoo import api, models
from odoo.tools import email_normalize, formataddr

from ..mailflow.content import safe_html, text_to_html

# kind of file: the columns by which it is known; imported in this order
KINDS = {
    "queues": {"warteschlange", "label"},
    "tickets": {"schluessel", "betreff"},
    "messages": {"ticket", "text", "verfasser"},
    "templates": {"vorlage", "vorlagename"},
}
# kind of file: {column of OpenXE's table: what it means here}
COLUMNS = {
    "queues": {"label": "code", "warteschlange": "name"},
    "tickets": {
        "schluessel": "number",
        "betreff": "subject",
        "zeit": "date",
        "status": "status",
        "warteschlange": "queue",
        "bearbeiter": "agent",
        "kunde": "name",
        "mailadresse": "email",
        "prio": "priority",
        "privat": "private",
        "dsgvo": "gdpr",
        "notiz": "comment",
        "kommentar": "comment",
        "tags": "tags",
        "projekt": "project",
    },
    "messages": {
        "id": "id",
        "ticket": "ticket",
        "zeit": "date",
        "verfasser": "name",
        "mail": "email",
        "mail_cc": "cc",
        "betreff": "subject",
        "text": "text",
        "bearbeiter": "agent",
        "versendet": "sent",
        "bemerkung": "comment",
    },
    "templates": {"vorlagename": "name", "vorlage": "text", "projekt": "project"},
}
TARGETS = [
    ("agent", "Agent"),
    ("cc", "Cc"),
    ("code", "Code"),
    ("comment", "Internal Comment"),
    ("date", "Date"),
    ("email", "E-mail Address"),
    ("gdpr", "GDPR"),
    ("id", "Identifier"),
    ("name", "Name"),
    ("number", "Ticket Number"),
    ("priority", "Priority"),
    ("private", "Private"),
    ("project", "Project"),
    ("queue", "Queue"),
    ("sent", "Written by Us"),
    ("status", "Status"),
    ("subject", "Subject"),
    ("tags", "Tags"),
    ("text", "Text"),
    ("ticket", "Ticket"),
]
STATUSES = {
    "neu": "new",
    "offen": "open",
    "warten_i": "waiting_internal",
    "warten auf intern": "waiting_internal",
    "warten_e": "waiting_customer",
    "warten_kd": "waiting_customer",
    "warten auf kunde": "waiting_customer",
    "klaeren": "clarify",
    "klären": "clarify",
    "beantwortet": "closed",
    "abgeschlossen": "closed",
    "spam": "trash",
    "papierkorb": "trash",
}
YES = {"1", "ja", "yes", "true", "t"}
HTML = re.compile(r"<(?:br|p|div|table|html|body|span)\b", re.I)


class TicketImportOpenxe(models.AbstractModel):
    """Rows of OpenXE's tables to records. Each method takes a batch of rows.

    :return: (new records, rows known before, [(row number, why it is skipped)])
    """

    _name = "ticket.import.openxe"
    _description = "Rows of OpenXE's Tables"

    @api.model
    def _take_queues(self, rows):
        queues = self.env["ticket.queue"].with_context(active_test=False)
        made, known, problems = 0, 0, []
        for number, row in rows:
            name, code = row.get("name", "").strip(), _code(row.get("code", ""))
            if not code and not name:
                problems.append((number, self.env._("Neither name nor code.")))
            elif queues.search_count([("code", "=", code or _code(name))], limit=1):
                known += 1
            else:
                queues.create({"name": name or code, "code": code or _code(name)})
                made += 1
        return made, known, problems

    @api.model
    def _take_tickets(self, rows):
        tickets = self.env["ticket.mail"]._quietly("ticket.ticket")
        numbers = [row.get("number", "").strip() for _n, row in rows]
        known = set(tickets.search([("number", "in", numbers)]).mapped("number"))
        made, repeated, problems = [], 0, []
        for number, row in rows:
            key = row.get("number", "").strip()
            if not key:
                problems.append((number, self.env._("No ticket number.")))
                continue
            if key in known:
                repeated += 1
                continue
            try:
                made.append(self._ticket_values(row, key))
                known.add(key)
            except ValueError as error:
                problems.append((number, str(error)))
        created = tickets.create(made)
        for ticket, values in zip(created, made, strict=True):
            self.env.cr.execute(
                "UPDATE ticket_ticket SET create_date = %s WHERE id = %s",
                [values["last_message"], ticket.id],
            )
        return len(made), repeated, problems

    def _ticket_values(self, row, number):
        date = self._date(row.get("date"))
        email = email_normalize(row.get("email") or "") or False
        partner = self.env["res.partner"]
        if email:
            partner = partner.search([("email_normalized", "=", email)], limit=1)
        status = self._status(row.get("status", ""))
        is_closed = status.category in ("closed", "trash")
        return {
            "number": number,
            "name": row.get("subject") or self.env._("(no subject)"),
            "email_from": email,
            "partner_name": row.get("name") or False,
            "partner_id": partner.id,
            "status_id": status.id,
            "queue_id": self._queue(row.get("queue", "")).id,
            "user_id": self._agent(row.get("agent", "")).id,
            "project_id": self._project(row.get("project", "")).id,
            "priority": "1" if _is_yes(row.get("priority")) else "0",
            "is_private": _is_yes(row.get("private")),
            "is_gdpr": _is_yes(row.get("gdpr")),
            "internal_comment": row.get("comment") or False,
            "tag_ids": self._tags(row.get("tags", "")).ids,
            "last_inbound": date,
            "last_message": date,
            "waiting_since": False if is_closed else date,
            "closed_on": date if is_closed else False,
        }

    @api.model
    def _take_messages(self, rows):
        keys = {row.get("ticket", "").strip() for _n, row in rows}
        tickets = self.env["ticket.ticket"].search([("number", "in", list(keys))])
        by_number = {ticket.number: ticket for ticket in tickets}
        messages = self.env["ticket.mail"]._quietly("mail.message")
        identifiers = {number: _identifier(row) for number, row in rows}
        known = set(
            messages.search([("message_id", "in", list(identifiers.values()))]).mapped(
                "message_id"
            )
        )
        made, repeated, problems = [], 0, []
        for number, row in rows:
            ticket = by_number.get(row.get("ticket", "").strip())
            if identifiers[number] in known:
                repeated += 1
            elif not ticket:
                problems.append((number, self.env._("Its ticket is not there.")))
            else:
                try:
                    made.append(self._message_values(row, ticket, identifiers[number]))
                    known.add(identifiers[number])
                except ValueError as error:
                    problems.append((number, str(error)))
        with messages._with_safe_bodies(values["body"] for values in made):
            messages.create(made)
        self._touch(made)
        return len(made), repeated, problems

    def _message_values(self, row, ticket, identifier):
        text = row.get("text") or ""
        is_html = HTML.search(text)
        body = safe_html(text).html if is_html else text_to_html(text)
        is_sent = _is_yes(row.get("sent"))
        address = row.get("email") or ""
        agent = self._agent(row.get("agent", "") or row.get("name", ""))
        author = agent.partner_id if is_sent else ticket.partner_id
        ours = ticket.account_id.ticket_address or self.env.company.email or ""
        copies = "outgoing_email_cc" if is_sent else "incoming_email_cc"
        return {
            "model": ticket._name,
            "res_id": ticket.id,
            "message_type": "comment" if is_sent else "email",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "message_id": identifier,
            "subject": row.get("subject") or False,
            "date": self._date(row.get("date")),
            "author_id": author.id,
            "email_from": ours
            if is_sent
            else formataddr((row.get("name", ""), address)),
            "outgoing_email_to" if is_sent else "incoming_email_to": (
                address if is_sent else ours
            ),
            copies: row.get("cc") or False,
            "body": Markup(body),
        }

    def _touch(self, made):
        """The tickets' times are those of their messages."""
        for values in made:
            ticket = self.env["ticket.ticket"].browse(values["res_id"])
            ticket = ticket.with_context(tracking_disable=True)
            name = (
                "last_outbound"
                if values["message_type"] == "comment"
                else "last_inbound"
            )
            if not ticket[name] or ticket[name] < values["date"]:
                ticket[name] = values["date"]
            if not ticket.last_message or ticket.last_message < values["date"]:
                ticket.last_message = values["date"]
            if ticket.waiting_since and not ticket._is_unanswered():
                ticket.waiting_since = False

    @api.model
    def _take_templates(self, rows):
        templates = self.env["ticket.template"]
        made, known, problems = 0, 0, []
        for number, row in rows:
            name = row.get("name", "").strip()
            if not name:
                problems.append((number, self.env._("No name.")))
            elif templates.search_count([("name", "=", name)], limit=1):
                known += 1
            else:
                text = row.get("text") or ""
                body = text if HTML.search(text) else text_to_html(text)
                project = self._project(row.get("project", ""))
                templates.create(
                    {"name": name, "body": body, "project_ids": project.ids}
                )
                made += 1
        return made, known, problems

    # ------------------------------------------------------------------
    # What values mean
    # ------------------------------------------------------------------

    def _date(self, text):
        """Naive UTC of a time in the time zone of who imports."""
        try:
            found = datetime.fromisoformat((text or "").strip())
        except ValueError:
            raise ValueError(self.env._("“%s” is no date.", text or "")) from None
        aware = found if found.tzinfo else self.env.tz.localize(found)
        return aware.astimezone(pytz.utc).replace(tzinfo=None)

    def _status(self, text):
        key = text.strip().lower()
        statuses = self.env["ticket.status"]
        if key in STATUSES:
            return statuses._by_code(STATUSES[key])
        found = statuses.search(
            ["|", ("code", "=", key), ("name", "=ilike", key)], limit=1
        )
        if not found:
            raise ValueError(self.env._("“%s” is no status.", text))
        return found

    def _queue(self, text):
        code = _code(text)
        queues = self.env["ticket.queue"].with_context(active_test=False)
        domain = ["|", ("code", "=", code), ("name", "=ilike", text.strip())]
        return queues.search(domain, limit=1) if code else queues

    def _agent(self, text):
        users = self.env["res.users"]
        name = text.strip()
        domain = ["|", ("login", "=ilike", name), ("name", "=ilike", name)]
        domain = [("share", "=", False), *domain]
        return users.search(domain, limit=1) if name else users

    def _project(self, text):
        projects = self.env["project.project"]
        name = text.strip()
        return (
            projects.search([("name", "=ilike", name)], limit=1) if name else projects
        )

    def _tags(self, text):
        names = [name.strip() for name in re.split(r"[,;]", text) if name.strip()]
        tags = self.env["ticket.tag"]
        found = tags.search([("name", "in", names)])
        missing = set(names) - set(found.mapped("name"))
        return found | tags.create([{"name": name} for name in sorted(missing)])


def _identifier(row):
    """A Message-ID made of the row's own, the same at each import."""
    key = re.sub(
        r"\W", "", row.get("id", "") or f"{row.get('ticket')}{row.get('date')}"
    )
    return f"<openxe.{key}@import.invalid>"


def _code(text):
    return re.sub(r"[^0-9A-Za-z]", "", text).lower()


def _is_yes(text):
    return (text or "").strip().lower() in YES
