from datetime import date, datetime, timedelta

from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow import number, rules
from odoo.addons.ticket_system.mailflow.message import Address, IncomingMessage, parse
from odoo.addons.ticket_system.mailflow.report import DeliveryReport
from odoo.addons.ticket_system.mailflow.route import (
    Candidate,
    Candidates,
    RouteKind,
    Trust,
    route,
)
from odoo.addons.ticket_system.mailflow.screen import Action, Surroundings, screen

NUMBER = "20260302481507"
OTHER = "20260302000008"
NOW = datetime(2026, 3, 2)


class TestNumber(BaseCase):
    def test_a_million_different_ones(self):
        """P7"""
        day = date(2026, 3, 2)
        made = {number.make(day, counter, b"secret") for counter in range(20_000)}
        self.assertEqual(len(made), 20_000)
        self.assertTrue(all(len(n) == 14 and n.startswith("20260302") for n in made))
        self.assertNotEqual(number.make(day, 1, b"a"), number.make(day, 1, b"b"))

    def test_find(self):
        for subject, expected in (
            ("AW: Ticket #201508040674", ("201508040674",)),
            (f"[Ticket#{NUMBER}] x", (NUMBER,)),
            (NUMBER, (NUMBER,)),
            ("order 123456789012", ()),
            ("#20269902481507", ()),
            (f"#{NUMBER} #{NUMBER}", (NUMBER,)),
        ):
            with self.subTest(subject):
                self.assertEqual(number.find(subject), expected)


class TestScreen(BaseCase):
    """P5, threats 9-11; RFC 3834"""

    def verdict(self, raw):
        surroundings = Surroundings(frozenset({"support@us.example"}))
        return screen(parse(raw), surroundings)

    def test_checks(self):
        for raw, reason in (
            (b"From: a@b.example\nSubject: hello\n\n", ""),
            (b"From: a@b.example\nAuto-Submitted: no\n\n", ""),
            (b"From: support@us.example\n\n", "own_address"),
            (b"From: support@us.example\nX-Ticket-System: auto\n\n", "loop"),
            (b"Return-Path: <>\nFrom: a@b.example\n\n", "bounce"),
            (b"From: a@b.example\nAuto-Submitted: auto-replied\n\n", "auto_reply"),
            (b"From: a@b.example\nX-Auto-Response-Suppress: All\n\n", "auto_reply"),
            (b"From: a@b.example\nSubject: Automatische Antwort: x\n\n", "auto_reply"),
            (b"From: a@b.example\nSubject: Out of office\n\n", "auto_reply"),
            (b"From: a@b.example\nPrecedence: bulk\n\n", "list"),
            (b"From: a@b.example\nList-Id: <l.b.example>\n\n", "list"),
            (b"From: no-reply@b.example\n\n", "machine"),
            (b"From: MAILER-DAEMON@b.example\n\n", "machine"),
            (b"Subject: Who wrote this?\n\n", "no_sender"),
        ):
            with self.subTest(raw):
                verdict = self.verdict(raw)
                self.assertEqual(verdict.reason, reason)
                self.assertEqual(verdict.action == Action.KEEP, not reason)
                self.assertEqual(verdict.action == Action.IGNORE, reason == "loop")

    def test_senders_that_read_nothing(self):
        for local, is_machine in (
            ("no-reply", True),
            ("no_reply", True),
            ("no.reply", True),
            ("noreply+x", True),
            ("noreply-x", True),
            ("do_not_reply", True),
            ("do-not-reply", True),
            ("donotreply", True),
            ("reply", False),
            ("nora.reply", False),
            ("noreplyson", False),
        ):
            with self.subTest(local):
                reason = self.verdict(f"From: {local}@b.example\n\n".encode()).reason
                self.assertEqual(reason, "machine" if is_machine else "")

    def test_subjects_of_the_absent(self):
        for subject, is_away in (
            ("Abwesenheit: Otto", True),
            ("Abwesenheitsnachricht", True),
            ("AW: Abwesenheitsnotiz", True),
            ("Re: AW: Out of office", True),
            ("Out of Office Re: wheel", True),
            ("Abwesenheit am Montag", False),
            ("Re: wheel out of office", False),
            ("Fwd: Out of office", False),
        ):
            with self.subTest(subject):
                raw = f"From: a@b.example\nSubject: {subject}\n\n".encode()
                self.assertEqual(
                    self.verdict(raw).reason, "auto_reply" if is_away else ""
                )

    def test_storm(self):
        around = Surroundings(frozenset(), recent_from_sender=10, storm_limit=10)
        self.assertEqual(
            screen(parse(b"From: a@b.example\n\n"), around).reason, "storm"
        )


class TestRoute(BaseCase):
    """R2, R21, R24, P4: the rules of routing"""

    def setUp(self):
        super().setUp()
        self.candidate = Candidate(7, frozenset({"carla@customer.example"}))

    def route(self, sender, subject="", references=(), trust=None, candidate=None):
        candidate = candidate or self.candidate
        message = IncomingMessage(
            sender=Address("", sender), subject=subject, references=references
        )
        candidates = Candidates({"<1@x>": candidate}, {NUMBER: candidate})
        return route(message, candidates, trust or Trust(), NOW)

    def test_trust(self):
        insider = Trust(internal_addresses=frozenset({"agent@us.example"}))
        for sender, trust, kind in (
            ("carla@customer.example", None, RouteKind.REPLY),
            ("boss@customer.example", None, RouteKind.REPLY),
            ("agent@us.example", insider, RouteKind.REPLY),
            ("eve@stranger.example", None, RouteKind.RELATED),
            ("", None, RouteKind.RELATED),
        ):
            for by in ({"subject": f"#{NUMBER}"}, {"references": ("<1@x>",)}):
                with self.subTest(sender=sender, by=by):
                    found = self.route(sender, trust=trust, **by)
                    self.assertEqual((found.kind, found.ticket), (kind, 7))

    def test_public_provider(self):
        candidate = Candidate(7, frozenset({"a@gmail.com"}))
        found = self.route("b@gmail.com", f"#{NUMBER}", candidate=candidate)
        self.assertEqual(found.kind, RouteKind.RELATED)

    def test_unknown(self):
        found = self.route("carla@customer.example", "#20260302000000", ("<9@x>",))
        self.assertEqual(found.kind, RouteKind.NEW)

    def test_goes_on_after_a_doubtful_reference(self):
        """R2, R21: any of references and number may lead to the sender's own ticket"""
        own = Candidate(8, frozenset({"eve@stranger.example"}))
        candidates = Candidates(
            {"<1@x>": self.candidate, "<2@x>": own},
            {NUMBER: self.candidate, OTHER: own},
        )
        for subject, references, expected in (
            ("", ("<2@x>", "<1@x>"), (RouteKind.REPLY, 8, "reference")),
            (f"#{OTHER}", ("<1@x>",), (RouteKind.REPLY, 8, "number")),
            (f"#{NUMBER} #{OTHER}", (), (RouteKind.REPLY, 8, "number")),
            (f"#{NUMBER}", ("<1@x>",), (RouteKind.RELATED, 7, "reference_untrusted")),
        ):
            with self.subTest(subject=subject, references=references):
                message = IncomingMessage(
                    sender=Address("", "eve@stranger.example"),
                    subject=subject,
                    references=references,
                )
                found = route(message, candidates, Trust(), NOW)
                self.assertEqual((found.kind, found.ticket, found.reason), expected)

    def test_within_a_batch(self):
        """R2: who took part before the batch takes part after a mail of the batch"""
        everybody = {"carla@customer.example", "dora@other.example"}
        candidate = Candidate(7, frozenset(everybody), True, NOW)
        candidates = Candidates({"<1@x>": candidate}, {NUMBER: candidate})
        candidates.add(7, frozenset({"carla@customer.example"}), "<2@x>")
        for by in (
            {"references": ("<1@x>",)},
            {"references": ("<2@x>",)},
            {"subject": f"#{NUMBER}"},
        ):
            with self.subTest(by=by):
                message = IncomingMessage(
                    sender=Address("", "dora@other.example"), **by
                )
                reopened = Trust(reopen_within=timedelta(days=-1))
                found = route(message, candidates, reopened, NOW)
                self.assertEqual((found.kind, found.ticket), (RouteKind.REPLY, 7))

    def test_closed_long_ago(self):
        candidate = Candidate(
            7, self.candidate.participants, True, NOW - timedelta(days=40)
        )
        for days, kind in ((30, RouteKind.RELATED), (50, RouteKind.REPLY)):
            trust = Trust(reopen_within=timedelta(days=days))
            found = self.route(
                "carla@customer.example", f"#{NUMBER}", trust=trust, candidate=candidate
            )
            self.assertEqual(found.kind, kind)


class TestReports(BaseCase):
    """P6, threats 2 and 9: what reports reach without being written by a participant"""

    def route(self, report, trust=None, **values):
        candidate = Candidate(7, frozenset({"carla@customer.example"}))
        message = IncomingMessage(
            sender=Address("", "mailer-daemon@mx.example"),
            report=DeliveryReport(**report),
            **{"return_path": "", **values},
        )
        candidates = Candidates(
            {"<ours@x>": candidate, "<theirs@x>": candidate},
            {NUMBER: candidate},
            outgoing=frozenset({"<ours@x>"}),
        )
        return route(message, candidates, trust or Trust(), NOW)

    def test_named_by_our_message(self):
        """Threat 2: only what we sent opens the door, and only as what is reported"""
        for report, values, kind in (
            (("failed", "<ours@x>"), {}, RouteKind.REPLY),
            (("read", "<ours@x>"), {"return_path": "a@b.example"}, RouteKind.REPLY),
            (("failed", "<theirs@x>"), {}, RouteKind.RELATED),
            (("failed", ""), {"references": ("<ours@x>",)}, RouteKind.RELATED),
            (("failed", ""), {"references": ("<theirs@x>",)}, RouteKind.RELATED),
        ):
            with self.subTest(report=report, **values):
                names = ("kind", "original_message_id")
                found = self.route(dict(zip(names, report, strict=True)), **values)
                self.assertEqual((found.kind, found.ticket), (kind, 7))

    def test_named_by_the_number(self):
        """P6: without our Message-ID the number does, for a recipient of the ticket"""
        good = {
            "kind": "failed",
            "recipient": "carla@customer.example",
            "original_subject": f"Re: [Ticket #{NUMBER}] wheel",
        }
        in_subject = {"subject": f"Undeliverable: [Ticket #{NUMBER}] wheel"}
        for name, report, values, kind in (
            ("original", good, {}, RouteKind.REPLY),
            ("subject", good | {"original_subject": ""}, in_subject, RouteKind.REPLY),
            ("delayed", good | {"kind": "delayed"}, {}, RouteKind.RELATED),
            ("other", good | {"recipient": "eve@stranger.example"}, {}, "related"),
            ("nobody", good | {"recipient": ""}, {}, RouteKind.RELATED),
            ("sender", good, {"return_path": "eve@stranger.example"}, "related"),
        ):
            with self.subTest(name):
                found = self.route(report, **values)
                self.assertEqual((found.kind, found.ticket), (kind, 7))
        self.assertEqual(self.route(good, Trust(nobody=True)).kind, RouteKind.RELATED)


class TestRules(BaseCase):
    """R56, threat 29"""

    message = IncomingMessage(
        sender=Address("News", "news@shop.example"),
        subject="Our newsletter of March",
        fields=(("X-Priority", "1"),),
    )

    def matches(self, part, pattern, is_regex=False):
        return rules.matches(self.message, [rules.Condition(part, pattern, is_regex)])

    def test_patterns(self):
        for part, pattern, is_regex, expected in (
            (rules.Part.SUBJECT, "NEWSLETTER", False, True),
            (rules.Part.SUBJECT, "our%march", False, True),
            (rules.Part.SUBJECT, "march%our", False, False),
            (rules.Part.SUBJECT, "a.c", False, False),
            (rules.Part.SENDER, r"^news@.*\.example$", True, True),
            (rules.Part.HEADER, "x-priority: 1", False, True),
        ):
            with self.subTest(pattern):
                self.assertEqual(self.matches(part, pattern, is_regex), expected)

    def test_bad_pattern(self):
        with self.assertRaises(rules.RuleError):
            self.matches(rules.Part.SUBJECT, "(", True)

    def test_endless_pattern(self):
        message = IncomingMessage(subject="a" * 40 + "!")
        condition = rules.Condition(rules.Part.SUBJECT, r"(a|aa)+$", True)
        with self.assertRaises(rules.RuleError):
            rules.matches(message, [condition])
