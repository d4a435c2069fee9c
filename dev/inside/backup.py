"""What the tests of restored backups have done in a database."""

from psycopg2.errors import SerializationFailure


def send_payments(env, connection_id: int, code: str) -> None:
    """Have payments of the company's bank journal sent to the Xero bank account `code`."""
    connection = env["xero.connection"].browse(connection_id)
    account = env["xero.account"].search([("connection_id", "=", connection_id), ("code", "=", code)])
    company = [("company_id", "=", connection.company_id.id), ("type", "=", "bank")]
    journal = env["account.journal"].search(company, limit=1)
    row = env["xero.mapping.journal"]._ensure(connection, account)
    row.write({"journal_id": journal.id, "direction": "odoo_to_xero", "state": "confirmed"})


def pay(env, move_ids: list[int], company_id: int) -> list[int]:
    """Pay documents in Odoo, each in full, through the bank."""
    context = {"active_model": "account.move", "active_ids": move_ids, "allowed_company_ids": [company_id]}
    journal = env["account.journal"].search([("company_id", "=", company_id), ("type", "=", "bank")], limit=1)
    wizard = env["account.payment.register"].with_context(**context).create({"journal_id": journal.id})
    return wizard._create_payments().ids


def hold_and_fail(env, connection_id: int) -> str:
    """Hold a connection in the midst of a transaction that has written to it and then fails; return its state then."""
    connection = env["xero.connection"].browse(connection_id)
    env.cr.execute("UPDATE xero_connection SET day_remaining = 17 WHERE id = %s", [connection_id])
    connection.env["xero.hold"]._begin(connection, "ahead", "Seen in the midst of work.")
    env.cr.rollback()
    env.invalidate_all()
    held = connection._held()
    env["xero.sync.runner"]._work()
    env.cr.rollback()
    env.invalidate_all()
    return f"{held.kind} {connection.state}"


def end_hold(env, connection_id: int) -> None:
    """End the hold of `hold_and_fail`."""
    connection = env["xero.connection"].browse(connection_id)
    connection._held().state = "released"
    connection.env["xero.hold"]._lift(connection)


def open_amounts(env, connection_id: int) -> dict[str, str]:
    """Return what Odoo holds open of the posted documents in Xero, by Xero's id."""
    links = env["xero.link"].search([("connection_id", "=", connection_id), ("res_model", "=", "account.move")])
    moves = env["account.move"]
    return {
        link.xero_id: f"{moves.browse(link.res_id).amount_residual:.2f}"
        for link in links
        if link.xero_id and link.state != "ignored"
    }


def lose_race(env, connection_id: int) -> str:
    """Write to a connection that a worker wrote to meanwhile, and bring its incidents up to date; return what became
    of it: ``again`` where the caller is told to begin again, as Odoo then does for people.
    """
    connection = env["xero.connection"].browse(connection_id)
    connection.read(["state"])
    with env.registry.cursor() as cr:
        cr.execute("UPDATE xero_connection SET day_remaining = 16 WHERE id = %s", [connection_id])
    try:
        connection.reason = "Written in the midst of work."
        env["xero.alert"]._refresh_alerts(connection)
    except SerializationFailure:
        return "again"
    finally:
        env.cr.rollback()
        env.invalidate_all(flush=False)
    return "taken for done"
