"""Where a person cures what Xero refused, and what change cures it."""

import re
from collections import namedtuple

from odoo import models

from ...mappers.awaited import ALLOWED, LISTS, LOCK_DATES, currency_key, record_key
from ...xero_api.elements import classify

# A creation or update that was refused: its record, what was sent, and Xero's own sentences.
Refused = namedtuple("Refused", "res_id payload messages")
# Where it is fixed, as failures keep it, or ``None``; and the keys of ``mappers/awaited`` that it waits for.
Cure = namedtuple("Cure", "fix waits", defaults=(None, ()))
NO_CURE = Cure()
QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"|\u201c([^\u201d]*)\u201d|\u2018([^\u2019]*)\u2019")


class XeroRefusal(models.AbstractModel):
    """Xero says why in sentences of its own. What they are about leads to a mapping, a contact or the connection."""

    _name = "xero.refusal"
    _description = "Xero Refusal"

    def _cures(self, connection, mapper, refused) -> list[Cure]:
        """Return the cure of each of ``refused``; a few queries for any number.

        :param connection: ``xero.connection``
        :param mapper: of their type
        :param refused: list of :class:`Refused`
        """
        kinds = [{classify(message) for message in one.messages} for one in refused]
        rows = _MappedRows(connection, refused) if any(kinds) else None
        every = self.env[mapper._odoo_model].browse([one.res_id for one in refused]).exists()
        records = {record.id: record for record in every}
        return [
            self._cure(connection, mapper, records.get(one.res_id), one, found, rows)
            for one, found in zip(refused, kinds, strict=True)
        ]

    def _cure(self, connection, mapper, record, one, kinds, rows) -> Cure:
        fixes, waits = [], set()
        own = record_key(mapper._odoo_model, one.res_id)
        if "account_mapping" in kinds:
            fixes += rows.accounts(record, one)
        if "tax_mapping" in kinds:
            fixes += rows.taxes(record, one)
            # Another account may take the tax.
            waits |= {record_key(row._name, row.id) for row in rows.accounts(record, one)}
        if "tracking_mapping" in kinds:
            fixes += rows.options(one)
        if kinds & {"account_mapping", "tax_mapping", "tracking_mapping"}:
            waits.add(LISTS)
        if "contact_archived" in kinds:
            fixes += rows.contact(one)
        if "currency" in kinds:
            fixes.append(connection)
            waits |= {currency_key(one.payload.get("CurrencyCode") or ""), ALLOWED, LISTS}
        if "locked_period" in kinds:
            fixes.append(connection)
            waits.add(LOCK_DATES)
        if "plan_limit" in kinds:
            fixes.append(connection)
            waits.add(ALLOWED)
        if kinds & {"document_closed", "overpaid", "gone", "duplicate_number", "duplicate_name"}:
            waits.add(own)
        waits |= {record_key(row._name, row.id) for row in fixes if row != connection}
        fix = {"model": fixes[0]._name, "res_id": fixes[0].id} if fixes else None
        return Cure(fix, tuple(sorted(waits)))


class _MappedRows:
    """The mapping rows, and contacts, that some refused elements name; each kind read once."""

    def __init__(self, connection, refused):
        self.env, self.connection = connection.env, connection
        self._refused = refused
        self._kept = {}

    def accounts(self, record, one) -> list:
        """Return the rows of the accounts that ``one`` was refused for: those that Xero names, else all of it; those
        that the record uses first.
        """
        lines = one.payload.get("LineItems") or []
        codes = {line.get("AccountCode") for line in lines} - {None, ""}
        found = [row for row in self._rows("xero.mapping.account") if row.xero_account_id.code in codes]
        found = _named(found, one, lambda row: (row.xero_account_id.code, row.xero_account_id.name))
        account = one.payload.get("Account")
        if isinstance(account, dict):
            found += [
                row
                for row in (*self._rows("xero.mapping.journal"), *self._rows("xero.mapping.account"))
                if account.get("AccountID") and row.xero_account_id.xero_id == account["AccountID"]
            ]
        used = _used(record, "account_id")
        return sorted(found, key=lambda row: row._name == "xero.mapping.account" and row.account_id.id not in used)

    def taxes(self, record, one) -> list:
        """Return the rows of the tax rates that ``one`` was refused for, as :meth:`accounts`."""
        types = {line.get("TaxType") for line in one.payload.get("LineItems") or []} - {None, ""}
        use = "sale" if str(one.payload.get("Type") or "").startswith("ACCREC") else "purchase"
        found = [
            row
            for row in self._rows("xero.mapping.tax")
            if row.xero_tax_rate_id.tax_type in types and row.type_tax_use == use
        ]
        used = _used(record, "tax_ids")
        found = _named(found, one, lambda row: (row.xero_tax_rate_id.tax_type, row.xero_tax_rate_id.name))
        return sorted(found, key=lambda row: not used.issuperset(row._key_ids()))

    def options(self, one) -> list:
        """Return the rows of the tracking options that ``one`` was refused for."""
        parts = [part for line in one.payload.get("LineItems") or [] for part in line.get("Tracking") or []]
        ids = {(part.get("TrackingOptionID") or "").lower() for part in parts} - {""}
        found = [row for row in self._rows("xero.mapping.tracking") if row.xero_option_id.xero_id.lower() in ids]
        return _named(
            found,
            one,
            lambda row: (row.xero_option_id.xero_id, row.xero_option_id.name, row.xero_option_id.category_id.name),
        )

    def contact(self, one) -> list:
        """Return the partner whose contact ``one`` was refused for."""
        xero_id = (one.payload.get("Contact") or {}).get("ContactID")
        return [self._contacts()[xero_id]] if xero_id in self._contacts() else []

    def _contacts(self) -> dict:
        if "contacts" not in self._kept:
            ids = {(one.payload.get("Contact") or {}).get("ContactID") for one in self._refused} - {None}
            links = self.env["xero.link"].search(
                [
                    ("connection_id", "=", self.connection.id),
                    ("xero_type", "=", "Contact"),
                    ("xero_id", "in", list(ids)),
                ]
            )
            living = self.env["res.partner"].browse(links.mapped("res_id")).exists().grouped("id")
            self._kept["contacts"] = {link.xero_id: living[link.res_id] for link in links if link.res_id in living}
        return self._kept["contacts"]

    def _rows(self, model):
        if model not in self._kept:
            domain = [("connection_id", "=", self.connection.id), ("state", "=", "confirmed")]
            rows = self.env[model].search(domain)
            target = "xero_account_id" if model == "xero.mapping.journal" else rows._target
            self._kept[model] = rows.filtered(target)
        return self._kept[model]


def _named(rows, one, names) -> list:
    """Return those of ``rows`` that Xero's sentences name between quotes; all where they name none."""
    quoted = {text for message in one.messages for texts in QUOTED.findall(message) for text in texts if text}
    named = [row for row in rows if not quoted.isdisjoint(filter(None, names(row)))]
    return named or list(rows)


def _used(record, name) -> set[int]:
    """Return the ids that the lines of ``record`` have in the field ``name``; empty for what has no lines."""
    if not record or "invoice_line_ids" not in record._fields:
        return set()
    return set(record.invoice_line_ids[name].ids)
