from . import metrics
from . import oauth
