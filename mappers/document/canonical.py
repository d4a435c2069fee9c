"""Invoices, bills and credit notes as plain values, the same whichever side has them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from ...xero_api.money import cents, line_amount, line_tax
from ..values import amount, clean, day, decimal, lower, number, words

# Payments and credits make an approved document PAID and back: that is no edit.
# A draft is deleted, an approved document voided: either is gone.
STATUS = {"PAID": "AUTHORISED", "SUBMITTED": "DRAFT", "DELETED": "VOIDED"}
GONE = ("VOIDED", "DELETED")
# What may change on a document that is settled or closed, in Odoo as in Xero.
DETAILS = ("number", "reference", "due_date", "tracking")
# What a document is: the rest may be told otherwise by either side.
IDENTITY = ("type", "contact", "date", "currency", "total")


# Of what is stored. The first version carries no number.
VERSION = 1


@dataclass(frozen=True)
class LineState:
    """A line of a document: texts, amounts as :func:`~..values.amount` writes them; what is empty is not said.

    :ivar net: without tax; empty for a line that only says something
    """

    description: str = ""
    quantity: str = ""
    price: str = ""
    discount: str = ""
    account: str = ""
    tax_type: str = ""
    net: str = ""
    tax: str = ""

    @classmethod
    def from_element(cls, line: dict, inclusive: bool) -> LineState:
        """Return a line in the form of Xero's JSON; ``inclusive`` when its amount includes the tax."""
        gross, tax = line.get("LineAmount"), line.get("TaxAmount")
        account = words(line.get("AccountCode") or line.get("AccountID"))
        # A line that only says something has no account; Xero may still give it an amount of zero.
        telling = gross is None or (not account and not Decimal(str(gross)))
        if telling:
            return cls(description=words(line.get("Description")), account=account)
        return cls(
            description=words(line.get("Description")),
            quantity=amount(line.get("Quantity")),
            price=amount(line.get("UnitAmount")),
            discount=amount(line.get("DiscountRate")),
            account=account,
            tax_type=line.get("TaxType") or "",
            net=number(Decimal(str(gross)) - (Decimal(str(tax or 0)) if inclusive else 0)),
            tax=amount(tax),
        )

    @classmethod
    def load(cls, stored: dict) -> LineState:
        """Return what :meth:`dump` returned."""
        return cls(**{name: stored[name] for name in LINE_NAMES if name in stored})

    def dump(self) -> dict:
        """Return the values as they are stored, without what is empty."""
        return clean({name: getattr(self, name) for name in LINE_NAMES})

    def changed_from(self, base: LineState) -> set[str]:
        """Return the fields in which the line differs from ``base``."""
        return changed_fields(base.dump(), self.dump())


@dataclass(frozen=True)
class MoneyState:
    """What has been settled: changes of it are payments and credits, not edits.

    :ivar payments: ``id amount`` of each, in order; so are credits, and allocations of a credit note
    """

    paid: str = ""
    credited: str = ""
    remaining: str = ""
    payments: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    allocations: tuple[str, ...] = ()

    @classmethod
    def from_element(cls, element: dict) -> MoneyState:
        """Return what is settled of a document in the form of Xero's JSON."""
        return cls(
            paid=amount(element.get("AmountPaid")),
            credited=amount(element.get("AmountCredited")),
            remaining=amount(element.get("RemainingCredit")) if "CreditNoteID" in element else "",
            payments=_sorted(
                f"{lower(payment.get('PaymentID'))} {amount(payment.get('Amount'))}"
                for payment in element.get("Payments") or []
            ),
            credits=_sorted(
                _credit(kind, part)
                for kind in ("CreditNotes", "Prepayments", "Overpayments")
                for part in element.get(kind) or []
            ),
            allocations=_sorted(_allocation(part) for part in element.get("Allocations") or []),
        )

    @classmethod
    def load(cls, stored: dict) -> MoneyState:
        """Return what :meth:`dump` returned."""
        known = {name: stored[name] for name in MONEY_NAMES if name in stored}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})

    def dump(self) -> dict:
        """Return the values as they are stored, without what is empty."""
        return clean({name: _plain(getattr(self, name)) for name in MONEY_NAMES})

    def is_settled(self) -> bool:
        """Whether anything is paid or credited. Of a credit note Xero tells the refunds and where it went, not how
        much.
        """
        listed = self.payments or self.credits or self.allocations
        return bool(listed or decimal(self.paid) or decimal(self.credited))

    def after(self, kind: str, other_id: str, change: Decimal) -> MoneyState:
        """Return it after a credit was applied; see :meth:`DocumentState.after`."""
        total, listed = ("credited", "credits") if kind == "Invoice" else ("remaining", "allocations")
        left = decimal(getattr(self, total)) + (change if kind == "Invoice" else -change)
        rows, row = list(getattr(self, listed)), f"{lower(other_id)} {amount(abs(change))}"
        if change > 0:
            rows.append(row)
        elif row in rows:
            rows.remove(row)
        return replace(self, **{total: amount(left), listed: _sorted(rows)})


@dataclass(frozen=True)
class DocumentState:
    """What one side has of an invoice, bill or credit note, as far as the other may have to know; amounts in its
    currency, lines without tax. Two are equal exactly when there is nothing to tell.

    It is Xero's side (:meth:`from_element`), Odoo's (an element that is to be sent has its amounts by
    :func:`payload_element`), and what both last agreed on (:meth:`load` of a link's ``base_state``). What is empty is
    not said: of a document with money on it only a part is sent.

    :ivar tracking: the options on each line; empty when there are none
    :ivar more: what an addon keeps besides, by names of its own
    """

    type: str = ""
    status: str = ""
    number: str = ""
    reference: str = ""
    contact: str = ""
    date: str = ""
    due_date: str = ""
    currency: str = ""
    rate: str = ""
    tax: str = ""
    total: str = ""
    lines: tuple[LineState, ...] = ()
    tracking: tuple[str, ...] = ()
    money: MoneyState = MoneyState()
    more: dict = field(default_factory=dict)

    @classmethod
    def from_element(cls, element: dict, number_field: str) -> DocumentState:
        """Return what ``element`` says.

        :param element: in the form of Xero's JSON
        :param number_field: ``InvoiceNumber`` or ``CreditNoteNumber``, or that of a further type
        """
        status = element.get("Status") or ""
        inclusive = lower(element.get("LineAmountTypes")) == "inclusive"
        sale = str(element.get("Type") or "").startswith("ACCREC")
        due = element.get("DueDateString") or element.get("DueDate")
        return cls(
            type=element.get("Type") or "",
            status=STATUS.get(status, status),
            number=words(element.get(number_field)),
            reference=words(element.get("Reference")) if sale else "",
            contact=lower((element.get("Contact") or {}).get("ContactID")),
            date=day(element.get("DateString") or element.get("Date")),
            due_date=day(due) if number_field == "InvoiceNumber" else "",
            currency=element.get("CurrencyCode") or "",
            rate=_rate(element.get("CurrencyRate")),
            tax=amount(element.get("TotalTax")),
            total=amount(element.get("Total")),
            lines=tuple(LineState.from_element(line, inclusive) for line in element.get("LineItems") or []),
            tracking=tuple(tracking_of(element.get("LineItems") or [])),
            money=MoneyState.from_element(element),
        )

    @classmethod
    def load(cls, stored: dict | None) -> DocumentState:
        """Return what :meth:`dump` returned; an empty one of nothing.

        :raise ValueError: another version of the connector stored it
        """
        known = dict(stored or {})
        if known.pop("v", VERSION) != VERSION:
            raise ValueError("This was stored by another version of the connector.")
        more = {name: known.pop(name) for name in [*known] if name not in DOCUMENT_NAMES}
        known["lines"] = tuple(map(LineState.load, known.get("lines") or ()))
        known["tracking"] = tuple(known.get("tracking") or ())
        known["money"] = MoneyState.load(known.get("money") or {})
        return cls(**known, more=more)

    def dump(self) -> dict:
        """Return the values as they are stored and compared with those of other types: texts, lists and dicts, without
        what is empty.
        """
        return clean(
            {
                **{name: getattr(self, name) for name in DOCUMENT_NAMES},
                "lines": [line.dump() for line in self.lines],
                "tracking": list(self.tracking),
                "money": self.money.dump(),
                **self.more,
            }
        )

    def changed_from(self, base: DocumentState) -> set[str]:
        """Return the fields in which it differs from ``base``."""
        return changed_fields(base.dump(), self.dump())

    def with_fields_of(self, other: DocumentState, names) -> DocumentState:
        """Return it with what ``other`` says of the fields ``names``."""
        said = other.dump()
        return DocumentState.load({**self.dump(), **{name: said[name] for name in names if name in said}})

    def with_all_fields_of(self, other: DocumentState, names) -> DocumentState:
        """Return it with the fields ``names`` of ``other``, those too of which that says nothing."""
        kept = {name: value for name, value in self.dump().items() if name not in names}
        return DocumentState.load(kept).with_fields_of(other, names)

    def after(self, kind: str, other_id: str, change: Decimal) -> DocumentState:
        """Return the invoice or credit note after a credit was applied, or (below zero) taken back.

        :param kind: ``Invoice`` for the document that is credited, ``CreditNote`` for the credit
        :param other_id: id of the other of the two
        :param change: in the document's currency
        """
        return replace(self, money=self.money.after(kind, other_id, change))

    def same_content(self, theirs: DocumentState) -> bool:
        """Whether both are of the same sale or purchase: who, when, how much, what.

        A contact that either side lacks is not compared.
        """
        compared = [name for name in IDENTITY if name != "contact" or (self.contact and theirs.contact)]
        if any(getattr(self, name) != getattr(theirs, name) for name in compared):
            return False
        return self._content() == theirs._content()

    def _content(self) -> list[tuple]:
        return sorted((words(line.description), amount(line.net)) for line in self.lines)


LINE_NAMES = tuple(one.name for one in fields(LineState))
MONEY_NAMES = tuple(one.name for one in fields(MoneyState))
DOCUMENT_NAMES = tuple(one.name for one in fields(DocumentState) if one.name != "more")


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def _sorted(texts) -> tuple[str, ...]:
    return tuple(sorted(texts))


def tracking_of(lines: list[dict]) -> list[str]:
    """Return the options on each line, as ids, or as names where Xero leaves the ids out; empty when there are none."""
    found = [" ".join(sorted(map(_option_key, line.get("Tracking") or []))) for line in lines]
    return found if any(found) else []


def _option_key(part: dict) -> str:
    return lower(part.get("TrackingOptionID")) or f"{part.get('Name')}:{part.get('Option')}".replace(" ", "_").lower()


def _rate(value) -> str:
    """The rate of a document in the organisation's own currency is 1, or left out."""
    text = number(value)
    return "" if text in ("1", "0") else text


def _allocation(part: dict) -> str:
    xero_id = (part.get("Invoice") or {}).get("InvoiceID")
    return f"{lower(xero_id)} {amount(part.get('Amount') or part.get('AppliedAmount'))}"


def _credit(kind: str, part: dict) -> str:
    xero_id = part.get(f"{kind[:-1]}ID") or part.get("ID")
    return f"{lower(xero_id)} {amount(part.get('AppliedAmount') or part.get('Amount'))}"


def payload_element(payload: dict, percents: dict, total: Decimal | None, id_field: str, xero_id: str) -> dict:
    """Return the element that Xero would hold after taking ``payload``, as far as canonical forms look at it.

    :param payload: it stays as it is
    :param percents: effective rate in percent by Xero's TaxType
    :param total: what Odoo comes to, in the document's currency; ``None`` without any
    :param id_field: the field with Xero's id, and in ``xero_id`` what stands in it
    """
    lines = []
    for line in payload.get("LineItems") or []:
        net = line_amount(line)
        if net is None:
            lines.append(line)
            continue
        tax = line.get("TaxAmount")
        lines.append(
            {
                **line,
                "LineAmount": net,
                "TaxAmount": line_tax(net, percents.get(line.get("TaxType"), Decimal(0))) if tax is None else tax,
            }
        )
    tax = sum((cents(line["TaxAmount"]) for line in lines if "TaxAmount" in line), Decimal(0))
    return {**payload, "LineItems": lines, "TotalTax": tax, "Total": total, id_field: xero_id}


def changed_fields(base: dict | None, state: dict) -> set[str]:
    """Return the fields in which the state ``state`` of any type differs from ``base``, both as they are stored.

    :param base: ``None`` for an empty one
    """
    base = base or {}
    return {name for name in {*base, *state} if base.get(name) != state.get(name)}


def shape(line: LineState, places: tuple[int, int, int]) -> tuple[Decimal, Decimal, Decimal]:
    """Return quantity, unit price and discount with which Odoo arrives at the line's net amount.

    :param places: decimals that Odoo keeps of quantities, unit prices and discounts
    :return: one piece at the net, where Odoo could not arrive at it otherwise
    """
    net = decimal(line.net)
    quantity, price, discount = decimal(line.quantity), decimal(line.price), decimal(line.discount)
    plain = all(value == round(value, kept) for value, kept in zip((quantity, price, discount), places))
    if quantity and plain and cents(quantity * price * (100 - discount) / 100) == net:
        return quantity, price, discount
    if quantity and plain and not discount and net == cents(quantity * price):
        return quantity, price, Decimal(0)
    return Decimal(1), net, Decimal(0)
