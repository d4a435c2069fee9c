from . import xero_connection
from . import xero_field_rule
from . import crm_team
from . import deposit
from . import sale_order
from . import xero_preview
from . import xero_reconciler
from . import xero_setup
