"""Runs a preview in this process and measures it."""

from typing import Any

from dev.inside.drain import cpu_seconds


def preview(env: Any, *, ids: list[int], postmaster: int) -> dict[str, float]:
    """Preview the sync of documents, chunk by chunk as the cron does.

    :param postmaster: process id of PostgreSQL, whose CPU time counts too
    :return: CPU seconds, and the number of records looked at, contacts included
    """
    started = cpu_seconds(postmaster)
    action = env["account.move"].browse(ids).action_xero_preview()
    found = env["xero.preview"].browse(action["res_id"])
    while found.state == "planning":
        found._advance()
        env.cr.commit()
        env.invalidate_all()
    return {"cpu": cpu_seconds(postmaster) - started, "records": found.total_count}


def ask(env: Any, *, ids: list[int]) -> None:
    """Queue documents as a person does who selects them."""
    env["account.move"].browse(ids).action_xero_sync_selected()
    env.cr.commit()
