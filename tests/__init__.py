from . import test_core_access
from . import test_core_jobs
from . import test_core_secrets
