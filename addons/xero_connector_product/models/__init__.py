from . import xero_connection
from . import product_product
from . import product_template
from . import xero_inbound_item
from . import xero_match_items
