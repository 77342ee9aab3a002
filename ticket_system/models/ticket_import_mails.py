from dataclasses import replace

from odoo import api, models

from ..mailflow.mailbox import RawMail
from ..mailflow.route import RouteKind
from .fetchmail_server_fetch import Source
from .ticket_import_openxe import Outcome
from .ticket_mail_known import IMPORT_FOLDER
from .ticket_mail_tickets import date_of
from .ticket_status import CLOSED_CATEGORIES


class TicketMail(models.Model):
    """Mails out of files: history, of which nobody is told, and that nobody answers.

    Under `ticket_import` the tickets they make are as old as the mails, closed if
    `ticket_import_close` says so, and those they join stay as they are.
    """

    _inherit = "ticket.mail"

    @api.model
    def _import(self, account, checksum, items):
        """Take in the mails of a file.

        :param items: list of mailflow.files.Item
        :return: an Outcome
        """
        source = Source(
            f"{IMPORT_FOLDER}{checksum}", "ticket_uidvalidity", "ticket_last_uid"
        )
        numbers = [item.number for item in items]
        taken = self.search([("folder", "=", source.folder), ("uid", "in", numbers)])
        known = set(taken.mapped("uid"))
        done = taken.filtered(lambda line: line._is_known() or line.state == "done")
        raw_mails = [
            RawMail(item.number, item.content, None)
            for item in items
            if item.number not in known
        ]
        lines = self._take_in(account, source, 1, raw_mails)
        known_before = lines.filtered(lambda line: line._is_known())
        return Outcome(
            made=len(lines.filtered(lambda line: line.state == "done")),
            known=len(done | known_before),
            problems=[
                (line.uid, line.why)
                for line in (taken - done) | (lines - known_before)
                if line.state in ("ignored", "quarantined")
            ],
        )

    def _is_known(self):
        """Whether its message was here before, received or written by us."""
        return self.state == "duplicate" or self.reason == "sent_by_odoo"

    def _is_import(self):
        return bool(self.env.context.get("ticket_import"))

    # ------------------------------------------------------------------
    # Nobody is told
    # ------------------------------------------------------------------

    def _is_due(self, account, source):
        return not self._is_import() and super()._is_due(account, source)

    def _is_answered_by_itself(self, plan):
        return not self._is_import() and super()._is_answered_by_itself(plan)

    def _tell_of_storms(self, plans):
        return None if self._is_import() else super()._tell_of_storms(plans)

    def _notify_followers(self, plans):
        return None if self._is_import() else super()._notify_followers(plans)

    # ------------------------------------------------------------------
    # Both directions
    # ------------------------------------------------------------------

    def _is_sent(self, source, message):
        """Files hold what was written from the account beside what it got."""
        if not self._is_import():
            return super()._is_sent(source, message)
        own_addresses = self.env["fetchmail.server"]._ticket_addresses()
        return message.sender.email in own_addresses

    def _decide_sent(self, plan, candidates, now):
        """What answers no mail we have is taken in like any other."""
        verdict = plan.verdict
        is_decided = super()._decide_sent(plan, candidates, now)
        if self._is_import() and plan.verdict.reason == "no_ticket":
            plan.verdict = verdict
            plan.line.is_sent = is_decided = False
        return is_decided

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def _trust(self, internal):
        """What was closed long ago is so for mails of today."""
        trust = super()._trust(internal)
        return replace(trust, reopen_within=None) if self._is_import() else trust

    def _ticket_values(self, plan):
        values = super()._ticket_values(plan)
        if not self._is_import():
            return values
        statuses = self.env["ticket.status"]
        status = statuses.browse(values["status_id"])
        if self.env.context.get("ticket_import_close"):
            if status.category not in CLOSED_CATEGORIES:
                status = statuses._by_code("closed")
        if status.category in CLOSED_CATEGORIES:
            values |= {
                "status_id": status.id,
                "closed_on": date_of(plan),
                "waiting_since": False,
                "is_unread": False,
            }
        return values

    def _create_tickets(self, plans):
        result = super()._create_tickets(plans)
        if self._is_import():
            new = [plan for plan in plans if plan.route.kind != RouteKind.REPLY]
            tickets = self.env["ticket.ticket"].union(*(plan.ticket for plan in new))
            tickets._date_creation()
        return result

    def _touch_replied(self, plans):
        if not self._is_import():
            return super()._touch_replied(plans)
        for plan in plans:
            if plan.route.kind == RouteKind.REPLY:
                plan.ticket._join_history(date_of(plan), plan.line.is_sent)
        return None
