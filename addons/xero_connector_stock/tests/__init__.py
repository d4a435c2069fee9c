from . import test_stock_access, test_stock_ledger, test_stock_moves, test_stock_periods
