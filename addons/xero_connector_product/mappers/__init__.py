from . import item
from . import document
