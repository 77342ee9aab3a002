from . import ticket_reply
