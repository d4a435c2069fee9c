from . import quote
from . import quote_line
from . import xero_connection
from . import exporter
from . import importer
