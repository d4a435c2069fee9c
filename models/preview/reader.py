"""A record as Xero would show it: what the preview stores of one verdict. Reads; the rows are written by the caller."""

from decimal import Decimal
from itertools import chain, repeat

from ...mappers.document.canonical import payload_element
from ...mappers.reason import pack
from ...mappers.text import named
from ...mappers.values import booked, lower
from ...xero_api import codec
from ..inbound.wording import StateWords
from ..outbound.exporter import FAILED, SEND, WAITS

KINDS = {"res.partner": "contact", "xero.payment.part": "payment"}
# What a change of a contact's state is called in the payload, where an empty field is left as it is in Xero.
NO_DATE = False
# In place of the name of a field.
RESENT = "resent"


class PreviewReader:
    """One chunk of lines of one Xero type. The number of queries does not depend on how many lines there are.

    :param mapper: of the Xero type, with superuser's rights
    :param verdicts: ``{line id: Plan}``
    """

    def __init__(self, preview, mapper, lines, verdicts):
        self.env, self.connection, self._mapper = preview.env, preview.connection_id, mapper
        self._lines = lines
        model = self.env[mapper._odoo_model].sudo().with_context(active_test=False)
        self._records = {record.id: record for record in model.browse(lines.mapped("res_id")).exists()}
        links = self.env["xero.link"].sudo()
        self._links = links._map(self.connection, mapper._xero_type, mapper._odoo_model, lines.mapped("res_id"))
        self._inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        self._accounts = self._read("xero.account", "code", lambda row: row.display_name)
        rates = self.env["xero.tax.rate"].sudo().search([("connection_id", "=", self.connection.id)])
        self._rates = {rate.tax_type: rate.name for rate in rates}
        self._percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        self._contacts, self._contact_names = self._read_contacts(links)
        rules = self.env["xero.field.rule"].sudo().with_context(active_test=False)
        ruled = {rule for verdict in verdicts.values() if verdict.out for rule in _rules_of(verdict.out)}
        self._rule_names = {rule.id: rule.name for rule in rules.browse(sorted(ruled))}
        names = {("account", code): name for code, name in self._accounts.items()}
        names |= {("tax", code): name for code, name in self._rates.items()}
        self._words = StateWords(self.env, names)

    def _read(self, model, key, value) -> dict:
        rows = self.env[model].sudo().search([("connection_id", "=", self.connection.id)])
        return {row[key]: value(row) for row in rows}

    def _read_contacts(self, links) -> tuple[dict, dict]:
        """Return the names of the contacts in Xero, by partner id and by Xero's id."""
        if self._mapper._odoo_model != "account.move":
            return {}, {}
        partners = self.env["res.partner"].browse(
            [record.commercial_partner_id.id for record in self._records.values() if record.commercial_partner_id]
        )
        known = links._map(self.connection, "Contact", "res.partner", partners.ids)
        names = {partner.id: partner.name for partner in partners.sudo()}
        names |= {partner_id: link.xero_number for partner_id, link in known.items() if link.xero_number}
        return names, {lower(link.xero_id): names[partner_id] for partner_id, link in known.items() if link.xero_id}

    # === VALUES === #

    def exists(self, line) -> bool:
        """Whether Xero has the record already."""
        link = self._links.get(line.res_id)
        return bool(link and link._is_alive())

    def plain(self, line) -> dict:
        """Return what is known of a record that is not looked at closer.

        :param line: one of the chunk
        :return: values of ``xero.preview.line``; amounts are Odoo's own, in the currency of the document
        """
        record, link = self._records.get(line.res_id), self._links.get(line.res_id)
        is_move = record is not None and record._name == "account.move"
        kind = record.move_type if is_move else KINDS.get(line.res_model, "other")
        number = (link and link.xero_number) or (record is not None and record.display_name) or ""
        return {
            "kind": kind if kind in dict(line._fields["kind"].selection) else "other",
            "number": number,
            "contact": self._contacts.get(record.commercial_partner_id.id) if is_move else False,
            "currency": record.currency_id.name if is_move else False,
            "total": record.amount_total if is_move else 0.0,
            "untaxed": record.amount_untaxed if is_move else 0.0,
            "tax": record.amount_tax if is_move else 0.0,
            "date": (record.invoice_date or record.date) if is_move else NO_DATE,
            "taken": False,
        }

    def values(self, line, verdict) -> dict:
        """Return the values of ``line`` that ``verdict`` tells.

        :param line: one of the chunk
        :param verdict: of ``line``
        :return: values of ``xero.preview.line``; amounts are those that Xero would have, in the currency of the
            document
        """
        values = {**self.plain(line), "changes": False, "card": False, "needs": False}
        out = verdict.out
        if out is not None and out.is_due:
            values |= self._of_payload(line, out)
            values["needs"] = [[need.res_model, need.res_id] for need in out.needs] if verdict.kind == WAITS else False
        if verdict.kind in (SEND, WAITS, FAILED) and self.exists(line):
            values["changes"] = self._changes(line, verdict)
        return values

    def _of_payload(self, line, out) -> dict:
        payload = out.payload
        values = {"number": out.number or line.number or payload.get("Name") or "", "status": out.status}
        if self._mapper._odoo_model != "account.move":
            card = self._fields_card(payload)
            if out.total is not None:
                values["total"] = float(out.total)
            return {**values, "card": card}
        element = payload_element(payload, self._percents, out.total, self._mapper._xero_id_field, "")
        if any("LineAmount" in row and not row.get("TaxType") for row in element["LineItems"]):
            self._tax_as_booked(self._records[line.res_id], out, element)
        subtotal = sum((row["LineAmount"] for row in element["LineItems"] if "LineAmount" in row), Decimal(0))
        total = subtotal + element["TotalTax"]
        return {
            **values,
            "date": payload.get("Date") or NO_DATE,
            "due_date": payload.get("DueDate") or NO_DATE,
            "currency": payload.get("CurrencyCode"),
            "untaxed": float(subtotal),
            "tax": float(element["TotalTax"]),
            "total": float(total),
            "taken": str(payload.get("Type") or "").startswith("ACCREC") and not self.exists(line),
            "card": self._document_card(line, out, element, subtotal, total),
        }

    def _tax_as_booked(self, move, out, element) -> None:
        """Give ``element`` Odoo's own tax: while a Xero tax rate is not chosen, nobody knows what Xero's would be."""
        places = move.currency_id.decimal_places
        taxes = {row.id: booked(row.price_total - row.price_subtotal, places) for row in move.invoice_line_ids}
        for line_id, row in zip(out.line_ids, element["LineItems"]):
            if line_id in taxes and "LineAmount" in row:
                row["TaxAmount"] = taxes[line_id]
        element["TotalTax"] = booked(move.amount_tax, places)

    # === CARDS === #

    def _document_card(self, line, out, element, subtotal, total) -> dict:
        record = self._records[line.res_id]
        return {
            "contact": self._contacts.get(record.commercial_partner_id.id) or "",
            "number": out.number or "",
            "reference": element.get("Reference") or "",
            "date": element.get("Date") or "",
            "due_date": element.get("DueDate") or "",
            "currency": element.get("CurrencyCode") or "",
            "rate": f"{element['CurrencyRate']:f}" if element.get("CurrencyRate") else "",
            "base": self.connection.currency_code or "",
            "status": out.status,
            "lines": [
                {**self._line(row), "rules": self._names_of(out.ruled_lines.get(line_id, ()))}
                for row, line_id in zip(element["LineItems"], chain(out.line_ids, repeat(0)))
            ],
            "rules": self._names_of(_rules_of(out) - {rule for ids in out.ruled_lines.values() for rule in ids}),
            "subtotal": f"{subtotal:,.2f}",
            "tax": f"{element['TotalTax']:,.2f}",
            "total": f"{total:,.2f}",
        }

    def _names_of(self, rule_ids) -> list[str]:
        """Return the names of field rules, in their order."""
        return [named(self._rule_names[rule_id]) for rule_id in dict.fromkeys(rule_ids)]

    def _line(self, row) -> dict:
        if "LineAmount" not in row:
            return {"description": row.get("Description") or ""}
        return {
            "description": row.get("Description") or "",
            "quantity": _plain(row.get("Quantity")),
            "price": _plain(row.get("UnitAmount"), 2),
            "discount": _plain(row.get("DiscountRate")),
            "account": self._accounts.get(row.get("AccountCode")) or row.get("AccountCode") or "?",
            "tax_rate": self._rates.get(row.get("TaxType")) or row.get("TaxType") or "?",
            "tax": f"{row['TaxAmount']:,.2f}",
            "amount": f"{row['LineAmount']:,.2f}",
        }

    def _fields_card(self, payload) -> dict:
        """Return the card of a contact, or of what has no lines: name and value of each field."""
        state = self._canonical(payload)
        rows = [[name, self._text(name, value)] for name, value in state.items() if name != "status"]
        return {"fields": rows}

    def _canonical(self, payload) -> dict:
        if self._inbound is None:
            return {}
        try:
            return self._inbound._canonical(payload)
        except NotImplementedError:
            return {}

    # === CHANGES === #

    def _changes(self, line, verdict) -> list:
        """Return ``[name, before, after]`` of each field that would change; before is what both last agreed on.

        Whoever reads it is told what the fields are called.
        """
        link = self._links[line.res_id]
        before = link.base_state or {}
        if verdict.item and "Status" in verdict.item.payload and len(verdict.item.payload) == 2:
            return [["status", link.xero_status or "", verdict.item.payload["Status"]]]
        payload = verdict.item.payload if verdict.item else (verdict.out.payload if verdict.out else {})
        after = self._after(link, payload, verdict.out)
        names = [name for name in after if before.get(name) != after[name] and name not in ("money", "type")]
        rows = [[name, *self._sides(name, before, after)] for name in names]
        if verdict.kind == SEND and verdict.out and not rows and codec.digest(verdict.out.canonical()) != link.digest:
            rows = [[RESENT, "", ""]]
        return rows

    def _after(self, link, payload, out) -> dict:
        if self._mapper._odoo_model == "account.move" and payload.get("LineItems") and "Type" not in payload:
            return self._inbound._canonical_sent(link.connection_id, link, payload, None)
        if self._mapper._odoo_model == "account.move" and payload.get("LineItems"):
            element = payload_element(payload, self._percents, out.total, self._mapper._xero_id_field, link.xero_id)
            return self._canonical(element)
        state = self._canonical({"Type": (link.base_state or {}).get("type"), **payload})
        # Only what is sent changes: what a head leaves out, and what is empty in Odoo, stays in Xero.
        return {name: value for name, value in state.items() if value not in ("", [], {}, None)}

    def _sides(self, name, before, after) -> list:
        values = [before.get(name), after[name]]
        if name == "contact":
            return [self._contact_names.get(value) or value or "" for value in values]
        return [self._text(name, value) for value in values]

    def _text(self, name, value) -> str:
        """Return a value as it is stored for readers of any language; a plain text is worded when it is read."""
        return value or "" if isinstance(value, str) or not value else pack(self.env, self._words.say(name, value))


def _rules_of(out) -> set:
    return {rule_id for ids in out.ruled.values() for rule_id in ids}


def _plain(value, places: int = 0) -> str:
    """Return a number without needless zeros, with at least ``places`` decimals."""
    if value is None:
        return ""
    text = f"{Decimal(value):,f}"
    whole, _point, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole
