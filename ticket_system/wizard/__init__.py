from . import ticket_attachment_link
