from . import contact
from . import bank_line
from . import expense
