"""Connects a company to the simulated Xero as an administrator does: over HTTP, through the consent page."""

import urllib.parse
import urllib.request

from dev.machine.progress import Stop
from dev.machine.rpc import Session
from dev.machine.stack import Stack
from dev.machine.xero import ConsentForm

GENERAL = {"income": "200", "income_other": "260", "expense": "429", "expense_direct_cost": "310", "asset_fixed": "710"}
OTHER = "850"
"""Xero's general accounts by the type of Odoo's, and its suspense account for the rest."""


def connect(stack: Stack, odoo: Session, organisation: str = "au", company_id: int | None = None) -> int:
    """Create credential and connection, give consent for one `organisation`, and return the connection's id.

    `organisation` is a seed name such as `au`. Raises Stop when the company is not connected in the end.
    """
    app = stack.simulator.app()
    credential = odoo.create(
        "xero.credential", {"name": "Xero app", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    )
    values = {"credential_id": credential, **({"company_id": company_id} if company_id else {})}
    connection = odoo.create("xero.connection", values)
    consent(stack, odoo, connection, [organisation])
    return connection


def consent(stack: Stack, odoo: Session, connection: int, organisations: list[str]) -> None:
    """Open the consent page of a connection, tick the organisations and allow access. Raises Stop."""
    names = {found["seed"]: found["name"] for found in stack.simulator.get("organisations")["organisations"]}
    action = odoo.call("xero.connection", "action_connect", [connection])
    address, page = odoo.get(action["url"])
    form = ConsentForm(page)
    body = urllib.parse.urlencode(form.allow([names[seed] for seed in organisations]), doseq=True).encode()
    request = urllib.request.Request(urllib.parse.urljoin(address, form.action), body)
    with odoo.opener.open(request, timeout=60) as response:
        landed, answer = response.geturl(), response.read().decode(errors="replace")
    state = odoo.read("xero.connection", [("id", "=", connection)], ["state", "reason"])[0]
    if state["state"] not in ("connected", "choose"):
        raise Stop(
            f"The connection is {state['state']} after the consent ({state['reason']}), at {landed}: {answer[:500]}"
        )


def decide(odoo: Session, connection: int) -> None:
    """Decide what is open, one by one, as a person does: what is suggested, else a general account."""
    odoo.call("xero.connection", "action_accept_suggestions", [connection])
    own = ("connection_id", "=", connection)
    for kind in ("account", "tax", "journal"):
        model = f"xero.mapping.{kind}"
        for row in odoo.read(model, [own, ("state", "=", "suggested")], ["display_name"]):
            odoo.call(model, "action_confirm", [row["id"]])
    for row in odoo.read("xero.mapping.account", [own, ("state", "=", "missing")], ["account_type"]):
        found = odoo.read("xero.account", [own, ("code", "=", GENERAL.get(row["account_type"], OTHER))], ["code"])
        odoo.call("xero.mapping.account", "write", [row["id"]], {"xero_account_id": found[0]["id"]})
