"""Matches seeded messy books in this process and measures it."""

import importlib.util
import sys
from types import ModuleType
from typing import Any

from dev.inside.drain import cpu_seconds
from dev.machine import paths

CHUNK = 500


def match(env: Any, *, connection: int, postmaster: int, count: int, seed: int) -> dict[str, float]:
    """Put both sides of the seeded books into the database, compare them, and return CPU seconds, precision of the
    pairs called sure, and recall of those and of the likely ones.

    :param postmaster: process id of PostgreSQL, whose CPU time counts too
    """
    books = _messy_books().make_books(count, seed)
    partners = _enter_partners(env, books)
    matching = _enter_snapshot(env, books, connection)
    env.cr.commit()
    started = cpu_seconds(postmaster)
    _compare(env, matching)
    spent = cpu_seconds(postmaster) - started
    pairs = {grade: _pairs(matching, grade, partners) for grade in ("sure", "likely")}
    precision, recall = books.figures(pairs["sure"])
    together = books.figures(pairs["sure"] + pairs["likely"])
    return {"cpu": spent, "precision": precision, "recall": recall, "recall_with_likely": together[1]}


def _messy_books() -> ModuleType:
    """The generator that the tests use, without the tests."""
    spec = importlib.util.spec_from_file_location("messy_books", paths.REPO / "tests" / "common" / "messy_books.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _enter_partners(env: Any, books: Any) -> dict[int, int]:
    """Create Odoo's side; return the key in the books by partner id."""
    quiet = env(context={**env.context, "xero_no_sync": True, "tracking_disable": True, "no_vat_validation": True})
    countries = {country.code: country.id for country in env["res.country"].search([])}
    keys: dict[int, int] = {}
    for start in range(0, len(books.partners), CHUNK):
        rows = books.partners[start : start + CHUNK]
        made = quiet["res.partner"].create([_partner_values(row, countries) for row in rows])
        keys |= {partner.id: row["id"] for partner, row in zip(made, rows, strict=True)}
        quiet["res.partner.bank"].create(
            [
                {"partner_id": partner.id, "acc_number": number}
                for partner, row in zip(made, rows, strict=True)
                for number in row["banks"]
            ]
        )
    return keys


def _partner_values(row: dict[str, Any], countries: dict[str, int]) -> dict[str, Any]:
    street, zip_code = row["places"][0] if row["places"] else (False, False)
    return {
        **{name: row[name] for name in ("name", "is_company", "active", "vat", "company_registry", "ref")},
        "country_id": countries[row["country"]],
        "email": row["emails"][0] if row["emails"] else False,
        "phone": row["phones"][0] if row["phones"] else False,
        "street": street,
        "zip": zip_code,
        "customer_rank": 1,
    }


def _enter_snapshot(env: Any, books: Any, connection: int) -> Any:
    """Store Xero's side as a snapshot that has been read; return the matching that waits for it."""
    values = {"connection_id": connection, "kinds": ["Contact"], "state": "ready"}
    values["company_id"] = env["xero.connection"].browse(connection).company_id.id
    snapshot = env["xero.snapshot"].create(values)
    for start in range(0, len(books.contacts), CHUNK):
        env["xero.snapshot.element"]._store(snapshot, "Contact", books.contacts[start : start + CHUNK])
    return env["xero.match"].create({"connection_id": connection, "snapshot_id": snapshot.id, "state": "scoring"})


def _compare(env: Any, matching: Any) -> None:
    """Do what the worker does, commits included."""
    matching._clear_open_lines()
    for batch in matching._propose():
        for start in range(0, len(batch.proposals), CHUNK):
            matching._write_proposals(batch, batch.proposals[start : start + CHUNK], start, len(batch.proposals))
            env.cr.commit()
            env.invalidate_all()
    matching._finish_scoring()
    env.cr.commit()


def _pairs(matching: Any, grade: str, partners: dict[int, int]) -> list[tuple[int, str]]:
    lines = matching.line_ids.filtered(lambda line: line.verdict == grade)
    return [(partners[line.res_id], line.xero_id) for line in lines if line.res_id in partners]
