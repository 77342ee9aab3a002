from odoo import api, models


class TicketTicket(models.Model):
    """A first start shows what to do instead of an empty list (R61)."""

    _inherit = "ticket.ticket"

    @api.model
    def get_empty_list_help(self, help_message):
        accounts = self.env["fetchmail.server"].sudo()
        connected = accounts.search_count(
            [("use_ticket_system", "=", True), ("state", "=", "done")], limit=1
        )
        self = self.sudo(False)  # actions are read with all rights
        is_administrator = self.env["ticket.queue"].has_access("create")
        if connected and not (is_administrator and self._is_untried()):
            return super().get_empty_list_help(help_message)
        servers = self.env["ir.mail_server"]
        return self.env["ir.qweb"]._render(
            "ticket_system.set_up" if is_administrator else "ticket_system.not_set_up",
            {
                "has_queue": self.env["ticket.queue"].sudo().search_count([], limit=1),
                "has_account": connected,
                "has_server": servers._ticket_is_set_up(),
                "may_serve": servers.has_access("create"),
                "has_agents": self._has_agents(),
                "may_invite": self.env["res.users"].has_access("create"),
            },
        )

    @api.model
    def current_help(self):
        """What the list says when it is empty, as of now."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action["help"]

    def _is_untried(self):
        """Whether no customer was ever answered."""
        answered = [("last_outbound", "!=", False)]
        return not self.sudo().search_count(answered, limit=1)

    def _has_agents(self):
        """Whether somebody else sees the tickets of a queue."""
        agents = self.env.ref("ticket_system.group_agent_all").sudo().all_user_ids
        agents |= agents.search([("ticket_queue_ids", "!=", False)])
        system = self.env.ref("base.user_root") | self.env.ref("base.user_admin")
        return bool(agents - system - self.env.user)

    @api.model
    def action_create_departments(self):
        """Queues as most companies have them; to be renamed at will."""
        names = {
            "support": self.env._("Support & Complaints"),
            "accounting": self.env._("Accounting"),
            "sales": self.env._("Sales"),
        }
        queues = self.env["ticket.queue"]
        known = (
            queues.sudo()
            .with_context(active_test=False)
            .search([("code", "in", list(names))])
            .mapped("code")
        )
        queues.create(
            [
                {"name": name, "code": code, "member_ids": self.env.user.ids}
                for code, name in names.items()
                if code not in known
            ]
        )
        return self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_queue_action"
        )
