from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Agents make tickets for queues out of their sight; rules are not updated."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name in ("ticket_ticket_rule_agent", "ticket_ticket_rule_agent_all"):
        if rule := env.ref(f"ticket_system.{name}", raise_if_not_found=False):
            rule.perm_create = False
