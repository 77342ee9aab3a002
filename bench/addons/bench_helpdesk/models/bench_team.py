from odoo import fields, models


class BenchTeam(models.Model):
    _name = "bench.team"
    _description = "Benchmark Team"

    name = fields.Char(required=True)
