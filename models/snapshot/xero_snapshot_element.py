from collections import namedtuple
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...mappers.payment.canonical import target_of
from ...xero_api import codec, dates, shape
from ..inbound.xero_sync_cursor import CLOCK_SLACK
from ..link.own_context import sent_value
from ..link.packed import PackedJson, column_of

# How each kind is read, and where its columns come from. `due` names what is still open.
Kind = namedtuple("Kind", "resource id_field number name total due params paged", defaults=({}, True))
ARCHIVED = {"includeArchived": "true"}
KINDS = {
    "Contact": Kind("Contacts", "ContactID", "ContactNumber", "Name", None, None, ARCHIVED),
    "Invoice": Kind("Invoices", "InvoiceID", "InvoiceNumber", None, "Total", "AmountDue", ARCHIVED),
    "CreditNote": Kind("CreditNotes", "CreditNoteID", "CreditNoteNumber", None, "Total", "RemainingCredit"),
    "Prepayment": Kind("Prepayments", "PrepaymentID", "Reference", None, "Total", "RemainingCredit"),
    "Overpayment": Kind("Overpayments", "OverpaymentID", "Reference", None, "Total", "RemainingCredit"),
    "Payment": Kind("Payments", "PaymentID", "Reference", None, "Amount", None),
    "Item": Kind("Items", "ItemID", "Code", "Name", None, None, {}, False),
}
COLUMNS = {
    "xero_id": "varchar",
    "number": "varchar",
    "name": "varchar",
    "contact_xero_id": "varchar",
    "target_xero_id": "varchar",
    "status": "varchar",
    "date": "date",
    "due_date": "date",
    "currency": "varchar",
    "total": "numeric",
    "amount_due": "numeric",
    "updated_at": "timestamp",
    "document_type": "varchar",
    "reference": "varchar",
    "tax_number": "varchar",
    "data": "bytea",
}


class XeroSnapshotElement(models.Model):
    """One element as Xero gave it. Ids, amounts and texts are Xero's own; nothing here is linked or judged yet."""

    _name = "xero.snapshot.element"
    _inherit = ["xero.company.guard"]
    _description = "Xero Snapshot Element"
    _order = "snapshot_id desc, id"
    _rec_name = "number"

    snapshot_id = fields.Many2one("xero.snapshot", required=True, ondelete="cascade", readonly=True)
    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    xero_type = fields.Char("Kind", required=True, readonly=True)
    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    number = fields.Char(readonly=True, help="Number of a document, ContactNumber of a contact, code of an item.")
    name = fields.Char(readonly=True, help="Name of a contact or an item, or of the contact of a document.")
    contact_xero_id = fields.Char("Xero ID of the Contact", readonly=True)
    target_xero_id = fields.Char("Xero ID of What Is Paid", readonly=True)
    status = fields.Char(readonly=True)
    date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    currency = fields.Char(readonly=True)
    total = fields.Float(digits=(20, 4), readonly=True, help="In the currency of the element.")
    amount_due = fields.Float(digits=(20, 4), readonly=True, help="What is open, in the currency of the element.")
    updated_at = fields.Datetime("Updated in Xero", readonly=True, help="By Xero's clock.")
    document_type = fields.Char(readonly=True, help="ACCREC, ACCPAY or their credits.")
    reference = fields.Char(readonly=True)
    tax_number = fields.Char(readonly=True)
    data = PackedJson(readonly=True, help="The whole element; numbers with a fraction are texts, digit by digit.")

    _element_unique = models.UniqueIndex("(snapshot_id, xero_type, xero_id)")
    _target = models.Index("(snapshot_id, target_xero_id) WHERE target_xero_id IS NOT NULL")
    _numbered = models.Index("(snapshot_id, number) WHERE number IS NOT NULL")

    @api.model
    def _check_kinds(self, kinds) -> None:
        """See that ``kinds`` can be read.

        :raise ValueError: for none, and for unknown ones
        """
        known = self._kinds()
        unknown = [kind for kind in kinds if kind not in known]
        if unknown or not kinds:
            raise ValueError(f"Kinds of a snapshot: {', '.join(known)}; not {unknown or 'none'}")

    @api.model
    def _kinds(self) -> dict:
        """Return ``{Xero type: Kind}``: the core's, and those of importers that say theirs."""
        further = {inbound._xero_type: inbound._snapshot for inbound in self.env["xero.inbound"]._all()}
        return {**KINDS, **{kind: form for kind, form in further.items() if form}}

    @api.model
    def _store(self, snapshot, kind: str, elements: list) -> None:
        """Insert ``elements`` with one statement; one that a shifted page shows again replaces the former.

        An odd one is kept without what is odd in it: left out, it would look as if it were not in Xero.

        :param snapshot: one ``xero.snapshot``
        :param kind: a Xero type that ``_kinds`` has
        :param elements: as they stand in the list of an answer
        """
        form = self._kinds()[kind]
        id_field = form.id_field
        well, odd = shape.sort(kind, elements, id_field)
        quarantine = self.env["xero.quarantine"].sudo()
        quarantine._put(snapshot.connection_id, kind, odd)
        quarantine._end(snapshot.connection_id, kind, [element[id_field] for element in well])
        left = shape.readable(kind, [item.element for item in odd], id_field)
        by_id = {element[id_field]: element for element in [*left, *well]}
        if not by_id:
            return
        latest = snapshot.connection_id._xero_now() + CLOCK_SLACK
        rows = [self._row(kind, form, element, latest) for element in by_id.values()]
        columns = SQL(", ").join(map(SQL.identifier, COLUMNS))
        values = SQL(", ").join(
            SQL("%s::" + sql_type + "[]", [row[name] for row in rows]) for name, sql_type in COLUMNS.items()
        )
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_snapshot_element (snapshot_id, connection_id, xero_type, %(columns)s)
                   SELECT %(snapshot)s, %(connection)s, %(kind)s, v.* FROM unnest(%(values)s) AS v
                       ON CONFLICT (snapshot_id, xero_type, xero_id) DO UPDATE SET %(replaced)s""",
                columns=columns,
                snapshot=snapshot.id,
                connection=snapshot.connection_id.id,
                kind=kind,
                values=values,
                replaced=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in COLUMNS
                ),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _row(self, kind: str, form: Kind, element: dict, latest=None) -> dict:
        """Return the columns of ``element``, which has passed the gate.

        :param latest: it cannot have been changed after this, by Xero's clock
        """
        contact = element.get("Contact") or (element.get("Invoice") or {}).get("Contact") or {}
        return {
            "xero_id": element[form.id_field],
            "number": _text(element.get(form.number)),
            "name": _text(element.get(form.name) if form.name else contact.get("Name")),
            "contact_xero_id": contact.get("ContactID") or None,
            "target_xero_id": target_of(element)[1] or None if kind == "Payment" else None,
            "status": element.get("ContactStatus" if kind == "Contact" else "Status") or None,
            "date": _moment(element.get("DateString") or element.get("Date")),
            "due_date": _moment(element.get("DueDateString") or element.get("DueDate")),
            "currency": element.get("CurrencyCode") or None,
            "total": _number(element.get(form.total)),
            "amount_due": _number(element.get(form.due)),
            "updated_at": dates.believable(element.get("UpdatedDateUTC"), latest),
            "document_type": _text(element.get("Type")),
            "reference": _text(element.get("Reference")),
            "tax_number": _text(element.get("TaxNumber")),
            "data": column_of(codec.dumps(exact(element)).decode()),
        }

    # === MATCHING === #

    def action_match_choose(self):
        """Be the counterpart of the line in the context."""
        self.ensure_one()
        line = self.env["xero.match.line"].browse(sent_value(self.env, "xero_match_line", int)).exists()
        if not line:
            raise UserError(self.env._("The other one is not open any more. Read Xero again."))
        line._choose(self)
        return line._get_records_action(name=self.env._("Match Records"))


def exact(value):
    """Return ``value`` with decimals as texts: what is kept as JSON comes back to the last digit.

    :param value: of JSON, at any depth
    """
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {key: exact(part) for key, part in value.items()}
    if isinstance(value, list):
        return [exact(part) for part in value]
    # The database takes every character but this one.
    return value.replace("\x00", "") if isinstance(value, str) else value


def _text(value):
    return exact(str(value)) if value else None


def _number(value):
    return None if value is None or value == "" else Decimal(str(value))


def _moment(value):
    """A date that nobody understands stays in ``data`` and does not stop the reading."""
    try:
        return dates.parse_xero(value)
    except ValueError:
        return None
