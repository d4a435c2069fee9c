from . import test_chart_accounts
from . import test_chart_taxes
from . import test_chart_tax_books
