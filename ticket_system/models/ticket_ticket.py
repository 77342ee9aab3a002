import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..mailflow import number
from .address import Address
from .ticket_status import CLOSED_CATEGORIES, RESTING

SHOWN_NUMBER = re.compile(r"^#(\d+).*")
PRIORITIES = [("0", "Normal"), ("1", "Priority")]


class TicketTicket(models.Model):
    _name = "ticket.ticket"
    _description = "Ticket"
    _inherit = [
        "portal.mixin",
        "mail.thread.cc",
        "mail.activity.mixin",
        "rating.mixin",
        "mail.tracking.duration.mixin",
    ]
    _order = "priority desc, last_message desc, id desc"
    _rec_names_search = ["number", "name"]
    _primary_email = "email_from"
    _track_duration_field = "status_id"
    _systray_view = "list"

    # what it is about
    number = fields.Char(
        "Ticket Number", required=True, readonly=True, copy=False, index="trigram"
    )
    name = fields.Char("Subject", required=True, tracking=True, index="trigram")
    tag_ids = fields.Many2many("ticket.tag", string="Tags")
    priority = fields.Selection(
        PRIORITIES, default="0", required=True, tracking=True, index=True
    )
    internal_comment = fields.Text(help="Never shown to the customer.")
    related_ticket_ids = fields.Many2many(
        "ticket.ticket",
        "ticket_related_rel",
        "ticket_id",
        "related_id",
        "Related Tickets",
        copy=False,
    )

    # who wrote
    partner_id = fields.Many2one(
        "res.partner", "Customer", tracking=True, index="btree_not_null"
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        related="partner_id.commercial_partner_id",
        store=True,
        index="btree_not_null",
    )
    email_from = Address(
        "Sender Address",
        compute="_compute_email_from",
        store=True,
        readonly=False,
        index="trigram",
    )
    partner_name = fields.Char(
        "Sender Name",
        compute="_compute_partner_name",
        store=True,
        readonly=False,
        index="trigram",
    )

    # who works on it
    queue_id = fields.Many2one(
        "ticket.queue",
        domain="[('project_ids', 'in', [False, project_id])]",
        tracking=True,
        index=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        domain=lambda self: self.env["res.users"]._ticket_agents(),
        check_company=True,
        tracking=True,
        index="btree_not_null",
        copy=False,
    )
    project_id = fields.Many2one(
        "project.project", tracking=True, index="btree_not_null"
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, readonly=False
    )
    account_id = fields.Many2one(
        "fetchmail.server",
        "E-mail Account",
        compute="_compute_account_id",
        store=True,
        copy=False,
    )
    account_address = fields.Char(
        "Source", related="account_id.ticket_address", related_sudo=True
    )

    # where it stands
    status_id = fields.Many2one(
        "ticket.status",
        required=True,
        tracking=True,
        index=True,
        copy=False,
        ondelete="restrict",
        default=lambda self: self.env["ticket.status"]._by_code("new"),
        group_expand="_read_group_expand_full",
    )
    status_category = fields.Selection(related="status_id.category")
    status_color = fields.Integer(related="status_id.color", aggregator=None)
    is_closed = fields.Boolean(compute="_compute_is_closed", store=True)
    is_private = fields.Boolean(
        "Private",
        tracking=True,
        help="Seen only by the agent, the queue's responsible and administrators.",
    )
    is_gdpr = fields.Boolean("GDPR", tracking=True)
    is_unread = fields.Boolean("Unread", copy=False)

    # when
    last_inbound = fields.Datetime("Last Customer Message", readonly=True, copy=False)
    last_outbound = fields.Datetime("Last Answer", readonly=True, copy=False)
    last_message = fields.Datetime(
        readonly=True, copy=False, default=fields.Datetime.now
    )
    waiting_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since when the customer waits for us; empty while they do not.",
    )
    first_response = fields.Datetime(readonly=True, copy=False)
    delivery_failed = fields.Boolean(readonly=True, copy=False)
    closed_on = fields.Datetime(readonly=True, copy=False)

    _number_uniq = models.Constraint(
        "unique(number)", "This ticket number exists already."
    )
    _waiting_idx = models.Index("(waiting_since, id) WHERE waiting_since IS NOT NULL")
    _order_idx = models.Index("(priority desc, last_message desc, id desc)")
    _open_idx = models.Index(
        "(priority desc, last_message desc, id desc) WHERE is_closed IS NOT TRUE"
    )

    def init(self):
        self.env.cr.execute(
            SQL(
                "CREATE SEQUENCE IF NOT EXISTS ticket_number "
                "OWNED BY ticket_ticket.number"
            )
        )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("number", "name")
    def _compute_display_name(self):
        for ticket in self:
            number = f"#{ticket.number} " if ticket.number else ""
            ticket.display_name = f"{number}{ticket.name or ''}".strip()

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for ticket in self:
            ticket.access_url = f"/odoo/tickets/{ticket.id}"
        return result

    @api.depends("partner_id")
    def _compute_email_from(self):
        for ticket in self:
            ticket.email_from = ticket.email_from or ticket.partner_id.email

    @api.depends("partner_id", "email_from")
    def _compute_partner_name(self):
        """Who has no name is called by the address until there is one."""
        for ticket in self:
            name = ticket.partner_name or ""
            known = "" if "@" in name else name
            ticket.partner_name = known or ticket.partner_id.name or ticket.email_from

    @api.depends("queue_id", "project_id")
    def _compute_company_id(self):
        for ticket in self:
            ticket.company_id = (
                ticket.queue_id.company_id
                or ticket.project_id.company_id
                or ticket.company_id
            )

    @api.depends("queue_id", "project_id")
    def _compute_account_id(self):
        """Until anybody wrote, a ticket speaks for its queue's or project's account,
        or else for the first one, so that answers come back."""
        silent = self.filtered(lambda t: not (t.last_inbound or t.last_outbound))
        if not silent:
            return
        accounts = self.env["fetchmail.server"].search(
            [("use_ticket_system", "=", True)], order="priority, id"
        )
        for ticket in silent:
            ticket.account_id = ticket._best_account(accounts)

    def _best_account(self, accounts):
        """Of the queue, else of the project, else of the user's own queues, else the
        first; of the same company."""
        company = self.company_id or self.env.company
        allowed = accounts.filtered(
            lambda account: account._ticket_company() in (company, company.browse())
        )
        return allowed.sorted(
            lambda account: (
                not self.queue_id or account.ticket_queue_id != self.queue_id,
                not self.project_id or account.ticket_project_id != self.project_id,
                account.ticket_queue_id not in self.env.user.ticket_queue_ids,
            )
        )[:1]

    @api.depends("status_id.category")
    def _compute_is_closed(self):
        for ticket in self:
            ticket.is_closed = ticket.status_id.category in CLOSED_CATEGORIES

    @api.model
    def _search_display_name(self, operator, value):
        """Found by what is shown, too: `#` and the number, then the subject."""
        if isinstance(value, str):
            value = SHOWN_NUMBER.sub(r"\1", value.strip())
        return super()._search_display_name(operator, value)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        numbers = self._next_numbers(len(vals_list))
        for vals, new_number in zip(vals_list, numbers, strict=True):
            self._refuse_number(vals)
            vals.setdefault("number", new_number)
        return super().create(vals_list)

    def _refuse_number(self, vals):
        """Numbers are given by us: else one could be told by trying (threat 27)."""
        if "number" in vals and not self.env.su:
            raise AccessError(self.env._("Ticket numbers are given by the system."))

    def write(self, vals):
        self._refuse_number(vals)
        if vals.get("is_private") and not vals.get("user_id") and not self.env.su:
            vals = self._take_before_hiding(vals)
        if not vals.get("user_id", True) and not self.env.su:
            self._refuse_to_lose(vals)
        if "status_id" not in vals:
            return super().write(vals)
        status = self.env["ticket.status"].browse(vals["status_id"])
        is_closing = status.category in CLOSED_CATEGORIES
        vals = {**vals, "closed_on": fields.Datetime.now() if is_closing else False}
        if status.category in RESTING:
            return super().write({**vals, "waiting_since": False})
        result = super().write(vals)
        for ticket in self:
            if not ticket.waiting_since and ticket._is_unanswered():
                ticket.waiting_since = ticket.last_inbound
        return result

    def _take_before_hiding(self, vals):
        """Who makes a ticket private that nobody has taken, takes it: they alone would
        know of it, and could not see it any more."""
        free = self if "user_id" in vals else self.filtered(lambda t: not t.user_id)
        free.user_id = self.env.user
        return {name: value for name, value in vals.items() if name != "user_id"}

    def _refuse_to_lose(self, vals):
        """Nobody would see a private ticket that has neither agent nor responsible."""
        private = self.filtered("is_private")
        if "queue_id" in vals:
            queue = self.env["ticket.queue"].browse(vals["queue_id"])
            lost = self.browse() if queue.user_id else private
        else:
            lost = private.filtered(lambda t: t.user_id and not t.queue_id.user_id)
        if lost and vals.get("is_private", True):
            raise UserError(
                self.env._(
                    "Nobody would see a private ticket without an agent: choose "
                    "another one, or remove “Private” first (%s).",
                    ", ".join(lost.mapped("display_name")),
                )
            )

    def _is_unanswered(self):
        return bool(self.last_inbound) and (
            not self.last_outbound or self.last_inbound > self.last_outbound
        )

    @api.model
    def _next_numbers(self, count):
        """`count` new ticket numbers, unique without locking anything."""
        counters = self.env.execute_query(
            SQL("SELECT nextval('ticket_number') FROM generate_series(1, %s)", count)
        )
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        today = fields.Date.context_today(self._at_office())
        return [number.make(today, n, secret.encode()) for [n] in counters]

    def _at_office(self):
        """In the time zone of who makes the ticket's company: their numbers of one
        day begin alike, wherever they are."""
        return self.with_context(tz=self.env.company.resource_calendar_id.tz)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_next(self):
        """Open the waiting ticket that follows in the user's queues, in its place."""
        waiting = self._next_waiting()
        if not waiting:
            raise UserError(self.env._("Nobody else waits. Well done!"))
        return waiting._show_instead()

    def _next_waiting(self):
        """Who waits longest after this ticket, priority first; after the last, the
        first again."""
        waiting = Domain("waiting_since", "!=", False)
        waiting &= Domain("user_id", "in", (False, self.env.uid))
        waiting &= Domain("id", "not in", self.ids)
        order = {"order": "priority desc, waiting_since, id", "limit": 1}
        return self.search(waiting & self._later(), **order) or self.search(
            waiting, **order
        )

    def _later(self):
        """What comes after this ticket where they wait; it may wait no more itself."""
        since = self.waiting_since or self.last_inbound
        if not since:
            return Domain.TRUE
        later = Domain("waiting_since", ">", since) | (
            Domain("waiting_since", "=", since) & Domain("id", ">", self.id)
        )
        same = Domain("priority", "=", self.priority) & later
        return same | Domain("priority", "<", self.priority)

    # ------------------------------------------------------------------
    # Housekeeping
    # ------------------------------------------------------------------

    @api.model
    def _cron_close_unanswered(self):
        """Close what has waited for the customer too long (R41); off at 0 days."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        days = int(get_param("ticket_system.close_after_days", 0))
        if days <= 0:
            return
        self.search(
            [
                ("status_id.category", "=", "waiting_customer"),
                ("last_message", "<", fields.Datetime.now() - timedelta(days=days)),
            ]
        ).status_id = self.env["ticket.status"]._by_code("closed")
