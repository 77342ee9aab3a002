from odoo import api, fields, models

PRESENCE = "ticket_system.presence"
ALTERED = "ticket_system.altered"
CHANGED = "ticket_system.changed"
SHOWN = {
    "is_private",
    "name",
    "partner_id",
    "priority",
    "queue_id",
    "status_id",
    "tag_ids",
    "user_id",
}
FEW = 20  # tickets that are shown anew one by one
AGENTS = "ticket_system.group_agent"


class TicketTicket(models.Model):
    """Colleagues see who works on a ticket while they do (R30, P8).

    The bus carries ids alone, to all agents; whoever shows the ticket then asks, with
    their own rights, who is there.
    """

    _inherit = "ticket.ticket"

    editor_ids = fields.Many2many(
        "res.users",
        string="Being Edited",
        compute="_compute_editor_ids",
        search="_search_editor_ids",
    )

    def _compute_editor_ids(self):
        locks = self.env["ticket.lock"].sudo()
        found = locks._read_group(
            locks._alive() & fields.Domain("ticket_id", "in", self.ids),
            ["ticket_id"],
            ["user_id:recordset"],
        )
        self.editor_ids = False
        editors = {ticket.id: users.with_env(self.env) for ticket, users in found}
        for ticket in self:
            if users := editors.get(ticket._origin.id):
                ticket.editor_ids = users

    @api.model
    def _search_editor_ids(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        locks = self.env["ticket.lock"].sudo()
        users = [user for user in value if user]
        domain = locks._alive()
        if users:
            domain &= fields.Domain("user_id", "in", users)
        tickets = fields.Domain(
            "id", "in", locks._search(domain).subselect("ticket_id")
        )
        is_positive = (operator == "in") == bool(users)
        return tickets if is_positive else ~tickets

    def write(self, vals):
        result = super().write(vals)
        if not (self.env.su or SHOWN.isdisjoint(vals)):
            if len(self) <= FEW:
                self._tell_agents(ALTERED)
            else:
                self._tell_many()
        return result

    def enter(self):
        """Tell that the user has the ticket open; to be repeated. So it is read.

        :return: the others who do: [{"name", "since"}]
        """
        self.ensure_one()
        self.check_access("read")
        locks = self.env["ticket.lock"].sudo()
        if locks._renew(self):
            if self.is_unread and self.has_access("write"):
                self.is_unread = False
            self._tell_agents(PRESENCE)
        others = locks.search(
            locks._alive()
            & fields.Domain("ticket_id", "=", self.id)
            & fields.Domain("user_id", "!=", self.env.uid),
            order="since",
        )
        return [
            {
                "name": lock.user_id.name,
                "since": fields.Datetime.to_string(lock.since),
            }
            for lock in others
        ]

    def leave(self, is_seen=False):
        """The user has closed the ticket. Who had not entered it leaves nothing: no
        access is asked for, as they may have moved it out of their own reach.

        :param bool is_seen: whether they saw something come in meanwhile
        """
        left = self.env["ticket.lock"].sudo()._release(self).with_env(self.env)
        if is_seen:
            left._filtered_access("write").filtered("is_unread").is_unread = False
        left._tell_agents(PRESENCE)

    def action_take_over(self):
        """Become the agent, and tell those who were at it."""
        self.ensure_one()
        self.check_access("write")
        result = self.action_take()
        others = self._locks().user_id - self.env.user
        for user in others:
            there = self.with_context(lang=user.lang)
            user._bus_send(
                "simple_notification",
                {
                    "type": "warning",
                    "sticky": True,
                    "title": self.display_name,
                    "message": there.env._(
                        "%s has taken over this ticket.", self.env.user.name
                    ),
                },
            )
            user._bus_send(
                "ticket_system.taken_over", {"id": self.id, "name": self.env.user.name}
            )
        self._locks().filtered(lambda lock: lock.user_id in others).unlink()
        self._tell_agents(PRESENCE)
        return result

    def _locks(self):
        return self.env["ticket.lock"].sudo().search([("ticket_id", "in", self.ids)])

    def _tell_agents(self, event, **facts):
        agents = self._agents()
        for ticket in self:
            agents._bus_send(event, {"id": ticket.id, **facts})

    @api.model
    def _tell_many(self):
        """Lists are to be read anew: tickets came, or many were changed."""
        self._agents()._bus_send(CHANGED, {})

    @api.model
    def _agents(self):
        group_id = self.env["ir.model.data"]._xmlid_to_res_id(AGENTS)  # no query
        return self.env["res.groups"].sudo().browse(group_id)
