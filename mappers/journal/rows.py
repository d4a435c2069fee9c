"""The lines of a manual journal: accounts, taxes and sums as Xero takes them. Money is Decimal in base currency."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from ...xero_api.money import line_tax
from ..awaited import LISTS
from ..document.complete import MappedRows
from ..document.money import CENT, FEW, ZERO, Row
from ..text import named

# Xero books to these itself (Xero: Manual journals); of its system accounts none is taken.
REFUSED_KINDS = ("BANK", "INVENTORY")
# Accounts of Odoo that have no counterpart which a manual journal may use, but for a clearing account.
CONTROL_TYPES = ("asset_receivable", "liability_payable", "asset_cash", "liability_credit_card")
NO_TAX = "NONE"


def takes_journals(account) -> bool:
    """Whether Xero takes lines of manual journals on ``account``.

    :param account: :class:`~..document.mapped.Account`
    """
    return account.kind not in REFUSED_KINDS and not account.system


class JournalRows(MappedRows):
    """Looks up accounts and taxes of one journal's rows; what is missing or refused becomes a problem, told once."""

    def __init__(self, mapper, books, out):
        super().__init__(mapper, "purchase", books, out)

    def _account(self, row):
        account = super()._account(row)
        if account and not takes_journals(account):
            self._add_problem(("journal", row.account_id), lambda: self._account_problem(row.account_id, account))
            return None
        return account

    def _account_problem(self, account_id, account):
        record = self.env["account.account"].sudo().with_company(self.books.connection.company_id).browse(account_id)
        values = {"account": named(record.display_name), "xero": named(account.code) if account else ""}
        is_refused = account and account.fault in ("closed", None)
        is_open = not account or account.fault == "missing"
        if not is_refused and not (is_open and record.account_type in CONTROL_TYPES):
            return super()._account_problem(account_id, account)
        if is_refused and account.kind == "INVENTORY":
            text = self.env["xero.reason"]._(
                "Xero keeps its account %(xero)s, of type Inventory, for items that it tracks itself, and takes no "
                "manual journals on it: choose another Xero account for %(account)s, or add one of type Current Asset "
                "in Xero.",
                **values,
            )
        elif is_refused:
            text = self.env["xero.reason"]._(
                "Xero books to its account %(xero)s itself and takes no manual journals on it: choose another Xero "
                "account for %(account)s.",
                **values,
            )
        else:
            text = self.env["xero.reason"]._(
                "Xero takes no manual journals on receivable, payable and bank accounts, and the entry has a line on "
                "%(account)s. Choose a clearing account of Xero for it: in manual journals its lines go there.",
                **values,
            )
        row_id, topic = account and account.id, "archived_account" if is_refused else "mapping"
        problem = self._problem(None, "xero.mapping.account", row_id, ("account", account_id), {None: text})
        return replace(problem, topic=topic, waits=(LISTS,) if is_refused else ())

    def _tax(self, taxes):
        if not taxes:
            return self.books.untaxed
        self.use = self._use_of(taxes)
        return super()._tax(taxes)

    def _use_of(self, taxes) -> str:
        """An entry is neither a sale nor a purchase: its taxes say which they are of."""
        uses = set(self.env["account.tax"].sudo().browse(taxes).mapped("type_tax_use"))
        if uses & {"sale", "purchase"}:
            return "sale" if "sale" in uses else "purchase"
        return "purchase" if self.books.tax(taxes, "purchase") else "sale"


def summarised(rows: list[Row]) -> list[Row]:
    """Return one row for each account, tax and tracking of ``rows``, in their order; those that cancel out are gone."""
    groups = defaultdict(list)
    for row in rows:
        options = sorted((part["TrackingCategoryID"], part["TrackingOptionID"]) for part in row.tracking)
        groups[row.account_id, row.account_code, row.taxes, tuple(options)].append(row)
    whole = (replace(same[0], net=sum((row.net for row in same), ZERO)) for same in groups.values())
    return [row for row in whole if row.net]


def computed_tax(rows: list[Row]) -> Decimal:
    """Return the tax that Xero will compute on ``rows``, each of which is without tax (Xero: Manual journals,
    LineAmountTypes Exclusive): what is sent as TaxAmount it does not take.
    """
    return sum((line_tax(row.net, row.percent) for row in rows), ZERO)


def is_rounding(rest: Decimal, rows: list[Row]) -> bool:
    """Whether ``rest``, the tax that Xero will not compute on ``rows``, is a matter of rounding."""
    return abs(rest) <= CENT * max(sum(bool(row.taxes) for row in rows), FEW)


def gross_total(rows: list[Row]) -> Decimal:
    """Return what ``rows`` come to with the tax of Xero: it must be 0."""
    return sum((row.net for row in rows), ZERO) + computed_tax(rows)


def journal_line(row: Row, is_taxed: bool) -> dict:
    """Return ``row`` as a line of the payload: debits are positive.

    :param is_taxed: whether any line of the journal is
    """
    line = {"LineAmount": row.net, "AccountCode": row.account_code, "Description": row.text}
    if is_taxed:
        line["TaxType"] = row.tax_type or NO_TAX
    if row.tracking:
        line["Tracking"] = row.tracking
    return line
