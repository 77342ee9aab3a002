from random import randint

from odoo import fields, models


class TicketTag(models.Model):
    _name = "ticket.tag"
    _description = "Ticket Tag"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer(default=lambda self: randint(1, 11))

    _name_uniq = models.Constraint(
        "unique(name)", "A tag with this name exists already."
    )
