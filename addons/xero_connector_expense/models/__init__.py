from . import xero_connection
from . import hr_expense
from . import account_move
from . import account_payment
from . import exporter
from . import importer
from . import feeder
from . import ledger
