from odoo import api, models

from .ticket_ticket_followers import ACCESS


class TicketTicket(models.Model):
    """Handing a ticket over to colleagues whose tickets the user does not see."""

    _inherit = "ticket.ticket"

    @api.model_create_multi
    def create(self, vals_list):
        """By hand, too, new tickets of a queue are of its responsible; a private one
        without is of who makes it: nobody else would see it."""
        by_hand = [] if self.env.su else vals_list
        for vals in by_hand:
            queue = self.env["ticket.queue"].browse(vals.get("queue_id"))
            if vals.get("user_id"):
                continue
            if queue.user_id:
                vals["user_id"] = queue.user_id.id
            elif vals.get("is_private"):
                vals["user_id"] = self.env.uid
        return super().create(vals_list)

    def write(self, vals):
        """In a queue whose tickets their agent does not see, tickets begin anew: of its
        responsible, or of nobody yet; private ones, else unseen, of who moves them."""
        if not vals.get("queue_id") or "user_id" in vals or self.env.su:
            return super().write(vals)
        queue = self.env["ticket.queue"].browse(vals["queue_id"])
        left = self.filtered(lambda ticket: not ticket._keeps_agent(queue))
        unseen = left.filtered("is_private") if not queue.user_id else self.browse()
        super(TicketTicket, unseen).write({**vals, "user_id": self.env.uid})
        super(TicketTicket, left - unseen).write({**vals, "user_id": queue.user_id.id})
        return super(TicketTicket, self - left).write(vals)

    def _keeps_agent(self, queue):
        agent, company = self.user_id.sudo(), queue.sudo().company_id
        if not agent or (company and company not in agent.company_ids):
            return False
        return (
            agent in queue.sudo().member_ids
            or agent.has_group("ticket_system.group_agent_all")
            or (self.is_private and not queue.user_id)  # nobody would see it
        )

    def web_save(self, vals, specification, next_id=None):
        """Of a ticket that is out of the user's reach afterwards nothing is read: it is
        given back as it was before, a new one as its id alone."""
        if next_id or not ACCESS & vals.keys():
            return super().web_save(vals, specification, next_id)
        before = {row["id"]: row for row in self.web_read(specification)}
        saved = super().web_save(vals, {})  # the ids alone: nothing is read
        tickets = self.browse(row["id"] for row in saved)
        reach = tickets._filtered_access("read").with_context(bin_size=True)
        after = {row["id"]: row for row in reach.web_read(specification)}
        known = before | after
        return [known.get(row["id"], row) for row in saved]
