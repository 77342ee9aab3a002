from . import test_account
from . import test_intake
from . import test_reply
from . import test_round_trip
from . import test_security
from . import test_ticket
from . import test_tours
