from . import metrics
from . import oauth
from . import webhook
