from odoo import api, fields, models

OFFERED = 10  # of the customer's other tickets


class TicketMerge(models.TransientModel):
    """Which of several tickets is kept, or which one a single ticket joins."""

    _name = "ticket.merge"
    _description = "Merge Tickets"

    ticket_ids = fields.Many2many("ticket.ticket", required=True, readonly=True)
    is_single = fields.Boolean(compute="_compute_offered_ids")
    offered_ids = fields.Many2many("ticket.ticket", compute="_compute_offered_ids")
    kept_ticket_id = fields.Many2one(
        "ticket.ticket",
        "Keep",
        compute="_compute_kept_ticket_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        required=True,
        help="All that was written is there afterwards, under its number.",
    )
    preview = fields.Text(compute="_compute_preview")
    is_mixed = fields.Boolean("Of Different Customers", compute="_compute_preview")

    @api.constrains("ticket_ids", "kept_ticket_id")
    def _check_readable(self):
        """Odoo tells the name of what a record points to, whoever may read that."""
        wizards = self.sudo(False)
        (wizards.ticket_ids | wizards.kept_ticket_id).check_access("read")

    @api.depends("ticket_ids")
    def _compute_offered_ids(self):
        for wizard in self:
            tickets = wizard.ticket_ids
            wizard.is_single = len(tickets) == 1
            wizard.offered_ids = wizard._likely() if wizard.is_single else tickets

    def _likely(self):
        """What it may be merged into: those related, the customer's open ones."""
        ticket = self.ticket_ids._origin
        others = self.env["ticket.ticket"].search(
            [
                ("id", "!=", ticket.id),
                ("is_closed", "=", False),
                "|",
                "&",
                ("commercial_partner_id", "!=", False),
                ("commercial_partner_id", "=", ticket.commercial_partner_id.id),
                "&",
                ("email_from", "!=", False),
                ("email_from", "=", ticket.email_from),
            ],
            limit=OFFERED,
        )
        offered = ticket.related_ticket_ids | others
        return offered.filtered(lambda other: not other.merged_into_number)

    @api.depends("ticket_ids")
    def _compute_kept_ticket_id(self):
        for wizard in self:
            tickets = wizard.ticket_ids.sorted(lambda t: (t.create_date, t._origin.id))
            wizard.kept_ticket_id = not wizard.is_single and tickets[:1]

    @api.depends("ticket_ids", "kept_ticket_id")
    def _compute_preview(self):
        for wizard in self:
            kept = wizard.kept_ticket_id._origin
            merged = wizard.ticket_ids._origin - kept
            wizard.preview = wizard._tell(merged, kept) if kept and merged else ""
            wizard.is_mixed = bool(kept) and not all(
                ticket._shares_customer(kept) for ticket in merged
            )

    def _tell(self, merged, kept):
        """What is going to happen, a line each."""
        told = [
            self.env._(
                "#%(number)s “%(subject)s” moves its messages to #%(kept)s (%(count)s "
                "sent or received) and is closed.",
                number=ticket.number,
                subject=ticket.name,
                kept=kept.number,
                count=ticket.message_count,
            )
            for ticket in merged
        ]
        status = merged._status_with(kept)
        if status == kept.status_id:
            told.append(
                self.env._(
                    "#%(kept)s keeps its status: %(status)s.",
                    kept=kept.number,
                    status=status.name,
                )
            )
        else:
            told.append(
                self.env._(
                    "#%(kept)s gets the status %(status)s, since a customer waits.",
                    kept=kept.number,
                    status=status.name,
                )
            )
        if not kept.is_private and any(merged.mapped("is_private")):
            told.append(self.env._("#%s becomes private.", kept.number))
        told.append(self.env._("Later mails about any of them go to #%s.", kept.number))
        return "\n".join(told)

    def action_merge(self):
        self.ensure_one()
        kept = self.kept_ticket_id
        self.ticket_ids._merge_into(kept)
        if self.is_single:
            return kept._show_instead()
        return {
            "type": "ir.actions.client",
            "tag": "ticket_system.changed",
            "params": {
                "message": self.env._(
                    "%(count)s tickets are one now: #%(kept)s",
                    count=len(self.ticket_ids | kept),
                    kept=kept.number,
                ),
                "open": kept.get_formview_action(),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
