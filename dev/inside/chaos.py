"""What the companies of a chaos run need beyond books and a connection: bank journals and a clerk who logs in."""

from typing import Any

from odoo import Command

CLERK = "clerk"
GROUPS = ("account.group_account_manager", "base.group_partner_manager", "xero_connector.group_xero_manager")
TAKEN, SENT = "090", "091"
"""Xero's bank accounts whose payments come from Xero, and go to it."""


def equip(env: Any, *, company_id: int, connection_id: int) -> dict[str, Any]:
    """Map a bank journal for either direction and make a clerk of this company alone.

    :return: the clerk's login, which is the password too, and the journal whose payments are sent
    """
    company = env["res.company"].browse(company_id)
    taken = env["account.journal"].search([("company_id", "=", company_id), ("type", "=", "bank")], limit=1)
    sent = taken.copy({"name": "Bank of Odoo", "code": "BNKO"})
    _map_bank(env, connection_id, TAKEN, taken, "xero_to_odoo")
    _map_bank(env, connection_id, SENT, sent, "odoo_to_xero")
    login = f"{CLERK}{company_id}"
    env["res.users"].create({
        "name": f"Clerk of {company.name}", "login": login, "password": login,
        "company_id": company_id, "company_ids": [Command.set([company_id])],
        "group_ids": [Command.link(env.ref(name).id) for name in GROUPS],
    })  # fmt: skip
    return {"login": login, "journal": sent.id}


def _map_bank(env: Any, connection_id: int, code: str, journal: Any, direction: str) -> None:
    account = env["xero.account"].search([("connection_id", "=", connection_id), ("code", "=", code)])
    row = env["xero.mapping.journal"]._ensure(env["xero.connection"].browse(connection_id), account)
    row.write({"journal_id": journal.id, "direction": direction, "state": "confirmed"})
