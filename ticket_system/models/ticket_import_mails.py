from dataclasses import replace
from itertools import compress
from operator import not_

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
    def _import(self, account, items):
        """Take in mails of files.

        :param items: list of mailflow.files.Item, `file` being an attachment
        :return: an Outcome, whose problems are [(file, number, why it is skipped)]
        """
        before = self._imported(items)
        new = {_key(item): item for item in items if _key(item) not in before}
        lines = self._take_in_from(
            account,
            [Source(folder, "", "") for folder, _number in new],
            1,
            [RawMail(item.number, item.content, None) for item in new.values()],
        )
        found = before | dict(zip(new, lines, strict=True))
        taken = [(item, found[_key(item)]) for item in items]
        is_here = [line.state == "done" or line._is_known() for _item, line in taken]
        made = len(lines.filtered(lambda line: line.state == "done"))
        return Outcome(
            made=made,
            known=sum(is_here) - made,
            problems=[
                (item.file, item.number, line.why)
                for item, line in compress(taken, map(not_, is_here))
                if line.state in ("ignored", "quarantined")
            ],
        )

    def _imported(self, items):
        """{key: ledger line} of those that were taken in before."""
        keys = [_key(item) for item in items]
        lines = self.search(
            [
                ("folder", "in", [folder for folder, _number in keys]),
                ("uid", "in", [number for _folder, number in keys]),
            ]
        )
        return {(line.folder, line.uid): line for line in lines}

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
        """What answers no mail we have makes a ticket of whom we wrote to; what went to
        nobody else is taken in like any other."""
        verdict = plan.verdict
        is_decided = super()._decide_sent(plan, candidates, now)
        if self._is_import() and plan.verdict.reason == "no_ticket":
            plan.verdict, is_decided = verdict, False
            plan.line.is_sent = self._first_recipient(plan.message) is not None
        return is_decided

    def _customer(self, line, message):
        customer = super()._customer(line, message)
        if line.is_sent and self._is_import():
            return self._first_recipient(message) or customer
        return customer

    def _first_recipient(self, message):
        """The first Address that is none of ours, if any."""
        own_addresses = {"", *self.env["fetchmail.server"]._ticket_addresses()}
        recipients = (*message.to, *message.cc)
        return next((a for a in recipients if a.email not in own_addresses), None)

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
        if plan.line.is_sent:
            values |= self._begun_by_us(plan)
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
        elif plan.line.is_sent:
            values["status_id"] = statuses._by_code("waiting_customer").id
        return values

    def _begun_by_us(self, plan):
        return {
            "last_inbound": False,
            "last_outbound": date_of(plan),
            "first_response": date_of(plan),
            "waiting_since": False,
            "is_unread": False,
        }

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


def _key(item):
    """Where the ledger has it: the folder, and the uid."""
    return f"{IMPORT_FOLDER}{item.file.checksum}", item.number
