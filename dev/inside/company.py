"""Companies with books, connected to the simulated Xero, and documents by the hundred."""

from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import requests

from odoo import Command

KINDS = ("out_invoice", "in_invoice", "out_refund", "out_invoice", "in_invoice", "in_refund")


def open_books(env, name: str) -> int:
    """Make a company called `name` with a chart of accounts in US dollars; return its id."""
    usd = env.ref("base.USD")
    usd.active = True
    company = env["res.company"].create({"name": name, "country_id": env.ref("base.us").id, "currency_id": usd.id})
    env.user.company_ids |= company
    env.ref("base.user_admin").company_ids |= company
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    return company.id


def connect(env, company_id: int, simulator: str, organisation: str, beside: int = 0) -> int:
    """Connect a company to an organisation of the simulator at that address, with every mapping confirmed.

    :param beside: a connection whose app and consent serve this one too
    """
    env["ir.config_parameter"].set_param("web.base.url", "http://localhost:8069")
    credential = env["xero.connection"].browse(beside).credential_id or _credential(env, simulator)
    connection = env["xero.connection"].create(
        {
            "company_id": company_id,
            "credential_id": credential.id,
            "sync_from": "2020-01-01",
            "contact_policy": "used",
        }
    )
    _give_consent(env, connection, organisation)
    confirm_mappings(env, connection)
    return connection.id


def _credential(env, simulator: str):
    app = requests.get(f"{simulator}/simulator", timeout=30).json()["apps"][0]
    values = {"name": "Xero app", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    return env["xero.credential"].create(values)


def reconnect(env, connection_id: int, organisation: str) -> str:
    """Give consent anew, as an administrator does who is told to; return the state of the connection."""
    connection = env["xero.connection"].browse(connection_id)
    _give_consent(env, connection, organisation)
    return connection.state


def _give_consent(env, connection, organisation: str) -> None:
    from odoo.addons.xero_connector.models.connection import gate as xero_gate

    action = connection.action_connect()
    env.cr.commit()
    back = _consent(action["url"], organisation)
    payload = env["xero.credential"]._read_state(back["state"])
    event = xero_gate.complete_consent(connection.credential_id, back["code"], payload["nonce"])
    connection.env["xero.consent"]._offer_organisations(connection, event)


def _consent(url: str, organisation: str) -> dict[str, str]:
    parts = urlsplit(url)
    form = [*parse_qsl(parts.query), ("decision", "allow"), ("organisation", organisation)]
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    answer = requests.post(address, data=form, allow_redirects=False, timeout=30)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def confirm_mappings(env, connection) -> None:
    """Accept what is suggested, as a person who looked at each, and choose for the accounts that are left."""
    for rows in (connection.account_mapping_ids, connection.tax_mapping_ids, connection.journal_mapping_ids):
        for row in rows:
            row.action_confirm()
    for row in connection.account_mapping_ids.filtered(lambda row: row.state != "confirmed"):
        code = "200" if row.account_id.internal_group == "income" else "400"
        found = [("connection_id", "=", connection.id), ("code", "=", code)]
        row.write({"xero_account_id": env["xero.account"].search(found).id, "state": "confirmed"})


def take_payments(env, connection_id: int, code: str) -> None:
    """Have payments through the Xero bank account `code` booked in the company's bank journal."""
    connection = env["xero.connection"].browse(connection_id)
    account = env["xero.account"].search([("connection_id", "=", connection_id), ("code", "=", code)])
    company = [("company_id", "=", connection.company_id.id), ("type", "=", "bank")]
    journal = env["account.journal"].search(company, limit=1)
    row = env["xero.mapping.journal"]._ensure(connection, account)
    row.write({"journal_id": journal.id, "direction": "xero_to_odoo", "state": "confirmed"})


def set_webhook_key(env, connection_id: int, key: str) -> str:
    """Store the key that Xero signs webhooks with; return the path they are delivered to."""
    credential = env["xero.connection"].browse(connection_id).credential_id
    credential.webhook_key = key
    env.cr.commit()
    return f"/xero/webhook/{credential.webhook_token}"


def make(env, company_id: int, count: int, contacts: int, first: int = 0, post: bool = True) -> list[int]:
    """Create `count` documents for `contacts` new contacts and return their ids.

    The kinds take turns. Bills come in pairs with one number: Xero, as Odoo, lets a vendor use it twice.
    """
    env = env(context={**env.context, "allowed_company_ids": [company_id]})
    names = [f"Contact {first + number}" for number in range(contacts)]
    partners = env["res.partner"].create([{"name": name, "is_company": True} for name in names])
    moves = env["account.move"].create(
        [document(partners[number % contacts], first + number, KINDS[number % len(KINDS)]) for number in range(count)]
    )
    if post:
        moves.action_post()
    return moves.ids


def document(partner, number: int, kind: str) -> dict:
    """Return the values of a document: one to three lines, no two documents of the same total."""
    lines = [
        {"name": f"Article {number}-{line}", "quantity": line + 1, "price_unit": 10 + 0.37 * number + line}
        for line in range(1 + number % 3)
    ]
    values = {
        "move_type": kind,
        "partner_id": partner.id,
        "invoice_date": str(date.today() - timedelta(days=number % 5)),
        "invoice_line_ids": [Command.create(line) for line in lines],
    }
    return values if kind.startswith("out_") else {**values, "ref": f"V-{number // 6}"}


def change(env, move_ids: list[int], text: str) -> None:
    """Give posted documents another reference, which Xero must hear of."""
    env["account.move"].browse(move_ids).write({"ref": text})


def renumber(env, move_ids: list[int]) -> None:
    """Give posted documents numbers far behind all others, as a person does whose number is taken."""
    for move in env["account.move"].browse(move_ids):
        move.button_draft()
        move.name = f"{move.name[:-5]}{90000 + move.id % 10000:05d}"
        move.action_post()


def apply_credits(env, company_id: int, share: float) -> int:
    """Apply a share of every open credit note to an invoice or bill of its contact; return how many were."""
    env = env(context={**env.context, "allowed_company_ids": [company_id]})
    moves = env["account.move"].search([("company_id", "=", company_id), ("state", "=", "posted")], order="id")
    applied = 0
    for note in moves.filtered(lambda move: move.move_type.endswith("refund") and move.amount_residual > 1):
        wanted = note.move_type.replace("refund", "invoice"), note.partner_id
        fitting = moves.filtered(
            lambda move, wanted=wanted: (move.move_type, move.partner_id) == wanted and move.amount_residual > 1
        )
        if fitting:
            amount = round(min(note.amount_residual, fitting[0].amount_residual) * share, 2)
            env["xero.payment.ledger"]._allocate(fitting[0], note, amount)
            applied += 1
    return applied


def take_back_credits(env, company_id: int, every: int) -> None:
    """Undo every so many of the reconciliations of credit notes."""
    notes = env["account.move"].search([("company_id", "=", company_id), ("move_type", "like", "%refund")])
    partials = notes.line_ids.matched_debit_ids | notes.line_ids.matched_credit_ids
    partials.sorted("id")[::every].unlink()


def open_amounts(env, connection_id: int) -> dict[str, str]:
    """Return what Odoo holds open of each document that is in Xero, by Xero's id."""
    links = env["xero.link"].search([("connection_id", "=", connection_id), ("res_model", "=", "account.move")])
    moves = env["account.move"]
    return {link.xero_id: f"{moves.browse(link.res_id).amount_residual:.2f}" for link in links if link.xero_id}


def resume(env) -> None:
    """Let every pause be over and every retry be due, as if a person had pressed the buttons."""
    env["xero.connection"].search([]).action_resume()
    past = "now() AT TIME ZONE 'UTC' - interval '1 minute'"
    env.cr.execute(f"UPDATE xero_sync_job SET run_after = {past} WHERE state = 'pending'")
    env.cr.execute("UPDATE xero_sync_batch SET resolve_after = NULL WHERE state != 'done'")


def report(env, connection_id: int) -> dict:
    """Return what Odoo thinks stands in Xero: documents, contacts, and counts of what is not finished."""
    links = env["xero.link"].search([("connection_id", "=", connection_id)])
    of = {(link.res_model, link.res_id): link for link in links}
    company = env["xero.connection"].browse(connection_id).company_id
    posted = [("company_id", "=", company.id), ("move_type", "!=", "entry"), ("state", "=", "posted")]
    moves = env["account.move"].search(posted)
    Job = env["xero.sync.job"]
    sending = [("connection_id", "=", connection_id), ("operation", "in", ("push", "void"))]
    jobs = Job._read_group(sending, ["state"], ["__count"])
    return {
        "documents": [_document(move, of.get(("account.move", move.id))) for move in moves],
        "contacts": [link.xero_id for link in links if link.res_model == "res.partner"],
        "partners": len(moves.commercial_partner_id),
        "jobs": dict(jobs),
        "failures": Job.search([*sending, ("failure_detail", "!=", False)], limit=5).mapped("failure_detail"),
        "open_batches": env["xero.sync.batch"].search_count(
            [("connection_id", "=", connection_id), ("state", "!=", "done")]
        ),
    }


def _document(move, link) -> dict:
    return {
        "id": move.id,
        "kind": move.move_type,
        "total": f"{move.amount_total:.2f}",
        "number": move.name,
        "ref": move.ref or "",
        "xero_id": link and link.xero_id,
        "link_state": link and link.state,
    }
