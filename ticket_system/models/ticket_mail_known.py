from collections import defaultdict
from datetime import timedelta
from functools import lru_cache
from itertools import chain

from odoo import fields, models
from odoo.tools import email_normalize, email_split

from ..mailflow import number
from ..mailflow.route import Candidate, Candidates, Trust
from ..mailflow.screen import Surroundings
from .mail_message import PARTIES

STORM_LIMIT = 10
IMPORT_FOLDER = "import "  # before the checksum of the file that mails come from


class TicketMail(models.Model):
    """What is known already of a batch of mails: a fixed number of queries."""

    _inherit = "ticket.mail"

    def _surroundings(self, messages):
        """{sender: Surroundings}, with the mails to the same account counted that were
        fetched within the last hour: those of the hour in which most arrived. What lay
        in the mailbox for years is no storm."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        senders = {message.sender.email for message in messages}
        groups = self._read_group(
            [
                ("email_from", "in", list(senders - {""})),
                ("server_id", "in", self.server_id.ids),
                ("create_date", ">", fields.Datetime.now() - timedelta(hours=1)),
                ("folder", "not =like", f"{IMPORT_FOLDER}%"),
            ],
            ["email_from", "arrived_on:hour"],
            ["__count"],
            order="__count",
        )
        counts = {sender: count for sender, _hour, count in groups}  # the largest stays
        return {
            sender: Surroundings(
                own_addresses=self.env["fetchmail.server"]._ticket_addresses(),
                recent_from_sender=counts.get(sender, 0),
                storm_limit=int(get_param("ticket_system.storm_limit", STORM_LIMIT)),
            )
            for sender in senders
        }

    def _find_known(self, messages):
        """Ledger lines of mails processed before; of what we sent ourselves, only what
        has joined a ticket.

        :return: {content hash: line}, and {content hash: lines} of mails that only
            other companies have
        """
        lines = self.search(
            [
                ("content_hash", "in", [m.content_hash for m in messages]),
                ("state", "in", ("done", "ignored")),
                ("id", "not in", self.ids),
                "|",
                ("is_sent", "=", False),
                ("ticket_id", "!=", False),
            ]
        )
        own = lines.filtered(
            lambda line: (
                line.server_id <= self.server_id or self._is_ours(line._company())
            )
        )
        elsewhere = defaultdict(self.browse, (lines - own).grouped("content_hash"))
        return {line.content_hash: line for line in own}, elsewhere

    def _twin(self, found, company):
        """One of these that has joined the ticket the mail would join, or that all see
        who would see the new ticket of that company."""
        return self.filtered(
            lambda line: line.ticket_id == found.ticket or line._company() <= company
        )[:1]

    def _company(self):
        """Who sees what became of it; empty if all companies do."""
        if self.ticket_id:
            return self.ticket_id.company_id
        return self.server_id._ticket_company()

    def _is_ours(self, company):
        """Whether what is of this company is seen by all who get these mails."""
        if company <= self.server_id._ticket_company():
            return True
        return self.env["res.company"].sudo().search_count([], limit=2) == 1

    def _find_partners(self, messages):
        """({address: partners, the oldest first}, the addresses of internal users) of
        senders and customers."""
        people = {message.sender.email for message in messages} | {
            self._customer(line, message).email
            for line, message in zip(self, messages, strict=True)
        }
        partners = self.env["res.partner"].search(
            [("email_normalized", "in", list(people - {""}))], order="id"
        )
        users = self.env["res.users"].search(
            [("partner_id", "in", partners.ids), ("share", "=", False)]
        )
        by_email = partners.grouped("email_normalized")
        return by_email, frozenset(users.partner_id.mapped("email_normalized"))

    def _find_candidates(self, messages):
        """The tickets that the mails may belong to, found by id and by number. Of
        a mail in several tickets the oldest one counts, of the own company first."""
        ids = {reference for m in messages for reference in m.references}
        ids |= {m.report.original_message_id for m in messages if m.report}
        ids |= {
            m.message_id for m, line in zip(messages, self, strict=True) if line.is_sent
        }
        subjects = {m.subject for m in messages}
        subjects |= {m.report.original_subject for m in messages if m.report}
        numbers = set(chain.from_iterable(map(number.find, subjects)))
        referenced = self.env["mail.message"].search_fetch(
            [("message_id", "in", list(ids)), ("model", "=", "ticket.ticket")],
            ["message_id", "res_id", "message_type"],
        )
        tickets = self.env["ticket.ticket"].search(
            [
                "|",
                ("id", "in", referenced.mapped("res_id")),
                ("number", "in", list(numbers)),
            ]
        )
        by_id = self._candidates_of(tickets)
        own = set(tickets.filtered(lambda ticket: self._is_ours(ticket.company_id)).ids)
        last = referenced.sorted(lambda message: (message.res_id in own, -message.id))
        oldest = {
            message.message_id: message for message in last if message.res_id in by_id
        }
        return Candidates(
            {
                identifier: by_id[message.res_id]
                for identifier, message in oldest.items()
            },
            {ticket.number: by_id[ticket.id] for ticket in tickets},
            frozenset(
                identifier
                for identifier, message in oldest.items()
                if message.message_type != "email"
            ),
        )

    def _candidates_of(self, tickets):
        """{ticket id: Candidate}; of a merged ticket it is the one that was kept, and
        who took part in either takes part in it."""
        merged = tickets.filtered("merged_into_id")
        everything = tickets | merged.merged_into_id
        participants = self._find_participants(everything)
        for ticket in everything:
            participants[ticket.id] |= self._customer_addresses(ticket)
        for ticket in merged:
            participants[ticket.merged_into_id.id] |= participants[ticket.id]
        candidates = {
            ticket.id: Candidate(
                ticket,
                frozenset(participants[ticket.id]),
                ticket.is_closed,
                ticket.closed_on or None,
            )
            for ticket in everything - merged
        }
        for ticket in merged:
            candidates[ticket.id] = candidates[ticket.merged_into_id.id]
        return candidates

    def _customer_addresses(self, ticket):
        customer = ticket.partner_id | ticket.commercial_partner_id
        return set(filter(None, customer.mapped("email_normalized")))

    def _find_participants(self, tickets):
        """{ticket id: the addresses that wrote or got messages of the ticket}"""
        found = defaultdict(set)
        own = self.env["fetchmail.server"]._ticket_addresses()
        messages = self.env["mail.message"].search_fetch(
            [
                ("model", "=", "ticket.ticket"),
                ("res_id", "in", tickets.ids),
                ("message_type", "in", ("email", "comment")),
            ],
            ["res_id", *PARTIES],
        )
        for message in messages:
            for name in PARTIES:
                if text := message[name]:
                    found[message.res_id] |= _addresses(text)
        for ticket in tickets:
            if address := email_normalize(ticket.email_from):
                found[ticket.id].add(address)
            found[ticket.id] -= own
        return found

    def _trust(self, internal):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        days = int(get_param("ticket_system.reopen_days", 0))
        return Trust(
            internal_addresses=internal,
            number_suffices=bool(get_param("ticket_system.number_suffices")),
            reopen_within=timedelta(days=days) if days else None,
        )


@lru_cache(maxsize=4096)
def _addresses(text):
    """The same few stand in most messages."""
    return frozenset(map(str.lower, email_split(text)))
