from . import test_item_match
from . import test_item_mapper
from . import test_item_sync
