from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..mailflow import outgoing, rules
from .ticket_ticket import PRIORITIES

TEST_LIMIT = 500
ACTIONS = (
    "is_spam",
    "ignore",
    "no_autoresponse",
    "status_id",
    "queue_id",
    "project_id",
    "user_id",
    "partner_id",
    "tag_ids",
    "priority",
    "is_private",
    "is_gdpr",
    "stop",
)


class TicketRule(models.Model):
    """What to do by itself with certain incoming mails."""

    _name = "ticket.rule"
    _description = "Ticket Rule"
    _order = "sequence, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    stop = fields.Boolean(
        "Stop Here", help="Rules below this one are not applied to the mail any more."
    )

    last_error = fields.Char(readonly=True, copy=False)

    # conditions: all that are filled in must be met
    use_regex = fields.Boolean("Regular Expressions")
    recipient = fields.Char()
    sender = fields.Char("Sender Address")
    sender_name = fields.Char()
    subject = fields.Char()
    body = fields.Char("Text")
    header = fields.Char("Header Line", help="For example: X-Priority: 1")
    attachment = fields.Char("Attachment Name")

    # actions
    is_spam = fields.Boolean("Spam", help="Straight to the trash.")
    ignore = fields.Boolean("Make No Ticket", help="The mail stays in the ledger.")
    no_autoresponse = fields.Boolean("No Automatic Answer")
    status_id = fields.Many2one("ticket.status")
    queue_id = fields.Many2one("ticket.queue")
    project_id = fields.Many2one("project.project")
    user_id = fields.Many2one(
        "res.users", "Agent", domain=lambda self: self.env["res.users"]._ticket_agents()
    )
    partner_id = fields.Many2one("res.partner", "Customer")
    tag_ids = fields.Many2many("ticket.tag", string="Tags")
    priority = fields.Selection(PRIORITIES)
    is_private = fields.Boolean("Private")
    is_gdpr = fields.Boolean("GDPR")

    @api.constrains("name", "use_regex", *rules.Part)
    def _check_conditions(self):
        for rule in self:
            conditions = rule._conditions()
            if not conditions:
                raise ValidationError(
                    self.env._(
                        "A rule needs at least one condition: fill in something under "
                        "“If a mail has”."
                    )
                )
            for condition in conditions:
                try:
                    rules.check(condition)
                except rules.RuleError as error:
                    raise ValidationError(error.translated(self.env._)) from error

    @api.constrains("queue_id", "project_id")
    def _check_same_company(self):
        for rule in self:
            rule.queue_id._check_company_of(rule.project_id)

    @api.constrains("name", *ACTIONS)
    def _check_actions(self):
        for rule in self:
            if not any(rule[name] for name in ACTIONS):
                raise ValidationError(
                    self.env._("A rule needs something to do: choose it under “Then”.")
                )

    def write(self, vals):
        if not vals.keys().isdisjoint({"use_regex", *rules.Part}):
            vals = {**vals, "last_error": False}
        return super().write(vals)

    def _conditions(self):
        return [
            rules.Condition(part, self[part], self.use_regex)
            for part in rules.Part
            if self[part]
        ]

    def _matching(self, message):
        """The rules that apply to a mailflow IncomingMessage, in order.

        A rule that takes too long is left out, and says so on its form.
        """
        matching = self.browse()
        for rule in self:
            try:
                is_met = rules.matches(message, rule._conditions())
            except rules.RuleError as error:
                rule.last_error = error.translated(self.env._)
                continue
            if is_met:
                matching += rule
                if rule.stop:
                    break
        return matching

    def _ticket_values(self):
        """What these rules, applied in order, write on a new ticket.

        In a queue without a responsible it is nobody's, unless an agent was named
        before; a private one, else unseen, stays whose it would be.
        """
        values, is_named = {}, False
        for rule in self:
            responsible = rule.queue_id.user_id
            if responsible or (rule.queue_id and not is_named):
                values["user_id"] = responsible.id
            is_named = bool(rule.user_id) or (is_named and not responsible)
            for name in (
                "status_id",
                "queue_id",
                "project_id",
                "user_id",
                "partner_id",
            ):
                if rule[name]:
                    values[name] = rule[name].id
            if rule.is_spam:
                values["status_id"] = self.env["ticket.status"]._by_code("trash").id
            if rule.priority:
                values["priority"] = rule.priority
            for name in ("is_private", "is_gdpr"):
                if rule[name]:
                    values[name] = True
        if values.get("is_private") and not values.get("user_id"):
            values.pop("user_id", None)
        if self.tag_ids:
            values["tag_ids"] = [fields.Command.set(self.tag_ids.ids)]
        return values

    def action_test(self):
        """Show what this rule would have caught among the last mails."""
        self.ensure_one()
        lines = self.env["ticket.mail"].search(
            [("raw_attachment_id", "!=", False)], limit=TEST_LIMIT
        )
        try:
            caught = lines.filtered(
                lambda line: rules.matches(line._parsed(), self._conditions())
            )
        except rules.RuleError as error:
            raise UserError(error.translated(self.env._)) from error
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "Caught %(caught)s of the last %(count)s mails",
                caught=len(caught),
                count=len(lines),
            ),
            "res_model": "ticket.mail",
            "view_mode": "list,kanban,form",
            "domain": [("id", "in", caught.ids)],
            "context": {"is_preview": True},
        }


class TicketTicket(models.Model):
    _inherit = "ticket.ticket"

    def action_make_rule(self):
        """A new rule for mails like this ticket's (R63), still to be saved: of the same
        sender, or else with the same subject, which rarely comes again as it is."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Rule"),
            "res_model": "ticket.rule",
            "view_mode": "form",
            "target": "current",
            "context": {
                "default_name": self.env._("Like ticket %s", self.number),
                "default_sender": self.email_from,
                "default_subject": not self.email_from
                and outgoing.bare_subject(self.name),
                "default_queue_id": self.queue_id.id,
                "default_project_id": self.project_id.id,
            },
        }
