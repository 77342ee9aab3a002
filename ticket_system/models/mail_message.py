import re
from collections.abc import Iterable
from contextlib import contextmanager

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, format_datetime, str2bool
from odoo.tools.mail import email_split_tuples

from odoo.addons.mail.tools.discuss import Store

from ..mailflow import outgoing

SAFE_BODIES = "ticket_system.safe_bodies"
CONVERSATION = ("email", "comment", "auto_comment")
PICTURE = re.compile(r"/web/image/(\d{1,9})\b")
# who takes part in a message
PARTIES = (
    "email_from",
    "incoming_email_to",
    "incoming_email_cc",
    "outgoing_email_to",
    "outgoing_email_cc",
)
# what nobody changes of a message that was sent or received
AS_SENT = {
    *PARTIES,
    "outgoing_email_bcc",
    "ticket_facts",
    "subject",
    "body",
    "date",
    "author_id",
    "message_type",
    "subtype_id",
    "is_internal",
    "attachment_ids",
    "message_id",
    "parent_id",
}


def picture_ids(body):
    """The attachments that are shown in the HTML text."""
    return [int(number) for number in PICTURE.findall(str(body or ""))]


class MessageBody(fields.Html):
    """Sanitised by Odoo, unless the ticket system just did, by a narrower list."""

    def _convert(self, value, record, validate):
        safe = record.env.cr.cache.get(SAFE_BODIES, ())
        return super()._convert(value, record, validate and value not in safe)


class MailMessage(models.Model):
    _inherit = "mail.message"

    body = MessageBody()
    outgoing_email_cc = fields.Char(
        "Emails Cc (outgoing)",
        help="Addresses that got an answer as copy, separated by commas.",
    )
    outgoing_email_bcc = fields.Char(
        "Emails Bcc (outgoing)",
        groups="base.group_user",
        help="Addresses that got an answer unseen by the others, separated by commas.",
    )
    ticket_facts = fields.Json(
        readonly=True,
        groups="base.group_user",
        help="What was found out about a received mail: blocked (number of images, "
        "trackers, fonts, others) and their hosts; authentication (passed, failed or "
        "unknown); "
        "warnings (internal, lookalike, other_name, reply_to).",
    )
    ticket_mail_ids = fields.One2many(
        "ticket.mail",
        "mail_message_id",
        "Received Mails",
        groups="ticket_system.group_administrator",
    )

    ticket_schedule_ids = fields.One2many(
        "mail.message.schedule",
        "mail_message_id",
        "Delayed Sending",
        groups="base.group_system",
    )

    @contextmanager
    def _with_safe_bodies(self, bodies: Iterable[str]):
        """Take exactly these texts as safe HTML (mailflow.content) in the block."""
        self.env.cr.cache[SAFE_BODIES] = frozenset(map(str, bodies))
        try:
            yield
        finally:
            self.env.cr.cache.pop(SAFE_BODIES, None)

    # ------------------------------------------------------------------
    # Full-text search
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        of_tickets = messages.filtered(lambda message: message.model == "ticket.ticket")
        self.env["ticket.text"].sudo()._add(of_tickets)
        return messages

    def write(self, vals):
        if not (self.env.su or AS_SENT.isdisjoint(vals)):
            self._refuse_conversation()
        before = self._ticket_ids() if {"body", "model", "res_id"} & vals.keys() else []
        result = super().write(vals)
        if {"body", "model", "res_id"} & vals.keys():
            self.env["ticket.text"].sudo()._rebuild({*before, *self._ticket_ids()})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_conversation(self):
        if not self.env.su:
            self._refuse_conversation()

    def _refuse_conversation(self):
        """What was written to and fro stays as it was sent and received (P9)."""
        if any(message._is_conversation() for message in self):
            raise UserError(
                self.env._(
                    "What was sent or received can be neither changed nor deleted."
                )
            )

    def unlink(self):
        tickets = self._ticket_ids()
        result = super().unlink()
        self.env["ticket.text"].sudo()._rebuild(tickets)
        return result

    def _ticket_ids(self):
        messages = self.sudo().filtered(
            lambda m: m.model == "ticket.ticket" and m.res_id
        )
        return messages.mapped("res_id")

    # ------------------------------------------------------------------
    # The history of a ticket (R44)
    # ------------------------------------------------------------------

    def _conversation_domain(self, ticket_ids):
        """What customers and agents wrote to each other on these tickets."""
        return [
            ("model", "=", "ticket.ticket"),
            ("res_id", "in", ticket_ids),
            ("message_type", "in", CONVERSATION),
            ("subtype_id", "=", self.env.ref("mail.mt_comment").id),
            ("is_internal", "=", False),
        ]

    def _is_conversation(self):
        return (
            self.model == "ticket.ticket"
            and self.message_type in CONVERSATION
            and self.subtype_id == self.env.ref("mail.mt_comment")
            and not self.is_internal
        )

    def _to_store_defaults(self, target):
        defaults = super()._to_store_defaults(target)
        mine = target.is_current_user(self.env)
        if target.is_internal(self.env):
            defaults.append(
                Store.Attr(
                    "ticket_route",
                    lambda message: (
                        message._ticket_route()
                        | {"shows_images": mine and message._shows_images()}
                    ),
                    predicate=lambda message: message._is_conversation(),
                )
            )
        return defaults

    def _ticket_route(self):
        """Which way a message went: what its header in the history tells.

        :return: {"is_inbound": bool, "sender": str, "to": str, "cc": str, "bcc": str,
            "account": str, where it is not among the recipients,
            "is_foreign": bool, whether its body came by mail,
            "facts": see ticket_facts,
            "has_original": bool, whether the user may download it,
            "delivery": "failed", "queued" or "sent", "may_retry": bool,
            "may_undo": bool, whether the user may take it back while it is queued}
        """
        message = self.sudo()
        is_inbound = message.message_type == "email"
        if is_inbound:
            to, cc = message.incoming_email_to, message.incoming_email_cc
        else:
            to, cc = message.outgoing_email_to, message.outgoing_email_cc
        mails = message.ticket_mail_ids
        account = mails.server_id[:1].ticket_address or ""
        delivery = message._delivery()
        return {
            "is_inbound": is_inbound,
            "sender": _readable(message.email_from),
            "to": _readable(to) or ", ".join(message.partner_ids.mapped("name")),
            "cc": _readable(cc),
            "bcc": _readable(message.outgoing_email_bcc),
            "account": account if account not in f"{to} {cc}" else "",
            "delivery": delivery,
            "is_foreign": is_inbound or bool(mails),
            "facts": message.ticket_facts or {},
            "may_retry": not is_inbound and bool(message._failed_mails()),
            "may_undo": delivery == "queued" and bool(self._my_answer()),
            "has_original": (
                bool(mails.raw_attachment_id)
                and self.env["ticket.mail"].has_access("read")
            ),
        }

    def _shows_images(self):
        """Whether this user sees the sender's external images without asking (R55)."""
        facts = self.ticket_facts or {}
        if "images" not in facts.get("blocked", {}):
            return False
        if not self._ticket_blocks_external():
            return True
        is_believable = facts.get("authentication") != "failed"
        sender = email_normalize(self.email_from)
        settings = self.env.user.res_users_settings_id
        is_chosen = bool(sender) and sender in (settings.ticket_image_senders or [])
        return is_believable and is_chosen

    @api.model
    def _ticket_blocks_external(self):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        return str2bool(get_param("ticket_system.block_external", "True"))

    def action_always_show_images(self):
        """Show the external images of this sender to this user from now on."""
        self.ensure_one()
        self.check_access("read")
        settings = self.env["res.users.settings"]._find_or_create_for_user(
            self.env.user
        )
        settings.sudo()._ticket_show_images_of(email_normalize(self.email_from))

    def _written_by(self):
        """Who wrote it: of us the person, not the account."""
        message = self.sudo()
        colleague = message.author_id if message.message_type == "comment" else None
        return (colleague and colleague.name) or message.email_from

    def _quoted(self):
        """The message as mail programs quote it: who, when, and the text."""
        self.ensure_one()
        message = self.sudo()
        date = format_datetime(self.env, message.date, dt_format="short")
        name = _readable(message.email_from) or message.author_id.name or ""
        intro = self.env._("On %(date)s, %(name)s wrote:", date=date, name=name)
        quote = outgoing.quotable(str(message.body or ""))
        return Markup(
            '<div data-o-mail-quote-container="1"><p style="margin-top: 1em">%s</p>'
            '<blockquote data-o-mail-quote="1" style="%s">%s</blockquote></div>'
        ) % (intro, outgoing.QUOTE_STYLE, Markup(quote))

    def _own_files(self):
        """Their attachments, and of the pictures in their texts those of the ticket."""
        files = self.attachment_ids
        for message in self:
            files |= (
                self.env["ir.attachment"]
                .browse(picture_ids(message.body))
                .exists()
                .filtered_domain(
                    [
                        ("res_model", "=", message.model),
                        ("res_id", "=", message.res_id),
                        ("res_field", "=", False),
                    ]
                )
            )
        return files

    def action_download_original(self):
        """The bytes this message came as, to be opened in a mail program."""
        self.ensure_one()
        return self.ticket_mail_ids.filtered("raw_attachment_id")[:1].action_download()


def _readable(addresses):
    """Header field `addresses` as one reads it: names where there are any."""
    return outgoing.readable(email_split_tuples(addresses or ""))
