from . import access_log
from . import metrics
from . import oauth
from . import webhook
