from . import test_core_access
from . import test_core_connect
from . import test_core_faults
from . import test_core_jobs
from . import test_core_push
from . import test_core_rpc
from . import test_core_secrets
