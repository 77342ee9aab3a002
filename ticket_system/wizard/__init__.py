from . import privacy_lookup_wizard
from . import ticket_attachment_link
from . import ticket_reply_batch
