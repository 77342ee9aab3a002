from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

SHOWN = 10  # of the customer's other tickets
# documents of other apps, where they are installed
ORDERS = "sale.order"
INVOICES = "account.move"
INVOICE_TYPES = ("out_invoice", "out_refund")


class TicketTicket(models.Model):
    """The customer beside the ticket: who they are and what else they have with us."""

    _inherit = "ticket.ticket"

    customer_ticket_ids = fields.Many2many(
        "ticket.ticket", string="Other Tickets", compute="_compute_customer_tickets"
    )
    customer_ticket_count = fields.Integer(compute="_compute_customer_tickets")
    customer_order_count = fields.Integer(compute="_compute_customer_documents")
    customer_invoice_count = fields.Integer(compute="_compute_customer_documents")
    is_new_address = fields.Boolean(compute="_compute_is_new_address")

    @api.depends("commercial_partner_id")
    @api.depends_context("uid")
    def _compute_customer_tickets(self):
        for ticket in self:
            domain = ticket._customer_domain() + [("id", "!=", ticket._origin.id)]
            known = bool(ticket.commercial_partner_id)
            ticket.customer_ticket_ids = known and self.search(
                domain, order="is_closed, last_message desc, id desc", limit=SHOWN
            )
            ticket.customer_ticket_count = known and self.search_count(domain)

    def _customer_domain(self):
        return [("commercial_partner_id", "=", self.commercial_partner_id.id)]

    @api.depends("commercial_partner_id")
    @api.depends_context("uid")
    def _compute_customer_documents(self):
        for ticket in self:
            ticket.customer_order_count = ticket._count_documents(ORDERS)
            ticket.customer_invoice_count = ticket._count_documents(INVOICES)

    def _count_documents(self, model):
        if not self.commercial_partner_id or model not in self.env:
            return 0
        if not self.env[model].has_access("read"):
            return 0
        return self.env[model].search_count(self._document_domain(model))

    def _document_domain(self, model):
        domain = [("partner_id", "child_of", self.commercial_partner_id.id)]
        if model == INVOICES:
            domain.append(("move_type", "in", INVOICE_TYPES))
        return domain

    @api.depends("partner_id.email", "email_from")
    @api.depends_context("uid")
    def _compute_is_new_address(self):
        """Whether nobody of the customer's contacts has the sender's address."""
        for ticket in self:
            address = email_normalize(ticket.email_from)
            ticket.is_new_address = bool(address) and not ticket._contacts(address)

    def _contacts(self, address):
        domain = [("email_normalized", "=", address)]
        if self.commercial_partner_id:
            domain.append(("id", "child_of", self.commercial_partner_id.id))
        return self.env["res.partner"].search(domain, limit=1)

    def action_create_customer(self):
        """Make the sender a contact: of the customer chosen, or a customer anew, who is
        greeted as before."""
        self.ensure_one()
        if not self.is_new_address:
            raise UserError(self.env._("A contact has this address already."))
        company = self.commercial_partner_id
        self._belongs_to(
            company.create(
                {
                    "name": self.partner_name or self.email_from,
                    "email": self.email_from,
                    "lang": company.lang or self.env.lang,
                    "parent_id": company.id,
                }
            )
        )

    def action_set_customer(self):
        """Of the contacts the one who has the sender's address."""
        self.ensure_one()
        self._belongs_to(self._contacts(email_normalize(self.email_from)))

    def _belongs_to(self, partner):
        """All tickets of the sender that have no customer yet."""
        others = self.search(
            [("email_from", "=", self.email_from), ("partner_id", "=", False)]
        )
        (self | others._filtered_access("write")).partner_id = partner

    def action_open_customer_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {
            "name": self.env._("Other Tickets"),
            "domain": [*self._customer_domain(), ("id", "!=", self.id)],
            "context": {"default_partner_id": self.partner_id.id},
        }

    def action_open_customer_orders(self):
        return self._open_documents(ORDERS, self.env._("Orders"))

    def action_open_customer_invoices(self):
        return self._open_documents(INVOICES, self.env._("Invoices"))

    def _open_documents(self, model, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "list,form",
            "domain": self._document_domain(model),
        }
