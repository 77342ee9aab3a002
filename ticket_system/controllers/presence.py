from odoo import http
from odoo.http import request


class Presence(http.Controller):
    @http.route(
        "/ticket_system/leave/<int:ticket_id>",
        type="http",
        auth="user",
        methods=["POST"],
    )
    def leave(self, ticket_id):
        """What a browser sends when its tab is closed (navigator.sendBeacon)."""
        request.env["ticket.ticket"].browse(ticket_id).leave()
        return ""
