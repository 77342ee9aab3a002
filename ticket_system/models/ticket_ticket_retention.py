from datetime import timedelta

from odoo import api, fields, models

BATCH = 200


class TicketTicket(models.Model):
    """Forgetting everybody when their time has come."""

    _inherit = "ticket.ticket"

    @api.model
    def _cron_retention(self):
        """Erase tickets whose status sets a limit, and originals, a batch at a time."""
        mails = self.env["ticket.mail"]
        jobs = [(mails, mails._expired_domain(), "_drop_originals")]
        for status in self.env["ticket.status"].search([("retention_days", ">", 0)]):
            jobs.append((self, status._expired_domain(), "_erase"))
        for model, domain, erase in jobs:
            while records := model.search(domain, limit=BATCH):
                getattr(records, erase)()
                if not self.env["ir.cron"]._commit_progress(len(records), remaining=1):
                    return
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _erase(self):
        """Delete tickets with all that was written, and their received mails' bytes;
        what was merged into them goes as well."""
        tickets = self | self.merged_ticket_ids
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "in", tickets.ids)]
        )
        tickets._forget_copies(messages)
        tickets.unlink()


class TicketStatus(models.Model):
    _inherit = "ticket.status"

    retention_days = fields.Integer(
        "Erase After (Days)",
        help="Tickets in this status are deleted so many days after the last message, "
        "with their messages, files and received mails. 0: never.",
    )
    expired_count = fields.Integer("Would Be Erased Now", compute="_compute_expired")

    _retention_positive = models.Constraint(
        "CHECK (retention_days >= 0)",
        "The days until a ticket is erased are not negative.",
    )

    @api.depends("retention_days")
    def _compute_expired(self):
        for status in self:
            status.expired_count = status.retention_days > 0 and self.env[
                "ticket.ticket"
            ].search_count(status._expired_domain())

    def _expired_domain(self):
        self.ensure_one()
        limit = fields.Datetime.now() - timedelta(days=self.retention_days)
        return [
            ("status_id", "=", self._origin.id or self.id),
            ("last_message", "<", limit),
            ("merged_into_id", "=", False),
        ]

    def action_preview_retention(self):
        """What the next run would erase, before it does."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {"domain": self._expired_domain(), "context": {}}
