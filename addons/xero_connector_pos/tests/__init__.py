from . import test_till_books
from . import test_till_divide
from . import test_till_sync
from . import test_till_ledger
