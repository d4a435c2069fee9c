from . import till
from . import session
from . import late_order
from . import payment
from . import bank_line
