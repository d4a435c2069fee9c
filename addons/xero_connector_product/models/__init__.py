from . import xero_connection
from . import product_product
from . import product_template
