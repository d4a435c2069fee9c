"""What the killable children do."""

import time


def drain(env, seconds: float = 60) -> int:
    """Work like the cron workers until nothing is due or the time is over; return the number of jobs handled."""
    handled, deadline = 0, time.monotonic() + seconds
    runner = env["xero.sync.runner"]
    while time.monotonic() < deadline:
        done = runner._work()
        handled += done
        env.cr.rollback()
        if not runner._lanes_with_work([]):
            break
        if not done:
            # Another worker has the lane.
            time.sleep(0.05)
    return handled


def ask_organisation(env, connection_id: int, at: float) -> str:
    """Ask Xero for the organisation's name at the moment `at` (Unix time), with whatever token that takes."""
    from odoo.addons.xero_connector.models.connection import gate as xero_gate

    connection = env["xero.connection"].browse(connection_id)
    time.sleep(max(0.0, at - time.time()))
    client = xero_gate.open_client(connection)
    try:
        return client.get("Organisation").data["Organisations"][0]["Name"]
    finally:
        client.close()


def age_token(env, connection_id: int, seconds: int) -> None:
    """Let the stored access token end in `seconds` by our own clock."""
    from odoo import fields
    from odoo.addons.xero_connector.models.connection import credential_secrets as xero_secrets

    credential = env["xero.connection"].browse(connection_id).credential_id
    end = fields.Datetime.add(fields.Datetime.now(), seconds=seconds)
    xero_secrets.update(credential, {"expires_at": fields.Datetime.to_string(end)})


def claim_all(env, connection_id: int) -> None:
    """Claim every due job, as a worker has done that is killed before its call."""
    runner = env["xero.sync.runner"]._own(env.cr)
    connection = env["xero.connection"].browse(connection_id)
    runner._queue_ahead(connection)
    while runner._claim(connection):
        pass


def change_slowly(env, move_id: int, text: str, seconds: float) -> None:
    """Change a document's reference in a transaction that stays open for some seconds, as a slow request does."""
    env["account.move"].browse(move_id).ref = text
    env.flush_all()
    time.sleep(seconds)
