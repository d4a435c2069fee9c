from . import stock_source_till
