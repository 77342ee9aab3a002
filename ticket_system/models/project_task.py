from odoo import models


class ProjectTask(models.Model):
    _inherit = "project.task"

    def _track_template(self, changes):
        """A task made of a ticket is no news to the customer, who is answered there."""
        if self.env.context.get("is_of_ticket"):
            return {}
        return super()._track_template(changes)
