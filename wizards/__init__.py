from . import xero_connect_wizard
from . import xero_setup_wizard
from . import xero_reconciliation_ignore_wizard
from . import xero_conflict_settle_wizard
from . import xero_decide_wizard
from . import xero_rate_wizard
