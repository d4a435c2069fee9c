from . import contact
from . import expense
