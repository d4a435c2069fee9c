from . import test_stock_orders
