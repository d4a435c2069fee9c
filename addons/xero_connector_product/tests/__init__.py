from . import test_item_mapper
from . import test_item_sync
