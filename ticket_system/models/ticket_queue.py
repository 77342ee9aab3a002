import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import remove_accents

from ..mailflow.outgoing import unknown_placeholders


class TicketQueue(models.Model):
    _name = "ticket.queue"
    _description = "Ticket Queue"
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        copy=False,
        compute="_compute_code",
        store=True,
        precompute=True,
        readonly=False,
        help="A short name, of the letters a to z and digits, by which imports "
        "find the queue. Filled in from its name.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one("res.company")

    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        domain=lambda self: self.env["res.users"]._ticket_agents(),
        check_company=True,
        help="New tickets of this queue go to this person. Left empty, the queue is a "
        "department whose members take the tickets themselves.",
    )
    member_ids = fields.Many2many(
        "res.users",
        "ticket_queue_member_rel",
        "queue_id",
        "user_id",
        "Members",
        domain=lambda self: self.env["res.users"]._ticket_agents(),
        check_company=True,
        compute="_compute_member_ids",
        store=True,
        readonly=False,
        help="They see the tickets of this queue and can take them. Users who have a "
        "right for tickets are offered.",
    )
    project_ids = fields.Many2many(
        "project.project",
        "ticket_queue_project_rel",
        "queue_id",
        "project_id",
        "Projects",
        help="Offer this queue on tickets of these projects. Empty: on all.",
    )

    reply_status_id = fields.Many2one(
        "ticket.status",
        "Status After Sending",
        help="What the answer dialog offers; it can be changed there. Empty: what the "
        "agent chose last.",
    )
    signature = fields.Html(help="Put below each answer. Empty: that of the account.")
    unknown_placeholders = fields.Char(compute="_compute_unknown_placeholders")

    new_count = fields.Integer("New", compute="_compute_counts")
    open_count = fields.Integer("Open", compute="_compute_counts")
    unassigned_count = fields.Integer("Unassigned", compute="_compute_counts")
    waiting_count = fields.Integer("Waiting for Us", compute="_compute_counts")
    oldest_waiting = fields.Datetime("Waiting Since", compute="_compute_counts")

    _code_uniq = models.Constraint(
        "unique(code)", "There is already a queue with this code."
    )

    @api.depends("name")
    def _compute_code(self):
        for queue in self:
            letters = re.sub(r"[^0-9A-Za-z]", "", remove_accents(queue.name or ""))
            queue.code = queue.code or letters.lower()

    @api.depends("user_id")
    def _compute_member_ids(self):
        for queue in self:
            queue.member_ids |= queue.user_id

    @api.depends("signature")
    def _compute_unknown_placeholders(self):
        for queue in self:
            queue.unknown_placeholders = unknown_placeholders(queue.signature)

    @api.depends_context("uid")
    def _compute_counts(self):
        groups = self.env["ticket.ticket"]._read_group(
            [("queue_id", "in", self.ids), ("is_closed", "=", False)],
            ["queue_id", "status_id", "user_id"],
            ["__count", "waiting_since:count", "waiting_since:min"],
        )
        self.new_count = self.open_count = 0
        self.unassigned_count = self.waiting_count = 0
        self.oldest_waiting = False
        for queue, status, user, count, waiting, oldest in groups:
            queue = queue.with_env(self.env)
            queue.open_count += count
            queue.new_count += count if status.category == "new" else 0
            queue.unassigned_count += 0 if user else count
            queue.waiting_count += waiting
            if oldest and (not queue.oldest_waiting or oldest < queue.oldest_waiting):
                queue.oldest_waiting = oldest

    @api.onchange("name")
    def _onchange_name(self):
        same = self.search([("name", "=", self.name), ("id", "!=", self._origin.id)])
        if not (self.name and same):
            return None
        return {
            "warning": {
                "title": self.env._("Same name"),
                "message": self.env._(
                    "There is a queue “%(name)s” already (code %(code)s): where a "
                    "queue is chosen, nobody could tell them apart.",
                    name=self.name,
                    code=same[0].code,
                ),
            }
        }

    @api.constrains("code")
    def _check_code(self):
        for queue in self:
            if not (queue.code.isascii() and queue.code.isalnum()):
                raise ValidationError(
                    self.env._(
                        "The code “%(code)s” may hold only the letters a to z and "
                        "digits, without spaces.",
                        code=queue.code,
                    )
                )

    def _check_company_of(self, project):
        """Who works for one of two companies would see half of their tickets."""
        if len(self.company_id | project.company_id) > 1:
            raise ValidationError(
                self.env._(
                    "The queue “%(queue)s” is of %(company)s, the project "
                    "“%(project)s” of %(other)s: choose two of the same company.",
                    queue=self.name,
                    company=self.company_id.name,
                    project=project.name,
                    other=project.company_id.name,
                )
            )

    @api.constrains("company_id")
    def _check_company_of_sources(self):
        self._check_sources("queue_id", self)

    @api.model
    def _check_sources(self, name, records):
        """Of the accounts and rules that make tickets with one of `records`.

        :param name: the ticket's field, `queue_id` or `project_id`
        """
        everything = self.sudo().with_context(active_test=False).env
        accounts = [(f"ticket_{name}", "in", records.ids)]
        everything["fetchmail.server"].search(accounts)._check_ticket_company()
        rules = [(name, "in", records.ids)]
        everything["ticket.rule"].search(rules)._check_same_company()

    @api.constrains("active")
    def _check_unused(self):
        for queue in self.filtered(lambda queue: not queue.active):
            queue._refuse_if_used()

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        for queue in self:
            queue._refuse_if_used()

    def _refuse_if_used(self):
        """Tell what would go on to fill a queue that is out of sight."""
        mine = Domain("queue_id", "=", self.id)
        accounts = self.env["fetchmail.server"].sudo()
        accounts = accounts.search([("ticket_queue_id", "=", self.id)])
        rules = self.env["ticket.rule"].sudo().search(mine)
        users = [
            self.env._("e-mail account “%s”", account.name) for account in accounts
        ]
        users += [self.env._("rule “%s”", rule.name) for rule in rules]
        is_open = Domain("is_closed", "=", False)
        if count := self.env["ticket.ticket"].sudo().search_count(mine & is_open):
            users.append(self.env._("open tickets: %s", count))
        if users:
            raise ValidationError(
                self.env._(
                    "The queue “%(name)s” is in use. Choose another one first for:\n"
                    "%(users)s",
                    name=self.name,
                    users="\n".join(f"• {user}" for user in users),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        queues = super().create(vals_list)
        self._forget_memberships()
        return queues

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "member_ids", "active"} & vals.keys():
            self._forget_memberships()
        return result

    def _forget_memberships(self):
        """Record rules name the user's queues; the evaluated rules are cached."""
        self.env.flush_all()
        self.env.registry.clear_cache()

    def action_open_tickets(self):
        """The open tickets of the queue; `ticket_filter` names a further filter."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        action["display_name"] = self.name
        action["context"] = {
            "search_default_open": 1,
            "search_default_queue_id": self.id,
            "default_queue_id": self.id,
        }
        if ticket_filter := self.env.context.get("ticket_filter"):
            action["context"][f"search_default_{ticket_filter}"] = 1
        return action
