"""Books in every state that a stored dump is to hold, and what an upgrade of them must keep."""

from typing import Any

from dev.inside import company as companies

SETTINGS = {
    "contact_policy": "used",
    "inbound_documents": "draft",
    "conflict_documents": "ask",
    "day_reserve_percent": 35,
    "sync_when": "posted",
}
KEPT_FIELDS = [*SETTINGS, "state", "tenant_id", "sync_from", "tenant_name"]


def settle_in(env: Any, *, connection_id: int) -> None:
    """Choose settings that are not the ones by default."""
    env["xero.connection"].browse(connection_id).write(SETTINGS)


def leave_unmapped(env: Any, *, company_id: int) -> int:
    """Post an invoice with an account that no mapping knows; return its id."""
    account = (
        env["account.account"]
        .with_company(company_id)
        .create(
            {"name": "Not in Xero", "code": "409999", "account_type": "income", "company_ids": [(6, 0, [company_id])]}
        )
    )
    [move] = companies.make(env, company_id=company_id, count=1, contacts=1, first=900, post=False)
    document = env["account.move"].browse(move)
    document.invoice_line_ids.account_id = account
    document.action_post()
    return move


def read_all(env: Any, *, connection_id: int) -> None:
    """Queue a reading of everything that changed in Xero."""
    connection = env["xero.connection"].browse(connection_id)
    for inbound in env["xero.inbound"]._all():
        if inbound._polled:
            env["xero.sync.job"]._enqueue_poll(connection, inbound._xero_type)


def match(env: Any, *, connection_id: int) -> None:
    """Begin a matching, which a worker then reads and compares."""
    env["xero.match"]._start(env["xero.connection"].browse(connection_id))


def announce(env: Any, *, connection_id: int, odd: list[str]) -> None:
    """Store webhook events that nobody has looked at, some about things that no id can be."""
    connection = env["xero.connection"].browse(connection_id)
    env["xero.webhook.event"].create([
        {
            "connection_id": connection.id, "company_id": connection.company_id.id, "category": category,
            "event_type": "UPDATE", "xero_id": xero_id, "digest": f"{category} {xero_id}",
        }
        for category in ("INVOICE", "SOMETHING") for xero_id in odd
    ])  # fmt: skip


def what_is(env: Any, *, connection_id: int) -> dict[str, Any]:
    """Return what the dump holds of a connection: settings, and counts of everything by state."""
    connection = env["xero.connection"].browse(connection_id)
    mine = [("connection_id", "=", connection_id)]
    [settings] = connection.read(KEPT_FIELDS)
    for name in ("id", "sync_from"):
        settings[name] = str(settings[name])
    counted = ("xero.sync.job", "xero.sync.batch", "xero.link", "xero.conflict", "xero.webhook.event", "xero.match")
    return {
        "settings": settings,
        "mappings": env["xero.mapping.account"].search_count([*mine, ("state", "=", "confirmed")]),
        "cursors": env["xero.sync.cursor"].search_count(mine),
        **{name: dict(env[name]._read_group(mine, ["state"], ["__count"])) for name in counted},
    }


def answer(env: Any, *, connection_id: int) -> None:
    """Do what people are waited for: end the hold of the matching, and try again what Xero refused."""
    env["xero.connection"].browse(connection_id).action_release()
    refused = [("connection_id", "=", connection_id), ("state", "=", "failed"), ("xero_type", "=", "Contact")]
    env["xero.sync.job"].search(refused).action_retry()
