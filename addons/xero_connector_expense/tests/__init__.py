from . import test_expense_sync
from . import test_expense_people
