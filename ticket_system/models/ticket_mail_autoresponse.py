from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import html_sanitize

from ..mailflow import outgoing
from ..mailflow.route import RouteKind
from ..mailflow.screen import OUR_MARK, Action

ANSWER_LIMIT = 200  # of one account, in an hour
OLDEST_ANSWERED = timedelta(days=3)
HEADERS = {
    "Auto-Submitted": "auto-replied",
    "X-Auto-Response-Suppress": "All",
    OUR_MARK: "autoresponse",
}


class TicketMail(models.Model):
    """Answer new tickets by themselves (RFC 3834): R19, R20."""

    _inherit = "ticket.mail"

    def _autorespond(self, plans):
        """Queue the automatic answers; they leave after the commit."""
        due = [plan for plan in plans if plan.line._is_answered_by_itself(plan)]
        answered = self._answered_today(due)
        room = self._room_for_answers(due)
        for plan in due:
            sender, account = plan.message.sender.email, plan.line.server_id
            if account.autoresponder_once_per_day and (account, sender) in answered:
                continue
            if room[account] <= 0:
                account._ticket_tell_flood()
                continue
            room[account] -= 1
            answered.add((account, sender))
            self._post_autoresponse(account, plan.ticket, sender)
            plan.line.is_autoresponded = True
        if due:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _tell_of_storms(self, plans):
        """Tell the administrators once an hour whom nothing answers any more."""
        stormy = {
            plan.message.sender.email: plan.line
            for plan in plans
            if plan.verdict.reason == "storm"
        }
        if not stormy:
            return
        told = self.search(
            [
                ("email_from", "in", list(stormy)),
                ("server_id", "in", self.server_id.ids),
                ("reason", "=", "storm"),
                ("create_date", ">", fields.Datetime.now() - timedelta(hours=1)),
            ]
        )
        for sender, line in stormy.items():
            if sender not in told.mapped("email_from"):
                line.server_id._ticket_warn_administrators(
                    self.env._("Mail storm from %s", sender),
                    self.env._(
                        "Tickets are still made of these mails, but for an hour none "
                        "is answered automatically."
                    ),
                )

    def _is_answered_by_itself(self, plan):
        account = self.server_id
        return (
            account.autoresponder_active
            and not self._is_old()
            and plan.verdict.action == Action.KEEP
            and plan.route.kind != RouteKind.REPLY
            and not plan.is_internal
            and not plan.ticket.is_closed
            and not any(plan.rules.mapped("no_autoresponse"))
        )

    def _is_old(self):
        """Whether it lay in the mailbox before, as in that of a new account."""
        return self.date and self.date < fields.Datetime.now() - OLDEST_ANSWERED

    def _answered_today(self, plans):
        """{(account, sender)} of those who got an answer in the last 24 hours."""
        if not plans:
            return set()
        lines = self.search(
            [
                ("email_from", "in", [plan.message.sender.email for plan in plans]),
                ("is_autoresponded", "=", True),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
            ]
        )
        return {(line.server_id, line.email_from) for line in lines}

    def _room_for_answers(self, plans):
        """{account: how many automatic answers may still leave within this hour}"""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        limit = int(get_param("ticket_system.answer_limit", ANSWER_LIMIT))
        accounts = self.server_id.union(*(plan.line.server_id for plan in plans))
        counts = self._read_group(
            [
                ("server_id", "in", accounts.ids),
                ("is_autoresponded", "=", True),
                ("create_date", ">", fields.Datetime.now() - timedelta(hours=1)),
            ],
            ["server_id"],
            ["__count"],
        )
        found = dict(counts) if plans else {}
        return {account: limit - found.get(account, 0) for account in accounts}

    def _post_autoresponse(self, account, ticket, recipient):
        subject, body = _filled(ticket, *account._autoresponse_texts())
        ticket.with_context(lang=_language(ticket)).message_post(
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
            subject=subject,
            body=body,
            author_id=self.env.ref("base.partner_root").id,
            email_from=account._ticket_sender(),
            mail_server_id=account.ticket_mail_server_id.id,
            outgoing_email_to=recipient,
            notify_skip_followers=True,
            email_layout_xmlid="ticket_system.mail_layout_reply",
            email_add_signature=False,
            mail_headers=dict(HEADERS),
            force_send=False,
        )


class FetchmailServer(models.Model):
    _inherit = "fetchmail.server"

    def preview_autoresponse(self, subject, body):
        """How an automatic answer with these texts looks, to the last ticket of the
        account, or else to one made up.

        :return: {"subject", "body"}
        """
        self.check_access("write")
        account = self.new(
            {
                "autoresponder_subject": subject,
                "autoresponder_body": html_sanitize(body),
            }
        )
        own = [("account_id", "in", self.ids)] if self else []
        ticket = self.env["ticket.ticket"].search(own, order="id desc", limit=1)
        texts = _filled(ticket or self._sample_ticket(), *account._autoresponse_texts())
        return dict(zip(("subject", "body"), texts, strict=True))

    def _sample_ticket(self):
        """A ticket as the account makes them, not stored."""
        return self.env["ticket.ticket"].new(
            {
                "number": f"{fields.Datetime.now():%Y%m%d%H%M%S}",
                "name": self.env._("Where is my order?"),
                "partner_name": self.env._("Erica Example"),
                "queue_id": self[:1].ticket_queue_id.id,
                "project_id": self[:1].ticket_project_id.id,
                "status_id": self.env["ticket.status"]._by_code("new").id,
            }
        )


def _filled(ticket, subject, body):
    """Subject and HTML with the ticket's values put in; its agent, not who runs it."""
    values = ticket.with_context(lang=_language(ticket))._placeholders()
    values |= {"AGENT": ticket.user_id.sudo().name or ""}
    subject = outgoing.placeholders(subject, values)
    body = outgoing.placeholders(str(body), values, is_html=True)
    return outgoing.subject(subject, ticket.number), Markup(body)


def _language(ticket):
    """The customer's language if we know it, else that of our company."""
    company = ticket.company_id or ticket.env.company
    return ticket.partner_id.lang or company.partner_id.lang
