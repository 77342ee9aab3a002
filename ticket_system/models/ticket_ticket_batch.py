from collections import defaultdict

from odoo import api, models

from .notification import notification

LOGS = "ticket_system.logs"  # of cr.precommit.data
# what may be put back by `action_undo`
CHANGEABLE = {
    "status_id",
    "user_id",
    "priority",
    "is_private",
    "is_gdpr",
    "is_unread",
}


class TicketTicket(models.Model):
    """What agents do to one ticket or to thousands at once, and undo (R33-R37)."""

    _inherit = "ticket.ticket"

    def action_take(self):
        """Make the current user the agent of these tickets; new ones are open now."""
        new = self.filtered(lambda ticket: ticket.status_category == "new")
        values = {"user_id": self.env.uid, "is_unread": False}
        status = self.env["ticket.status"]._by_code("open")
        return self._change(
            self.env._("You have taken %s"),
            (new, {**values, "status_id": status.id}),
            (self - new, values),
        )

    def action_give_back(self):
        return self._change_all(self.env._("You have given back %s"), user_id=False)

    def action_close(self):
        return self._change_all(self.env._("Closed: %s"), **self._status("closed"))

    def action_reopen(self):
        return self._change_all(self.env._("Reopened: %s"), **self._status("open"))

    def action_trash(self):
        return self._change_all(
            self.env._("Moved to the trash: %s"), **self._status("trash")
        )

    def action_archive_unread(self):
        """Close what was never opened (R34)."""
        unread = self.filtered("is_unread")
        return unread._change_all(
            self.env._("Closed unread: %s"), **self._status("closed")
        )

    def action_mark_private(self):
        """Seen by their agents alone; who marks what nobody has taken, takes it."""
        free = self.filtered(lambda ticket: not ticket.user_id)
        return self._change(
            self.env._("Private now: %s"),
            (free, {"is_private": True, "user_id": self.env.uid}),
            (self - free, {"is_private": True}),
        )

    def action_unmark_private(self):
        return self._change_all(self.env._("No longer private: %s"), is_private=False)

    def action_mark_personal(self):
        """Mine, and seen by me alone (R36)."""
        return self._change_all(
            self.env._("Personal now: %s"), is_private=True, user_id=self.env.uid
        )

    def action_mark_priority(self):
        return self._change_all(self.env._("Priority now: %s"), priority="1")

    def action_unmark_priority(self):
        return self._change_all(self.env._("No longer priority: %s"), priority="0")

    def action_mark_unread(self):
        self.env.user._bus_send("ticket_system.unread", {"ids": self.ids})
        return self._change_all(self.env._("Unread again: %s"), is_unread=True)

    @api.model
    def action_undo(self, changes, times=()):
        """Put back what `_change` has reported, with the rights of the user, where
        nobody has changed it since.

        :param changes: a list of (values, ticket ids, what they were changed to)
        :param times: a list of (ticket id, waiting_since, closed_on), which a status
            changes
        """
        restored = kept = self.browse()
        for before, ids, after in changes:
            tickets = self.browse(ids).exists()
            rows = tickets.read(list(after), load="")
            same = [row["id"] for row in rows if after.items() <= row.items()]
            allowed = {key: before[key] for key in CHANGEABLE & before.keys()}
            tickets.browse(same).write(allowed)
            restored |= tickets.browse(same)
            kept |= tickets - tickets.browse(same)
        for ticket_id, waiting_since, closed_on in times:
            if ticket_id in restored._ids:
                self.browse(ticket_id).sudo().write(
                    {"waiting_since": waiting_since, "closed_on": closed_on}
                )
        return kept._tell_kept() if kept else None

    def _tell_kept(self):
        message = self.env._(
            "Left as they are, for somebody has changed them since: %s",
            ", ".join(self.mapped("display_name")),
        )
        return notification("warning", message)

    def _status(self, code):
        return {"status_id": self.env["ticket.status"]._by_code(code).id}

    def _change_all(self, message, **values):
        return self._change(message, (self, values))

    def _change(self, message, *changes):
        """Write each (tickets, values); return a notification that offers the undo.

        :param message: a sentence with one %s for the number of tickets
        """
        undo, times = [], []
        for tickets, values in changes:
            undo += tickets._before(values)
            if "status_id" in values:
                times += [(t.id, t.waiting_since, t.closed_on) for t in tickets]
            if tickets:
                tickets.write(values)
        count = sum(len(tickets) for tickets, _values in changes)
        tickets = (
            self.env._("1 ticket") if count == 1 else self.env._("%d tickets", count)
        )
        return {
            "type": "ir.actions.client",
            "tag": "ticket_system.changed",
            "params": {
                "message": message % tickets,
                "undo": [self._name, "action_undo", [undo, times]],
            },
        }

    def _before(self, values):
        """[(what `values` are going to replace, ticket ids, `values`)]"""
        found = defaultdict(list)
        for row in self.read(list(values), load=""):
            found[tuple((name, row[name]) for name in values)].append(row["id"])
        return [(dict(state), ids, values) for state, ids in found.items()]

    # ------------------------------------------------------------------
    # The log of changes, written at once for all tickets
    # ------------------------------------------------------------------

    def _message_track(self, fields_iter, initial_values_dict):
        logs = self.env.cr.precommit.data[LOGS] = defaultdict(list)
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            del self.env.cr.precommit.data[LOGS]
        for author_id, entries in logs.items():
            tickets = self.browse([ticket.id for ticket, _body, _values in entries])
            bodies = {ticket.id: body for ticket, body, _values in entries}
            messages = tickets._message_log_batch(bodies, author_id=author_id)
            self.env["mail.tracking.value"].sudo().create(
                [
                    {**values, "mail_message_id": message.id}
                    for message, (_ticket, _body, commands) in zip(
                        messages, entries, strict=True
                    )
                    for _command, _id, values in commands
                ]
            )
        return tracking

    def _message_log(self, *, body="", author_id=None, tracking_value_ids=(), **values):
        logs = self.env.cr.precommit.data.get(LOGS)
        if logs is None or values:
            return super()._message_log(
                body=body,
                author_id=author_id,
                tracking_value_ids=tracking_value_ids,
                **values,
            )
        logs[author_id].append((self, body, tracking_value_ids))
        return self.env["mail.message"]
