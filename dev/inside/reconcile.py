"""Reconciles whole books in this process and measures it."""

from typing import Any

from dev.inside.drain import cpu_seconds
from dev.inside.pull import count_statements


def reconcile(env: Any, *, connection: int, postmaster: int) -> dict[str, Any]:
    """Read Xero and compare everything, twice; the first time warms up.

    :param postmaster: process id of PostgreSQL, whose CPU time counts too
    :return: of the second report: CPU seconds, SQL statements, how much was compared, and its verdict
    """
    _one(env, connection)
    counted = count_statements(env)
    started = cpu_seconds(postmaster)
    report = _one(env, connection)
    spent = cpu_seconds(postmaster) - started
    return {"cpu": spent, "statements": counted[0], "compared": report.compared_count, "verdict": report.verdict}


def _one(env: Any, connection: int) -> Any:
    report = env["xero.reconciliation"]._request(env["xero.connection"].browse(connection))
    env.cr.commit()
    while env["xero.sync.runner"]._work():
        pass
    env.cr.rollback()
    env.invalidate_all()
    return report
