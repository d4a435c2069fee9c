"""What a step of a comparison found, gathered in memory and stored with a few statements."""

from collections import defaultdict
from decimal import Decimal
from functools import cached_property

from odoo.tools import SQL

from ...mappers.reason import english
from ...xero_api import codec
from .compare_document import ZERO
from .tax_books import compare_taxes

KEYS = (
    "section",
    "document_type",
    "side",
    "month",
    "account_code",
    "tax_type",
    "contact_xero_id",
    "partner_id",
    "contact_name",
    "currency_code",
    "tax_account_id",
    "grid",
)
KEY_TYPES = {"month": "date", "partner_id": "int", "tax_account_id": "int"}
AMOUNTS = ("count", "amount", "tax", "due", "base", "worth")
# What of a difference is explained, and none of a person's business.
EXPLAINED = ("amount", "tax")
SIDES = {"odoo": AMOUNTS, "xero": AMOUNTS, "explained": EXPLAINED}
BASE_COLUMNS = ("receivable_odoo", "receivable_xero", "payable_odoo", "payable_xero")
APPROVED = ("AUTHORISED", "PAID")
GONE = ("VOIDED", "DELETED")


def _nothing() -> dict:
    return {side: [0 if name == "count" else ZERO for name in names] for side, names in SIDES.items()}


class Worksheet:
    """Differences and sums of one step.

    :ivar waits: how many of those on the way wait for which history
    :ivar again: ids of links that changed since Xero was read; they are looked at once more after a fresh reading
    :ivar tax_map: ``TaxMap`` of ``tax_witness``, once it was asked for
    :ivar compared: how many were compared
    :ivar on_the_way: how many are not compared because they wait to be sent or read
    :ivar out_of_scope: how many are in one of the books only, and need not be in the other
    """

    def __init__(self, report):
        self.report = report
        self.differences = []
        self.totals = defaultdict(_nothing)
        self.compared = 0
        self.on_the_way = 0
        self.waits = defaultdict(int)
        self.out_of_scope = 0
        self.again = []
        self.tax_map = None
        self._kinds = report.env["xero.reconciler"]._kinds()

    @staticmethod
    def _key_of(parts) -> str:
        return codec.digest({name: str(part or "") for name, part in zip(KEYS, parts)})

    def differ(self, found, subject, **values) -> None:
        """Keep a difference.

        :param found: ``Found`` of ``compare_document``, its amount in the currency of the subject
        :param subject: the :class:`Subject` it is about
        :param values: further columns of ``xero.reconciliation.difference``
        """
        size = subject.base(abs(found.amount)) if found.amount is not None else ZERO
        row = {
            "reconciliation_id": self.report.id,
            "kind": found.kind,
            "section": self._kinds[found.kind].section,
            "odoo_value": found.odoo or False,
            "xero_value": found.xero or False,
            "amount": float(found.amount) if found.amount is not None else 0.0,
            "size": float(size),
            **subject.columns(),
            **values,
        }
        row["fingerprint"] = codec.digest(
            {
                name: english(self.report.env, row.get(name) or "")
                for name in (
                    "kind",
                    "res_model",
                    "res_id",
                    "xero_id",
                    "item_model",
                    "item_id",
                    "item_xero_id",
                    "odoo_value",
                    "xero_value",
                )
            }
        )
        self.differences.append((row, subject))

    def is_told(self, subject, kinds) -> bool:
        """Whether a difference of one of ``kinds`` was kept of ``subject``."""
        return any(row["kind"] in kinds for row, about in self.differences if about is subject)

    def add(self, side: str, key: dict, subject, *, count=0, **amounts) -> None:
        """Add what ``subject`` contributes to a sum of ``side`` (``odoo`` or ``xero``).

        :param key: which sum it is: some of ``KEYS``
        :param subject: the :class:`Subject` that it is of
        :param count: of documents or lines
        :param amounts: ``Decimal`` with its sign: ``amount``, ``tax`` and ``due`` in the currency that ``key`` names,
            else in the organisation's; ``base`` and ``worth`` are ``due`` and ``amount`` in the organisation's
        """
        parts = tuple(key.get(name) for name in KEYS)
        columns = SIDES[side]
        for row in (self.totals[parts][side], subject.sums[parts][side]):
            for name, value in {**amounts, **({"count": count} if count else {})}.items():
                row[columns.index(name)] += value

    def add_document(self, side: str, subject, facts) -> None:
        """Add an approved document to the sums by kind, by contact, and by month, account and tax.

        :param side: ``odoo`` or ``xero``
        :param subject: the :class:`Subject` that it is of
        :param facts: that side of it, ``Facts`` of ``compare_document``
        """
        sign = -1 if subject.is_credit else 1
        head = {"document_type": subject.document_type, "side": subject.side, "currency_code": facts.currency}
        base_due = sign * facts.base(facts.due)
        self.add(
            side,
            {**head, "section": "document"},
            subject,
            count=1,
            amount=sign * facts.total,
            tax=sign * facts.tax,
            due=sign * facts.due,
            base=base_due,
            worth=sign * facts.base(facts.total),
        )
        due = sign * facts.due
        self.add_contact(side, subject, subject.side, facts.contact, subject.partner_id, facts.currency, due, base_due)
        # What is bought lowers the result as what is sold raises it, so that months add up to something.
        result = -sign if subject.side == "payable" else sign
        for account, tax_type, net, tax in facts.worths():
            self.add(
                side,
                {
                    "section": "month",
                    "document_type": subject.document_type,
                    "month": f"{facts.date[:7]}-01" if facts.date else None,
                    "account_code": account,
                    "tax_type": tax_type,
                },
                subject,
                count=1,
                amount=result * net,
                tax=result * tax,
            )

    def add_contact(self, side, subject, ledger, contact_xero_id, partner_id, currency, due, base) -> None:
        """Add what a contact owes or is owed; a partner that Xero does not have counts under its own id.

        :param side: ``odoo`` or ``xero``
        :param ledger: ``receivable`` or ``payable``
        :param due: ``Decimal`` with its sign, in ``currency``
        :param base: the same in the organisation's currency
        """
        key = {
            "section": "contact",
            "side": ledger,
            "contact_xero_id": contact_xero_id or None,
            "partner_id": None if contact_xero_id else partner_id,
            "currency_code": currency,
        }
        self.add(side, key, subject, count=1, due=due, base=base)

    def add_taxes(self, subject, odoo, xero, tax_map, may_move=False):
        """Add the tax of an approved document to the sums by tax account and by tax grid.

        :param subject: the :class:`Subject` that it is of
        :param odoo: ``Facts`` of that side, with what is booked; ``None`` where it does not count
        :param xero: likewise
        :param tax_map: ``TaxMap`` of ``tax_witness``
        :param may_move: whether Xero may have it in a later month, because its own is locked there
        :return: the ``TaxComparison`` of both sides
        """
        ledger = odoo and odoo.ledger
        rest = (tax_map.accounts, tax_map.untaxed)
        months = {"odoo": ledger.month if ledger else "", "xero": xero.date[:7] if xero else ""}
        if not (ledger and xero) or months["odoo"] == months["xero"]:
            found = compare_taxes(ledger, xero, *rest)
            self._add_tax_rows(subject, months["odoo"] or months["xero"], ledger, found)
            return found
        is_moved = may_move and months["odoo"] < months["xero"]
        for side, parts in (("odoo", (ledger, None)), ("xero", (None, xero))):
            alone = compare_taxes(*parts, *rest)
            self._add_tax_rows(subject, months[side], ledger, alone, is_moved)
        found = compare_taxes(ledger, xero, *rest)
        found.months = () if is_moved or not (found.tax or found.base) else tuple(months.values())
        return found

    def _add_tax_rows(self, subject, month, ledger, found, is_moved=False):
        sign = -1 if subject.is_credit else 1
        result = -sign if subject.side == "payable" else sign
        head = {"document_type": subject.document_type, "month": f"{month}-01" if month else None}
        for kind, rows in (("tax", found.tax), ("amount", found.base)):
            for row in rows:
                explained = row.odoo - row.xero if is_moved else row.explained
                amounts = {"odoo": row.odoo, "xero": row.xero, "explained": explained}
                keys = {**head, "tax_type": row.tax_type}
                if kind == "tax":
                    account = {**keys, "section": "tax", "tax_account_id": row.place.account_id}
                    self._add_sides(account, subject, kind, amounts, result)
                for grid in row.place.grids:
                    # A return adds up balances, whatever documents they are of.
                    factor = (ledger.direction if ledger else 1) * (-1 if grid.is_negated else 1)
                    of_grid = {**keys, "section": "grid", "grid": grid.name, "document_type": None}
                    self._add_sides(of_grid, subject, kind, amounts, factor)

    def _add_sides(self, key, subject, kind, amounts, factor):
        for side, value in amounts.items():
            count = {} if side == "explained" else {"count": bool(value)}
            self.add(side, key, subject, **count, **{kind: factor * value})

    # === STORING === #

    def save(self) -> None:
        """Store all; a statement for the sums, an insert of many rows for the differences."""
        report = self.report
        report.env["xero.reconciliation.difference"].create(
            [{**row, "total_keys": self._total_keys(subject)} for row, subject in self.differences]
        )
        self._save_totals()
        report.write(
            {
                "compared_count": report.compared_count + self.compared,
                "on_the_way_count": report.on_the_way_count + self.on_the_way,
                "out_of_scope_count": report.out_of_scope_count + self.out_of_scope,
                "waits": report._waits_with(self.waits),
            }
        )

    def _total_keys(self, subject) -> str | bool:
        """Return the keys of the sums to which the two sides of ``subject`` contribute unequally."""
        keys = [self._key_of(parts) for parts, sides in subject.sums.items() if sides["odoo"] != sides["xero"]]
        return " ".join(sorted(keys)) or False

    def _save_totals(self):
        if not self.totals:
            return
        report, columns = self.report, [f"{side}_{name}" for side, names in SIDES.items() for name in names]
        values = [
            SQL(
                "(%s, %s, %s, %s)",
                report.id,
                self._key_of(key),
                SQL(", ").join(
                    SQL("%s::" + KEY_TYPES.get(name, "varchar"), part)
                    for name, part in zip(KEYS, key)
                ),
                SQL(", ").join(SQL("%s", amount) for side in SIDES for amount in sums[side]),
            )
            for key, sums in self.totals.items()
        ]
        report.env.cr.execute(
            SQL(
                """INSERT INTO xero_reconciliation_total (reconciliation_id, key, %s, %s) VALUES %s
                   ON CONFLICT (reconciliation_id, key) DO UPDATE SET %s""",
                SQL(", ").join(map(SQL.identifier, KEYS)),
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(values),
                SQL(", ").join(
                    SQL(
                        "%s = xero_reconciliation_total.%s + EXCLUDED.%s",
                        SQL.identifier(name),
                        SQL.identifier(name),
                        SQL.identifier(name),
                    )
                    for name in columns
                ),
            )
        )
        report.env["xero.reconciliation.total"].invalidate_model(flush=False)


class Subject:
    """What a difference is about: a record in Odoo, an element in Xero, or both.

    :ivar sums: what each side of it contributes to which sums
    :param record: of Odoo; ``None`` or empty without one
    :param element: ``xero.snapshot.element``; ``None`` or empty without one
    :param xero_type: where no element says it
    :param rate: units of the currency of the subject for one of the organisation's
    :param note: what else there is to say of it, translated
    """

    def __init__(self, record=None, element=None, *, xero_type=None, rate=Decimal(1), note=None):
        self.record = record
        self.element = element
        self.xero_type = xero_type or (element.xero_type if element else None)
        self.rate = rate or Decimal(1)
        self.note = note
        self.sums = defaultdict(_nothing)

    def base(self, amount: Decimal) -> Decimal:
        """Return ``amount``, in the currency of the subject, in the organisation's, rounded to cents."""
        return round(amount / self.rate, 2)

    @cached_property
    def document_type(self):
        """Xero's type of the document, by either side. Each look into an element copies the whole of it: one does."""
        stated = (self.element.data or {}).get("Type") if self.element else None
        return stated or (MOVE_XERO_TYPES.get(self.record.move_type) if _is_move(self.record) else None)

    @property
    def is_credit(self) -> bool:
        return str(self.document_type or "").endswith("CREDIT")

    @property
    def side(self) -> str:
        return "payable" if str(self.document_type or "").startswith("ACCPAY") else "receivable"

    @property
    def partner_id(self):
        return self.record.commercial_partner_id.id if _is_move(self.record) else None

    def columns(self) -> dict:
        record, element = self.record, self.element
        is_move = _is_move(record)
        partner = record.commercial_partner_id if is_move else record.partner_id if _has_partner(record) else None
        return {
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
            "record_name": record.display_name if record else False,
            "partner_id": record.id if record and record._name == "res.partner" else partner.id if partner else False,
            "contact_name": (partner.display_name if partner else None) or (element.name if element else False),
            "xero_type": self.xero_type,
            "xero_id": element.xero_id if element else False,
            "xero_number": (element.number or element.name) if element else False,
            "date": (record.date if is_move else None) or (element.date if element else False),
            "currency_code": (element.currency if element else None)
            or (record.currency_id.name if is_move else False),
            "note": self.note or False,
        }


MOVE = "account.move"
MOVE_XERO_TYPES = {
    "out_invoice": "ACCREC",
    "out_receipt": "ACCREC",
    "in_invoice": "ACCPAY",
    "in_receipt": "ACCPAY",
    "out_refund": "ACCRECCREDIT",
    "in_refund": "ACCPAYCREDIT",
}


def _is_move(record) -> bool:
    return bool(record) and record._name == MOVE


def _has_partner(record) -> bool:
    return bool(record) and "partner_id" in record._fields
