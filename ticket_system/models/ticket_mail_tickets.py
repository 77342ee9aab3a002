from markupsafe import Markup

from odoo import fields, models

from ..mailflow import content, outgoing, text_html
from ..mailflow.route import RouteKind
from .ticket_mail_intake import Plan
from .ticket_status import CLOSED_CATEGORIES

HOSTS = 20  # named of those that external content would have come from


class TicketMail(models.Model):
    """Write what was decided: tickets, attachments and messages, a batch at a time."""

    _inherit = "ticket.mail"

    def _create_tickets(self, plans):
        new = [plan for plan in plans if plan.route.kind != RouteKind.REPLY]
        tickets = self._quietly("ticket.ticket").create(
            [self._ticket_values(plan) for plan in new]
        )
        for plan, ticket in zip(new, tickets, strict=True):
            plan.ticket = ticket
        for plan in plans:
            target = plan.route.ticket
            target = target.ticket if isinstance(target, Plan) else target
            if plan.route.kind == RouteKind.REPLY:
                plan.ticket = target
            elif plan.route.kind == RouteKind.RELATED and target:
                plan.ticket.related_ticket_ids = target
                target.related_ticket_ids |= plan.ticket

    def _ticket_values(self, plan):
        account, message, customer = plan.line.server_id, plan.message, plan.customer
        code = "closed" if account.ticket_close_on_import else "new"
        statuses, arrived = self.env["ticket.status"], arrival_of(plan)
        partner = plan.partner
        values = {
            "name": outgoing.without_marks(message.subject)
            or message.subject
            or account._no_subject(),
            "email_from": customer.email,
            "partner_name": customer.name or partner.name or customer.email,
            "partner_id": partner.id,
            "account_id": account.id,
            "status_id": statuses._by_code(code).id,
            "is_unread": True,
            "last_inbound": arrived,
            "last_message": arrived,
            "waiting_since": arrived,
            **plan.place,
        }
        if statuses.browse(values["status_id"]).category in CLOSED_CATEGORIES:
            values |= {"closed_on": fields.Datetime.now(), "waiting_since": False}
        return values

    def _create_messages(self, plans):
        for plan, attachments in zip(
            plans, self._create_attachments(plans), strict=True
        ):
            plan.values = self._message_values(plan, attachments)
        model = self._quietly("mail.message")
        with model._with_safe_bodies(plan.values["body"] for plan in plans):
            messages = model.create([dict(plan.values) for plan in plans])
        for plan, message in zip(plans, messages, strict=True):
            plan.line.mail_message_id = message
        self._notify_followers(plans)

    def _create_attachments(self, plans):
        """For each plan its ir.attachment records, in the mail's order."""
        records = (
            self.env["ir.attachment"]
            .with_context(attachments_mime_plainxml=True, image_no_postprocess=True)
            .create(
                [
                    {
                        "name": attachment.filename,
                        "raw": attachment.content,
                        "mimetype": attachment.mimetype,
                        "res_model": "ticket.ticket",
                        "res_id": plan.ticket.id,
                    }
                    for plan in plans
                    for attachment in plan.message.attachments
                ]
            )
        )
        result, start = [], 0
        for plan in plans:
            end = start + len(plan.message.attachments)
            result.append(records[start:end])
            start = end
        return result

    def _message_values(self, plan, attachments):
        message = plan.message
        inline = {
            part.content_id: f"/web/image/{attachment.id}"
            for part, attachment in zip(message.attachments, attachments, strict=True)
            if part.content_id
        }
        text = message.text
        if message.is_encrypted and not text:
            text = self.env._("This mail is encrypted; it is attached as it came.")
        facts = _facts(plan)
        if message.html:
            safe = content.safe_html(message.html, inline)
            body = safe.html
            facts |= parked(safe)
        else:
            body = text_html.text_to_html(text)
        is_foreign = not plan.is_internal and not plan.line.is_sent
        author = plan.partner if plan.partner and is_foreign else None
        direction = "outgoing" if plan.line.is_sent else "incoming"
        return {
            "model": "ticket.ticket",
            "res_id": plan.ticket.id,
            "message_type": "comment" if plan.line.is_sent else "email",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "message_id": message.message_id,
            "subject": message.subject,
            "date": date_of(plan),
            "email_from": _readable([message.sender]) or message.sender.name,
            "author_id": author.id if author else False,
            f"{direction}_email_to": _readable(message.to),
            f"{direction}_email_cc": _readable(message.cc),
            "reply_to": plan.line.server_id._ticket_sender(),
            "body": Markup(body),
            "ticket_facts": facts or False,
            "attachment_ids": [fields.Command.set(attachments.ids)],
        }

    def _notify_followers(self, plans):
        """Run Odoo's own notification where a follower waits for it; of a storm, only
        what came before it was one is told (threat 11)."""
        tickets = self.env["ticket.ticket"].union(*(plan.ticket for plan in plans))
        followers = self.env["mail.followers"].search(
            [("res_model", "=", tickets._name), ("res_id", "in", tickets.ids)]
        )
        followed = set(followers.mapped("res_id"))
        for plan in plans:
            if plan.ticket.id in followed and not plan.line.is_sent:
                ticket = plan.ticket.with_context(ticket_intake=True)
                message = plan.line.mail_message_id
                ticket._message_post_after_hook(message, plan.values)
                if not plan.is_storm:
                    ticket._notify_thread(message, plan.values, force_send=False)

    def _touch_replied(self, plans):
        inbound, sent = {}, {}
        for plan in plans:
            if plan.line.is_sent:
                sent[plan.ticket] = plan
            elif plan.route.kind == RouteKind.REPLY and _calls_for_work(plan.message):
                inbound[plan.ticket] = plan
        for ticket, plan in inbound.items():
            ticket._register_inbound(arrival_of(plan))
        for ticket, plan in sent.items():
            if not ticket.last_inbound or ticket.last_inbound <= arrival_of(plan):
                ticket._register_outbound(arrival_of(plan))

    def _mark_undelivered(self, plans):
        """Show at our answer that it did not arrive (P6)."""
        for plan in plans:
            report = plan.message.report
            if not report or report.kind != "failed":
                continue
            if plan.route.kind == RouteKind.REPLY:
                plan.ticket.delivery_failed = True
                answer = self._undelivered(plan.ticket, report)
                answer._note_bounced(report.diagnostic, report.recipient)

    def _undelivered(self, ticket, report):
        """The answer that a report is about: the one it names, else the last one to
        its recipient."""
        messages = self.env["mail.message"]
        for field, operator, value in (
            ("message_id", "=", report.original_message_id),
            ("outgoing_email_to", "ilike", report.recipient),
        ):
            domain = [
                ("model", "=", "ticket.ticket"),
                ("res_id", "=", ticket.id),
                ("message_type", "!=", "email"),
                (field, operator, value),
            ]
            if value and (found := messages.search(domain, order="id desc", limit=1)):
                return found
        return messages

    def _ledger_values(self, plan):
        values = {"attempts": plan.line.attempts + 1, "error": False}
        if plan.duplicate_of:
            return values | {
                "state": "duplicate",
                "reason": "duplicate",
                "ticket_id": plan.duplicate_of.ticket_id.id,
                "mail_message_id": plan.duplicate_of.mail_message_id.id,
            }
        if not plan.route:
            return values | {"state": "ignored", "reason": plan.verdict.reason}
        return values | {
            "state": "done",
            "reason": plan.verdict.reason or plan.route.reason,
            "ticket_id": plan.ticket.id,
        }

    def _quietly(self, model):
        """The model without automatic followers, log entries and field tracking."""
        return self.env[model].with_context(
            ticket_intake=True,
            mail_create_nosubscribe=True,
            mail_create_nolog=True,
            tracking_disable=True,
        )


def _calls_for_work(message):
    """Receipts and reports that all is well do not open a ticket again."""
    return not message.report or message.report.kind == "failed"


def _facts(plan):
    """What an agent is told about the sender; see mail.message.ticket_facts."""
    facts = {}
    if plan.authentication:
        facts["authentication"] = plan.authentication
    if plan.warnings:
        facts["warnings"] = plan.warnings
    if "reply_to" in plan.warnings:
        facts["reply_to"] = ", ".join(a.email for a in plan.message.reply_to)[:500]
    return facts


def parked(safe):
    """What an agent is told about a mailflow.content.SafeContent."""
    facts = {"blocked": safe.blocked, "hosts": safe.hosts[:HOSTS]}
    return {name: found for name, found in facts.items() if found}


def date_of(plan):
    """When it was written (naive UTC), as far as we believe it."""
    now = fields.Datetime.now()
    return min(plan.message.date or plan.line.date or now, now)


def arrival_of(plan):
    """When the server got it (naive UTC): no clock of the sender's is believed."""
    return plan.line.arrived_on or date_of(plan)


def _readable(addresses):
    return outgoing.readable((address.name, address.email) for address in addresses)
