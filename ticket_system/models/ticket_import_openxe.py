from dataclasses import dataclass, field

import pytz

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize
from odoo.tools.sql import escape_psql

from ..mailflow import openxe
from ..mailflow.text_html import text_to_html
from .ticket_import_lookup import Lookup
from .ticket_status import CLOSED_CATEGORIES, RESTING


@dataclass
class Outcome:
    """What became of a batch: new records, those known before,
    [(row number, why it is skipped)], and [(row number, what of it is left out)]."""

    made: int = 0
    known: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)


class TicketImportOpenxe(models.AbstractModel):
    """Rows of OpenXE's tables to records, a batch at a time."""

    _name = "ticket.import.openxe"
    _description = "Rows of OpenXE's Tables"

    @api.model
    def _take(self, kind, rows, project_names):
        """Make records of the rows, unless they are there.

        :param kind: one of openxe.KINDS but for projects
        :param rows: [(row number, {what it means: the text})]
        :param project_names: see Lookup
        :return: an Outcome
        """
        lookup = Lookup(self.env, [row for _number, row in rows], project_names)
        outcome = Outcome()
        getattr(self, f"_take_{kind}")(rows, lookup, outcome)
        return outcome

    # ------------------------------------------------------------------
    # Queues, templates
    # ------------------------------------------------------------------

    def _take_queues(self, rows, _lookup, outcome):
        queues = self.env["ticket.queue"].with_context(active_test=False)
        codes = {number: _code(row) for number, row in rows}
        known = set(
            queues.search([("code", "in", list(codes.values()))]).mapped("code")
        )
        for number, row in rows:
            code = codes[number]
            if not code:
                outcome.problems.append((number, self.env._("Neither name nor code.")))
            elif code in known:
                outcome.known += 1
            else:
                queues.create(
                    {"name": row.get("name", "").strip() or code, "code": code}
                )
                known.add(code)
                outcome.made += 1

    def _take_templates(self, rows, lookup, outcome):
        templates = self.env["ticket.template"].with_context(active_test=False)
        names = [row.get("name", "").strip() for _number, row in rows]
        shared = templates.search([("name", "in", names), ("user_id", "=", False)])
        known = {(template.name, template.project_ids) for template in shared}
        for number, row in rows:
            name = row.get("name", "").strip()
            project = lookup.project(row.get("project", ""))
            if not name:
                outcome.problems.append((number, self.env._("No name.")))
            elif lookup.misses_project(row):
                reason = self.env._("There is no project “%s”.", row["project"])
                outcome.problems.append((number, reason))
            elif (name, project) in known:
                outcome.known += 1
            else:
                templates.create(self._template_values(row, name, project))
                known.add((name, project))
                outcome.made += 1

    def _template_values(self, row, name, project):
        text = row.get("text", "")
        sequence = row.get("sequence", "").strip()
        return {
            "name": name,
            "body": text if openxe.is_html(text) else text_to_html(text),
            "project_ids": project.ids,
            "user_id": False,
            "active": openxe.is_yes(row.get("visible", "1")),
            "sequence": int(sequence) if sequence.isdigit() else 10,
        }

    # ------------------------------------------------------------------
    # Tickets
    # ------------------------------------------------------------------

    def _take_tickets(self, rows, lookup, outcome):
        tickets = self.env["ticket.mail"]._quietly("ticket.ticket")
        numbers = [row.get("number", "").strip() for _number, row in rows]
        known = set(tickets.search([("number", "in", numbers)]).mapped("number"))
        made, above = [], set()
        for number, row in rows:
            key = row.get("number", "").strip()
            try:
                if key in above:
                    raise UserError(
                        self.env._("A row above has this ticket number, too.")
                    )
                if key in known:
                    outcome.known += 1
                else:
                    made.append(self._ticket_values(row, key, lookup))
                    left_out = self._left_out(row, lookup)
                    outcome.notes += [(number, told) for told in left_out]
                above.add(key)
            except UserError as error:
                outcome.problems.append((number, str(error)))
        tickets.create(made)._date_creation()
        outcome.made += len(made)

    def _ticket_values(self, row, number, lookup):
        if not number:
            raise UserError(self.env._("No ticket number."))
        date = self._date(row.get("date", ""))
        status = self._status(row.get("status", ""))
        address = email_normalize(row.get("email", "")) or ""
        is_closed = status.category in CLOSED_CATEGORIES
        waits = status.category not in RESTING
        queue = lookup.queue(row.get("queue", ""))
        account = lookup.account(row.get("account", ""), queue)
        return {
            "number": number,
            "name": row.get("subject") or account._no_subject(),
            "email_from": address or False,
            "partner_name": row.get("name") or False,
            "partner_id": lookup.partner(address).id,
            "status_id": status.id,
            "queue_id": queue.id,
            "account_id": account.id,
            "user_id": lookup.agent(row.get("agent", "")).id,
            "project_id": lookup.project(row.get("project", "")).id,
            "priority": "1" if openxe.is_yes(row.get("priority", "")) else "0",
            "is_private": openxe.is_yes(row.get("private", "")),
            "is_gdpr": openxe.is_yes(row.get("gdpr", "")),
            "internal_comment": row.get("comment") or False,
            "tag_ids": lookup.tags(row.get("tags", "")).ids,
            "last_inbound": date,
            "last_message": date,
            "waiting_since": date if waits else False,
            "closed_on": date if is_closed else False,
        }

    def _left_out(self, row, lookup):
        """What of a row is unknown here, in sentences."""
        queue, agent = row.get("queue", ""), row.get("agent", "")
        told = []
        if queue and not lookup.queue(queue):
            told.append(self.env._("Taken without its queue: there is no “%s”.", queue))
        if agent and not lookup.agent(agent):
            told.append(self.env._("Taken without its agent: there is no “%s”.", agent))
        if lookup.misses_project(row):
            project = row["project"]
            told.append(
                self.env._("Taken without its project: there is no “%s”.", project)
            )
        return told

    # ------------------------------------------------------------------
    # What values mean
    # ------------------------------------------------------------------

    def _date(self, text):
        """Naive UTC of a time in the time zone of who imports."""
        if not text.strip():
            raise UserError(self.env._("No date."))
        found = openxe.moment(text)
        if not found:
            raise UserError(self.env._("“%s” is no date.", text))
        aware = found if found.tzinfo else self.env.tz.localize(found)
        return aware.astimezone(pytz.utc).replace(tzinfo=None)

    def _status(self, text):
        key = text.strip().lower()
        statuses = self.env["ticket.status"]
        if key in openxe.STATUSES:
            return statuses._by_code(openxe.STATUSES[key])
        if not key:
            raise UserError(self.env._("No status."))
        own = statuses.search(
            ["|", ("code", "=", key), ("name", "=ilike", escape_psql(key))], limit=1
        )
        if not own:
            raise UserError(self.env._("“%s” is no status.", text))
        return own


def _code(row):
    return openxe.code(row.get("code", "")) or openxe.code(row.get("name", ""))
