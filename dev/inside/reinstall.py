"""Taking the addon out, and matching what both sides hold after it is installed again."""

from typing import Any

OURS = {
    "tables": "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'xero%'",
    "columns": "SELECT table_name || '.' || column_name FROM information_schema.columns"
    " WHERE column_name LIKE '%xero%'",
    "ids": "SELECT name FROM ir_model_data WHERE module = 'xero_connector'",
    "models": "SELECT model FROM ir_model WHERE model LIKE 'xero%'",
    "parameters": "SELECT key FROM ir_config_parameter WHERE key LIKE '%xero%'",
    "crons": "SELECT cron_name FROM ir_cron WHERE cron_name LIKE 'Xero%'",
    "attachments": "SELECT res_model || ' ' || name FROM ir_attachment WHERE res_model LIKE 'xero%'",
    "messages": "SELECT model || ' ' || id FROM mail_message WHERE model LIKE 'xero%'",
    "activities": "SELECT res_model || ' ' || id FROM mail_activity WHERE res_model LIKE 'xero%'",
}


def uninstall(env: Any) -> dict[str, list[str]]:
    """Uninstall the addon as an administrator does; return by kind what of it is in the database still."""
    env["ir.module.module"].search([("name", "=", "xero_connector")]).button_immediate_uninstall()
    left = {}
    for kind, sql in OURS.items():
        env.cr.execute(sql)
        left[kind] = [name for [name] in env.cr.fetchall()]
    return {kind: names for kind, names in left.items() if names}


def hold(env: Any, *, connection_id: int) -> None:
    """Choose, as the guide offers, that nothing is sent before both sides are matched."""
    env["xero.connection"].browse(connection_id).hold_until_matched = True


def match(env: Any, *, connection_id: int) -> int:
    """Begin a matching; return its id."""
    return env["xero.match"]._start(env["xero.connection"].browse(connection_id)).id


def go_on(env: Any, *, match_id: int, step: str) -> dict[str, Any]:
    """Press one of the buttons of a matching; return where it is then."""
    matching = env["xero.match"].browse(match_id)
    getattr(matching, f"action_{step}")()
    return {"state": matching.state, "stage": matching.stage, "reason": matching.reason}


def left_open(env: Any, *, match_id: int) -> list[str]:
    """Return the verdicts on Odoo's documents that no element of Xero has been found for."""
    lines = env["xero.match.line"].search([("match_id", "=", match_id), ("parent_id", "=", False)])
    linked = env["xero.link"].search([("res_model", "=", "account.move"), ("xero_id", "!=", False)]).mapped("res_id")
    mine = lines.filtered(lambda line: line.res_model == "account.move" and line.res_id not in linked)
    return [f"{line.verdict}: {line.reason_text}" for line in mine]
