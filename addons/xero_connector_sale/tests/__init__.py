from . import test_sale_rules
from . import test_sale_sync
