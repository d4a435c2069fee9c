"""Reads from the simulated Xero in this process and measures it; pays in Odoo itself to compare."""

import time
from typing import Any

from dev.inside.drain import cpu_seconds


def poll(env: Any, *, connection: int, types: list[str], postmaster: int) -> dict[str, float]:
    """Read what changed, as the schedule would.

    :param types: Xero types; none stands for all that are polled
    :param postmaster: process id of PostgreSQL, whose CPU time counts too
    :return: CPU and wall seconds, SQL statements of this process, and how many readings failed
    """
    _queue(env, connection, types)
    counted = count_statements(env)
    cpu, wall = cpu_seconds(postmaster), time.monotonic()
    while env["xero.sync.runner"]._work():
        pass
    result = {"cpu": cpu_seconds(postmaster) - cpu, "wall": time.monotonic() - wall, "statements": counted[0]}
    env.cr.rollback()
    failed = env["xero.sync.job"].search_count([("operation", "=", "pull"), ("state", "in", ("failed", "dead"))])
    return {**result, "failed": failed}


def _queue(env, connection, types):
    wanted = types or [inbound._xero_type for inbound in env["xero.inbound"]._all() if inbound._polled]
    for xero_type in wanted:
        env["xero.sync.job"]._enqueue_poll(env["xero.connection"].browse(connection), xero_type)
    env.cr.commit()


def count_statements(env) -> list[int]:
    """Count every statement that any cursor of this process runs from now on."""
    from odoo.sql_db import Cursor

    counted, execute = [0], Cursor.execute

    def counting(self, *args, **options):
        counted[0] += 1
        return execute(self, *args, **options)

    Cursor.execute = counting
    return counted


def pay_each(env: Any, *, ids: list[int], postmaster: int) -> dict[str, float]:
    """Pay invoices one by one with Odoo's own wizard, as people do; return the CPU and wall seconds it took."""
    cpu, wall = cpu_seconds(postmaster), time.monotonic()
    for move in ids:
        context = {"active_model": "account.move", "active_ids": [move]}
        env["account.payment.register"].with_context(**context).create({}).action_create_payments()
        # Each is a request of its own: what the ones before left in the cache would only slow it down.
        env.cr.commit()
        env.invalidate_all()
    return {"cpu": cpu_seconds(postmaster) - cpu, "wall": time.monotonic() - wall}


def paid(env: Any, *, ids: list[int]) -> int:
    """Return how many of the documents are paid."""
    return env["account.move"].search_count([("id", "in", ids), ("payment_state", "in", ("paid", "in_payment"))])

