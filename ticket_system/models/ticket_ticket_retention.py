from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from .ticket_status import CLOSED_CATEGORIES

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
        "with their messages, files and received mails. 0: never. Those of a status "
        "that is not closed are deleted although they may be unanswered.",
    )

    _retention_positive = models.Constraint(
        "CHECK (retention_days >= 0)",
        "The days until a ticket is erased must not be negative.",
    )

    def _expired_domain(self, days=None):
        """Tickets in this status for so many days, by default its own."""
        self.ensure_one()
        days = self.retention_days if days is None else days
        if days <= 0:
            return [(0, "=", 1)]
        limit = fields.Datetime.now() - timedelta(days=days)
        return [
            ("status_id", "=", self.id),
            ("last_message", "<", limit),
            ("merged_into_id", "=", False),
        ]

    def preview_expired(self, days):
        """A list of what the next run would erase after so many days."""
        action = _preview(
            self.env, "ticket_system.ticket_ticket_action", self._expired_domain(days)
        )
        if self.category not in CLOSED_CATEGORIES:
            action["name"] = self.env._(
                "Would Be Removed Now, Though Not Closed and Perhaps Unanswered"
            )
        return action


class TicketMail(models.Model):
    _inherit = "ticket.mail"

    @api.model
    def _expired_domain(self, days=None):
        """Lines whose original bytes are kept no longer; never those in quarantine."""
        if days is None:
            get_param = self.env["ir.config_parameter"].sudo().get_param
            days = int(get_param("ticket_system.ledger_days", 0))
        if days <= 0:
            return [(0, "=", 1)]
        return [
            ("state", "!=", "quarantined"),
            ("raw_attachment_id", "!=", False),
            ("create_date", "<", fields.Datetime.now() - timedelta(days=days)),
        ]

    def preview_expired(self, days):
        """A list of the mails whose originals the next run would remove."""
        return _preview(
            self.env, "ticket_system.ticket_mail_action", self._expired_domain(days)
        )


def _preview(env, action, domain):
    """In a dialog, so that what is typed beneath it stays as it is."""
    return env["ir.actions.actions"]._for_xml_id(action) | {
        "name": env._("Would Be Removed Now"),
        "domain": domain,
        "context": {"create": False, "is_preview": True, "dialog_size": "extra-large"},
        "views": [(False, "list")],
        "target": "new",
        "help": Markup("<p>%s</p>") % env._("Nothing would be removed."),
    }
