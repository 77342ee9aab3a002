import json
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestPresence(TicketCase):
    """R30, P8: two agents on one ticket see each other"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls.new_ticket(cls)
        cls.colleague = new_test_user(
            cls.env,
            "test_colleague",
            "ticket_system.group_agent_all",
            name="Ali Agent",
        )
        cls.mine = cls.ticket.with_user(cls.agent)
        cls.theirs = cls.ticket.with_user(cls.colleague)

    def editors(self):
        self.env.invalidate_all()
        return self.ticket.editor_ids

    def sent(self):
        """[(channel, type, payload)] of the bus since the last call"""
        self.env["bus.bus"].flush_model()
        self.env.cr.precommit.run()
        found = [
            (json.loads(message.channel), json.loads(message.message))
            for message in self.env["bus.bus"].search([], order="id")
        ]
        self.env["bus.bus"].search([]).unlink()
        return [(ch, message["type"], message["payload"]) for ch, message in found]

    def test_both_see_each_other(self):
        self.assertEqual(self.mine.enter(), [])
        self.assertEqual([o["name"] for o in self.theirs.enter()], [self.agent.name])
        self.assertEqual([o["name"] for o in self.mine.enter()], ["Ali Agent"])
        self.assertEqual(self.editors(), self.agent | self.colleague)
        self.mine.leave()
        self.assertEqual(self.theirs.enter(), [])

    def test_seen_is_read(self):
        """What came in while it was open is read when the agent goes on from it"""
        self.mine.enter()
        for is_seen in (False, True):
            self.ticket.is_unread = True
            self.mine.leave(is_seen)
            self.assertEqual(self.ticket.is_unread, not is_seen)
            self.mine.enter()

    def test_opened_is_read(self):
        """Bold is what nobody has opened; who marks it as unread meanwhile, may"""
        self.ticket.is_unread = True
        self.ticket.with_user(self.agent).enter()
        self.assertFalse(self.ticket.is_unread)
        self.ticket.with_user(self.agent).action_mark_unread()
        with freeze_time(datetime.now() + timedelta(seconds=45)):
            self.ticket.with_user(self.agent).enter()
        self.assertTrue(self.ticket.is_unread)

    def test_since_is_kept_and_expires(self):
        """A browser that crashed is forgotten after two minutes"""
        now = fields.Datetime.now()
        with freeze_time(now):
            self.mine.enter()
        with freeze_time(now + timedelta(seconds=100)):
            self.mine.enter()
        with freeze_time(now + timedelta(seconds=200)):
            [other] = self.theirs.enter()
            self.assertEqual(other["since"], fields.Datetime.to_string(now))
        with freeze_time(now + timedelta(seconds=321)):
            self.assertEqual(self.theirs.enter(), [])
            self.assertEqual(self.editors(), self.colleague)
            self.env["ticket.lock"]._gc_expired()
            self.assertEqual(self.env["ticket.lock"].search([]).user_id, self.colleague)

    def test_filter(self):
        Ticket = self.env["ticket.ticket"]
        being_edited = [("editor_ids", "!=", False), ("id", "=", self.ticket.id)]
        free = [("editor_ids", "=", False), ("id", "=", self.ticket.id)]
        self.assertFalse(Ticket.search(being_edited))
        self.assertTrue(Ticket.search(free))
        self.mine.enter()
        self.assertTrue(Ticket.search(being_edited))
        self.assertFalse(Ticket.search(free))
        by_me = [("editor_ids", "in", self.agent.ids)]
        self.assertEqual(Ticket.search(by_me), self.ticket)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_rights(self):
        """Threat 27: an agent without the queue neither enters nor learns who did"""
        self.mine.enter()
        foreign = self.ticket.with_user(self.other_agent)
        for call in (foreign.enter, foreign.action_take_over):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            self.env["ticket.lock"].with_user(self.other_agent).search([])

    def test_bus(self):
        """Ids alone go to the agents, once for each arrival and departure"""
        self.sent()
        for second in (0, 0, 1, 2):
            with freeze_time(fields.Datetime.now() + timedelta(seconds=second)):
                self.mine.enter()
        self.mine.leave()
        group = self.env.ref("ticket_system.group_agent")
        for channel, kind, payload in (messages := self.sent()):
            self.assertEqual(channel[1:], ["res.groups", group.id])
            self.assertEqual(kind, "ticket_system.presence")
            self.assertEqual(payload, {"id": self.ticket.id})
        self.assertEqual(len(messages), 2)

    def test_arrival(self):
        """Screens are told once of all that came, and nothing of what"""
        self.sent()
        self.take_in(mail("One"), mail("Two"))
        group = self.env.ref("ticket_system.group_agent")
        [(channel, kind, payload)] = self.sent()
        self.assertEqual(channel[1:], ["res.groups", group.id])
        self.assertEqual((kind, payload), ("ticket_system.changed", {}))

    def test_altered(self):
        """What a colleague changes is seen at once, of many as a whole; of what we do
        ourselves, and of reading, nothing is told"""
        self.sent()
        self.mine.action_take()
        [(_channel, kind, payload)] = self.sent()
        self.assertEqual(
            (kind, payload["id"]), ("ticket_system.altered", self.ticket.id)
        )
        self.mine.is_unread = True
        self.ticket.sudo().priority = "1"
        self.assertFalse(self.sent())
        tickets = self.ticket.union(*(self.new_ticket() for _turn in range(20)))
        tickets.with_user(self.agent).action_close()
        self.assertEqual(
            [kind for _, kind, _ in self.sent()], ["ticket_system.changed"]
        )

    def test_leaving(self):
        """Threat 27: only who was there is told of; who cannot come makes no noise"""
        portal = new_test_user(self.env, "test_portal", "base.group_portal")
        foreign = [self.other_agent, self.employee, portal]
        self.mine.enter()
        self.sent()
        for user in foreign:
            self.ticket.with_user(user).leave()
        self.theirs.leave()
        self.assertFalse(self.sent())
        self.assertEqual(self.editors(), self.agent)
        self.ticket.queue_id = self.accounting
        self.mine.leave()
        self.assertEqual(len(self.sent()), 1, "also when it was moved out of sight")
        self.assertFalse(self.editors())

    def test_leaving_what_is_gone(self):
        self.mine.enter()
        self.ticket.unlink()
        self.sent()
        self.mine.leave()
        self.assertFalse(self.sent())

    def test_take_over(self):
        self.mine.enter()
        self.theirs.enter()
        self.sent()
        self.theirs.action_take_over()
        self.assertEqual(self.ticket.user_id, self.colleague)
        self.assertEqual(self.editors(), self.colleague)
        told = [
            kind
            for channel, kind, _payload in self.sent()
            if channel[1:] == ["res.partner", self.agent.partner_id.id]
        ]
        self.assertEqual(told, ["simple_notification", "ticket_system.taken_over"])

    def test_nobody_waits(self):
        """Heartbeats write neither the ticket nor another user's line"""
        before = self.ticket.write_date
        self.mine.enter()
        self.env.flush_all()
        self.assertEqual(self.ticket.write_date, before)
