import logging
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_

import psycopg2

from odoo import api, fields, models

from ..mailflow import message as mailmessage
from ..mailflow.authentication import authentication
from ..mailflow.errors import MailflowError
from ..mailflow.route import Route, RouteKind, Trust, route
from ..mailflow.screen import Action, Verdict, screen
from ..mailflow.suspicious import warnings

_logger = logging.getLogger(__name__)

IN_DATABASE = 256 * 1024  # bytes of a mail
LARGEST_SIZE = 2**31 - 1  # that a column of integers holds
# connection, rollback, resources, object state, operator: PostgreSQL's error classes
TRANSIENT = {"08", "40", "53", "55", "57"}


@dataclass(eq=False)
class Plan:
    """What becomes of one mail: decided first, written afterwards."""

    line: models.Model
    message: mailmessage.IncomingMessage
    verdict: Verdict
    route: Route | None = None
    duplicate_of: models.Model | None = None
    customer: mailmessage.Address | None = None
    partner: models.Model | None = None
    is_internal: bool = False
    is_storm: bool = False
    authentication: str = ""
    warnings: list[str] = field(default_factory=list)
    ticket: models.Model | None = None
    rules: models.Model | None = None
    place: dict | None = None
    values: dict | None = None


class TicketMail(models.Model):
    """From ledger lines to tickets: decide for the whole batch, then write it."""

    _inherit = "ticket.mail"

    @api.model
    def _take_in(self, account, source, uidvalidity, raw_mails):
        """Store each mail in the ledger with its bytes, process them, and tell the
        agents' screens that something came.

        :param source: the folder they lie in, a Source
        :param raw_mails: list of mailflow.mailbox.RawMail
        :return: the ledger lines
        """
        sources = [source] * len(raw_mails)
        lines = self._take_in_from(account, sources, uidvalidity, raw_mails)
        self.env["ticket.ticket"]._tell_many()
        return lines

    @api.model
    def _take_in_from(self, account, sources, uidvalidity, raw_mails):
        """As `_take_in`, each mail from a Source of its own."""
        now = fields.Datetime.now()
        language = account._ticket_language()
        messages = [mailmessage.parse(mail.raw, language) for mail in raw_mails]
        originals = self._store_originals(raw_mails)
        lines = self.create(
            [
                {
                    "server_id": account.id,
                    "folder": source.folder,
                    "is_sent": self._is_sent(source, message),
                    "uidvalidity": uidvalidity,
                    "uid": mail.uid,
                    "server_action_due": self._is_due(account, source),
                    "raw_attachment_id": original.id,
                    "message_id": message.message_id,
                    "content_hash": message.content_hash,
                    "email_from": message.sender.email,
                    "subject": message.subject,
                    "date": message.date or mail.internal_date,
                    "arrived_on": min(mail.internal_date or message.date or now, now),
                    "size": min(mail.size, LARGEST_SIZE),
                    "is_cut": mail.is_cut,
                }
                for source, mail, original, message in zip(
                    sources, raw_mails, originals, messages, strict=True
                )
            ]
        )
        for line, original in zip(lines, originals, strict=True):
            original.res_id = line.id
        whole = [not mail.is_cut for mail in raw_mails]
        lines.browse(compress(lines.ids, whole))._process(
            list(compress(messages, whole))
        )
        for line in lines.browse(line.id for line in lines if line.state == "received"):
            line._quarantine(MailflowError(line._why_cut()))
        return lines

    def _is_sent(self, source, _message):
        """Whether an agent wrote it."""
        return source.is_sent

    def _is_due(self, account, source):
        """Whether something is to be done on the mail server afterwards."""
        return not source.is_sent and account.ticket_after_fetch != "keep"

    def _store_originals(self, raw_mails):
        """The bytes of each mail as an attachment, in the order of the mails.

        Those of ordinary size lie in the database, where one commit makes them last
        together with their line; the few large ones in the filestore.
        """
        is_small = [len(mail.raw) <= IN_DATABASE for mail in raw_mails]
        with self.env["ir.attachment"]._in_database():
            small = iter(self._store(compress(raw_mails, is_small)))
        large = iter(self._store(compress(raw_mails, map(not_, is_small))))
        return [next(small if fits else large) for fits in is_small]

    def _store(self, raw_mails):
        return self.env["ir.attachment"].create(
            [
                {
                    "name": f"{mail.uid}.eml",
                    "raw": mail.raw,
                    "mimetype": "message/rfc822",
                    "res_model": self._name,
                }
                for mail in raw_mails
            ]
        )

    def _process(self, messages=None):
        """Make tickets of the lines; a mail that fails is quarantined alone.

        :param messages: the parsed mails, if at hand; otherwise the stored bytes
            are parsed
        """
        if messages is None:
            messages = [line._parsed() for line in self]
        try:
            with self.env.cr.savepoint():
                self._make_tickets(messages)
        except Exception as error:
            if is_transient(error):
                raise
            if len(self) == 1:
                self._quarantine(error)
                return
            for line, message in zip(self, messages, strict=True):
                line._process([message])

    def _quarantine(self, error):
        _logger.warning("Mail %s is quarantined", self.id, exc_info=error)
        told = str(error)
        if not isinstance(error, MailflowError):
            told = f"{type(error).__name__}: {told}"
        self.write(
            {
                "state": "quarantined",
                "error": told,
                "attempts": self.attempts + 1,
                "server_action_due": False,
            }
        )
        self._tell_quarantine()

    def _make_tickets(self, messages):
        plans = self._decide(messages)
        kept = [plan for plan in plans if plan.route]
        self._create_tickets(kept)
        self._create_messages(kept)
        self._touch_replied(kept)
        self._mark_undelivered(kept)
        self._autorespond(kept)
        self._tell_of_storms(kept)
        for plan in plans:
            plan.line.write(self._ledger_values(plan))

    # ------------------------------------------------------------------
    # Decide
    # ------------------------------------------------------------------

    def _decide(self, messages):
        """A list of Plan, one for each line, with a fixed number of queries."""
        now = fields.Datetime.now()
        surroundings = self._surroundings(messages)
        rules = self.env["ticket.rule"].search([("active", "=", True)])
        partners, internal = self._find_partners(messages)
        known, elsewhere = self._find_known(messages)
        candidates = self._find_candidates(messages)
        trust, unknown = self._trust(internal), self.env["res.partner"]
        get_param = self.env["ir.config_parameter"].sudo().get_param
        refuse_failed = bool(get_param("ticket_system.refuse_failed"))
        plans = []
        for line, message in zip(self, messages, strict=True):
            sender = message.sender.email
            plan = Plan(line, message, screen(message, surroundings[sender]))
            plans.append(plan)
            if line.is_sent and self._decide_sent(plan, candidates, now):
                continue
            if message.content_hash in known:
                plan.duplicate_of = known[message.content_hash]
                continue
            known[message.content_hash] = line
            if plan.verdict.action == Action.IGNORE:
                continue
            plan.customer = self._customer(line, message)
            plan.is_internal = sender in internal
            plan.is_storm = surroundings[sender].is_storm
            self._judge(plan, internal)
            doubted = refuse_failed and plan.authentication == "failed"
            plan.route = route(message, candidates, replace(trust, nobody=doubted), now)
            plan.rules = rules.browse()
            if plan.route.kind != RouteKind.REPLY:
                plan.rules = rules._matching(message)
            plan.place, company = line._place(plan.rules)
            if twin := elsewhere[message.content_hash]._twin(plan.route, company):
                plan.duplicate_of, plan.route = twin, None
                continue
            known_by_address = partners.get(plan.customer.email, unknown)
            plan.partner = _of_company(known_by_address, company)
            if any(plan.rules.mapped("ignore")):
                plan.verdict, plan.route = Verdict(Action.IGNORE, "rule"), None
            else:
                self._remember(candidates, plan)
        return plans

    def _place(self, rules):
        """Where a new ticket goes, and of which company it is: what the rules say
        comes before what the account says, and the queue before the project (P10).

        :return: (what is written on the ticket, res.company)
        """
        queue, project = (
            self.server_id.ticket_queue_id,
            self.server_id.ticket_project_id,
        )
        usual = {
            "queue_id": queue.id,
            "project_id": project.id,
            "user_id": queue.user_id.id,
        }
        chosen = rules._ticket_values()
        if not {"queue_id", "project_id"} & chosen.keys():
            return usual | chosen, self.server_id._ticket_company()
        for values in (usual | chosen, chosen, chosen | {"project_id": False}):
            queue = queue.browse(values.get("queue_id"))
            project = project.browse(values.get("project_id"))
            if len(queue.company_id | project.company_id) < 2:
                break
        return values, queue.company_id or project.company_id

    def _customer(self, _line, message):
        """Whose ticket the mail makes, an Address."""
        return message.sender

    def _judge(self, plan, internal):
        """Note what makes the sender believable, and what does not."""
        message, account = plan.message, plan.line.server_id
        own = {
            address.rpartition("@")[2]
            for address in self.env["fetchmail.server"]._ticket_addresses()
        }
        plan.warnings = warnings(message, own, internal)
        if account.ticket_authserv_id:
            found = authentication(message, account.ticket_authserv_id)
            plan.authentication = found or "unknown"

    def _decide_sent(self, plan, candidates, now):
        """What we wrote ourselves joins its ticket, and never makes one (R24).

        :return: whether that is all to be decided
        """
        if candidates.knows(plan.message.message_id):
            plan.verdict = Verdict(Action.IGNORE, "sent_by_odoo")
            return True
        found = route(plan.message, candidates, Trust(anybody=True), now)
        if found.kind == RouteKind.REPLY:
            plan.verdict, plan.route = Verdict(Action.NO_AUTORESPONSE, "sent"), found
            plan.rules = self.env["ticket.rule"]
            self._remember(candidates, plan)
        else:
            plan.verdict = Verdict(Action.IGNORE, "no_ticket")
        return True

    def _remember(self, candidates, plan):
        """Let later mails of the batch find the ticket this mail will belong to."""
        message = plan.message
        ticket = plan.route.ticket if plan.route.kind == RouteKind.REPLY else plan
        everybody = {a.email for a in (message.sender, *message.to, *message.cc)}
        everybody -= self.env["fetchmail.server"]._ticket_addresses()
        candidates.add(ticket, frozenset(everybody), message.message_id)


def _of_company(partners, company):
    """The first of them that whoever works on the ticket may see."""
    return partners.filtered(
        lambda partner: not company or partner.company_id <= company
    )[:1]


def is_transient(error):
    """Whether the same may succeed later: it is the database's trouble, no mail's."""
    if isinstance(error, psycopg2.OperationalError):
        return (error.pgcode or "08")[:2] in TRANSIENT
    return isinstance(error, psycopg2.InterfaceError)
