from . import test_quote_mapper
from . import test_quote_sync
