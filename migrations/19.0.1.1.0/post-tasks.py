"""Works of a lane that bore the names of elements they are not are tasks: what waits, runs or failed goes on as one."""

TASKS = ("Organisation", "Setup", "Match", "Snapshot", "Reconciliation", "Recovery")


def migrate(cr, version):
    cr.execute(
        """UPDATE xero_sync_job SET operation = 'task', task = xero_type, xero_type = NULL
            WHERE operation = 'pull' AND xero_type IN %s""",
        [TASKS],
    )
