from . import privacy_lookup_wizard
from . import ticket_attachment_link
from . import ticket_merge
from . import ticket_reply_batch
from . import ticket_split
