from . import export
from . import presence
