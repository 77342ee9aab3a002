from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import email_normalize
from odoo.tools.mail import email_split_tuples, formataddr

BATCH = 200
ADDRESSES = (
    "incoming_email_to",
    "incoming_email_cc",
    "outgoing_email_to",
    "outgoing_email_cc",
    "outgoing_email_bcc",
)


class TicketTicket(models.Model):
    """Forgetting: a person at their wish, and everybody when their time has come."""

    _inherit = "ticket.ticket"

    # ------------------------------------------------------------------
    # A person
    # ------------------------------------------------------------------

    @api.model
    def _of_person(self, email):
        """The tickets of who has this address, whether they are a contact or not."""
        contacts = self.env["res.partner"].with_context(active_test=False)
        found = contacts.search([("email_normalized", "=", email_normalize(email))])
        domain = ["|", ("partner_id", "in", found.ids), ("email_from", "=ilike", email)]
        return self.sudo().search(domain)

    @api.model
    def _forget_person(self, email):
        """Anonymise a person's tickets, and what they left on those of others.

        :return: the anonymised tickets
        """
        address = email_normalize(email)
        tickets = self._of_person(address)
        for start in range(0, len(tickets), BATCH):
            tickets[start : start + BATCH]._anonymise()
        self._forget_on_others(address)
        ledger = self.env["ticket.mail"].sudo()
        ledger.search([("email_from", "=ilike", address)])._forget()
        return tickets

    def _anonymise(self):
        """Number, status, queue and dates stay for the figures; who and what go."""
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "in", self.ids)]
        )
        self._forget_copies(messages)
        messages._ticket_erase()
        self.activity_ids.unlink()
        partners = self.message_partner_ids.filtered("partner_share")
        self.message_unsubscribe(partners.ids)
        self.with_context(tracking_disable=True).write(
            {
                "name": self.env._("(erased)"),
                "partner_id": False,
                "email_from": False,
                "email_cc": False,
                "partner_name": False,
                "internal_comment": False,
                "tag_ids": [fields.Command.clear()],
            }
        )

    def _forget_copies(self, messages):
        """What exists of the messages besides themselves."""
        own = [("ticket_id", "in", self.ids)]
        self.env["ticket.mail"].search(own)._forget()
        for model in ("ticket.reply", "ticket.forward"):
            self.env[model].search(own).unlink()
        identifiers = [name for name in messages.mapped("message_id") if name]
        copies = self.env["ticket.sent.copy"]
        copies.search([("message_id", "in", identifiers)]).unlink()
        self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)]).unlink()
        self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()

    def _forget_on_others(self, address):
        """Their mails on others' tickets are emptied, their address is taken out."""
        names = ("email_from", *ADDRESSES)
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self._name),
                    *["|"] * (len(names) - 1),
                    *((name, "ilike", address) for name in names),
                ]
            )
        )
        written = messages.filtered(lambda m: email_normalize(m.email_from) == address)
        written._ticket_erase()
        messages.ticket_mail_ids._drop_originals()
        sent = [("mail_message_id", "in", messages.ids), ("state", "=", "sent")]
        self.env["mail.mail"].sudo().search(sent).unlink()
        _remove(messages - written, ADDRESSES, address)
        _remove(
            self.sudo().search([("email_cc", "ilike", address)]), ["email_cc"], address
        )
        for model in ("ticket.reply", "ticket.forward"):
            drafts = self.env[model].sudo()
            names = ("email_to", "email_cc", "email_bcc")
            domain = ["|", "|", *((name, "ilike", address) for name in names)]
            _remove(drafts.search(domain), names, address)

    # ------------------------------------------------------------------
    # Everybody, after a time
    # ------------------------------------------------------------------

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
        """Delete tickets with all that was written, and their received mails' bytes."""
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "in", self.ids)]
        )
        self._forget_copies(messages)
        self.unlink()


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
        ]

    def action_preview_retention(self):
        """What the next run would erase, before it does."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {"domain": self._expired_domain(), "context": {}}


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _ticket_erase(self):
        """Empty messages; that and when they were written stays."""
        self.attachment_ids.unlink()
        self.tracking_value_ids.unlink()
        outside = self.filtered(lambda m: not m.author_id or m.author_id.partner_share)
        outside.write({"author_id": False, "email_from": False})
        blank = dict.fromkeys(
            ("subject", "ticket_facts", "reply_to", *ADDRESSES), False
        )
        self.write({**blank, "body": self.env._("(erased)")})


def _remove(records, names, address):
    """Take an address out of fields that hold several, separated by commas."""
    for record in records:
        record.write(
            {
                name: ", ".join(
                    formataddr(found)
                    for found in email_split_tuples(record[name] or "")
                    if email_normalize(found[1]) != address
                )
                for name in names
            }
        )
