"""Completing a document's lines: Xero's accounts and taxes, the tax of each line, and the shape of its price."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from ..awaited import LISTS, record_key
from ..outgoing import Problem
from ..text import named
from .money import (
    ZERO,
    carry,
    choose_shape,
    fold,
    fold_where_taxed_above_price,
    in_cents,
    smallest,
    spread,
    tax_targets,
)
from .parts import divided

MORE_THAN_CENTS = 2


def complete(mapper, document, sheet, books, out) -> bool:
    """Fill the rows of ``sheet`` in place.

    :return: ``False`` when a mapping is missing; ``out`` then has the problems
    """
    decimals = mapper._currency_of(document).decimal_places
    if decimals > MORE_THAN_CENTS:
        sheet.booked = in_cents(sheet.rows, sheet.booked, out.total)
    mapped = MappedRows(mapper, mapper._use(document), books, out)
    mapped.fill(sheet.rows)
    if out.problems and any(problem.code == "mapping" for problem in out.problems):
        for row in sheet.rows:
            fold(row)
        return False
    for row in sheet.rows:
        choose_shape(row, mapper._knows_discounts(document), mapper._price_places)
    apart = _carry_taxes(mapper, document, sheet, books, out)
    mapped.fill(apart)
    for row in apart:
        choose_shape(row, False, mapper._price_places)
    if any(row.shares for row in sheet.rows):
        sheet.lines = divided(
            sheet.lines,
            decimals,
            lambda taxes: books.taxes.claimed(taxes, sheet.is_refund),
            books.tracking.with_suffix,
        )
    sheet.lines += apart
    fold_where_taxed_above_price(sheet.rows)
    return not any(problem.code == "mapping" for problem in out.problems)


def _carry_taxes(mapper, document, sheet, books, out) -> list:
    """Give the booked tax to the rows; return rows for what cannot be tax of a line in Xero."""
    decimals, lookup = mapper._currency_of(document).decimal_places, books.taxes
    by_taxes = defaultdict(list)
    for row in sheet.rows:
        by_taxes[row.taxes].append(row)
    percents = {
        tax_id: lookup.percents[tax_id] * lookup.claimed((tax_id,), sheet.is_refund)
        for tax_id in {tax_id for taxes in by_taxes for tax_id in taxes}
    }
    apart, untold = [], ZERO
    for taxes, shares in tax_targets(sheet.rows, sheet.booked, percents, decimals).items():
        whole, rows = sum(shares.values(), ZERO), by_taxes[taxes]
        rest = whole if taxes is None else carry(rows, whole, decimals, lookup.claimed(taxes, sheet.is_refund))
        if taxes is None or (rest and rest == whole):
            apart += _as_rows(sheet, shares, smallest(decimals))
        elif rest:
            largest = max(shares, key=lambda tax_id: abs(shares[tax_id]))
            apart += _as_rows(sheet, {largest: rest}, smallest(decimals))
        if any(row.percent for row in rows):
            untold += rest
    if untold:
        out.notices.append(_untold_notice(mapper, document, untold))
    return apart


def _untold_notice(mapper, document, untold) -> str:
    return mapper.env["xero.reason"]._(
        "%(amount)s of the tax of %(name)s is on a line of its own in Xero, outside the tax return: Xero takes no such "
        "tax on the lines that it is of.",
        amount=untold,
        name=mapper._name_of(document),
    )


def _as_rows(sheet, shares: dict, step: Decimal) -> list:
    """Return tax as lines on the accounts that Odoo booked it to."""
    rows = []
    for tax_id, share in shares.items():
        origins = sheet.origins[tax_id]
        weights = [origin.net for origin in origins]
        parts = spread(share, weights, step) if sum(weights) else [share] + [ZERO] * (len(origins) - 1)
        rows += [replace(origin, net=part, taxes=()) for origin, part in zip(origins, parts) if part]
    return rows


class MappedRows:
    """Looks up accounts and taxes of one document's rows; what is missing becomes a problem, told once."""

    def __init__(self, mapper, use, books, out):
        self.env, self.use, self.books, self.out = mapper.env, use, books, out
        self._told = set()

    def fill(self, rows) -> None:
        for row in rows:
            account, tax = self._account(row), self._tax(row.taxes)
            if account:
                row.account_code = account.code
            if tax:
                row.tax_type, row.percent = tax.tax_type, tax.percent
            if account and tax and not self.books.decides_account(row.line_id, is_empty=False):
                self._check_pair(row, account, tax)

    def _account(self, row):
        account_id = row.account_id
        account = self.books.account(account_id)
        if account and not account.fault:
            return account
        if not self.books.decides_account(row.line_id, is_empty=True):
            self._add_problem(("account", account_id), lambda: self._account_problem(account_id, account))
        return None

    def _tax(self, taxes):
        tax = self.books.tax(taxes, self.use)
        if tax and not tax.fault:
            return tax
        if not taxes and not tax:
            return self.books.untaxed
        self._add_problem(("tax", taxes, self.use), lambda: self._tax_problem(taxes, tax))
        return None

    def _add_problem(self, key, problem):
        if key not in self._told:
            self._told.add(key)
            self.out.problems.append(problem())

    def _account_problem(self, account_id, account) -> Problem:
        record = self.env["account.account"].sudo().with_company(self.books.connection.company_id).browse(account_id)
        values = {"account": named(record.display_name), "xero": named(account.code) if account else ""}
        return self._problem(
            account and account.fault,
            "xero.mapping.account",
            account and account.id,
            ("account", account_id),
            {
                None: self.env["xero.reason"]._("No Xero account is chosen for %(account)s.", **values),
                "suggested": self.env["xero.reason"]._(
                    "The Xero account suggested for %(account)s is not confirmed yet.", **values
                ),
                "archived": self.env["xero.reason"]._(
                    "Xero account %(xero)s, chosen for %(account)s, is archived or gone: choose another.", **values
                ),
                "uncoded": self.env["xero.reason"]._(
                    "The Xero account chosen for %(account)s has no code: give it one in Xero.", **values
                ),
                "closed": self.env["xero.reason"]._(
                    "Xero account %(xero)s, chosen for %(account)s, takes no document lines: choose another.", **values
                ),
            },
        )

    def _tax_problem(self, taxes, tax) -> Problem:
        names = " + ".join(map(named, self.env["account.tax"].sudo().browse(taxes).mapped("name")))
        names = names or self.env["xero.reason"]._("no tax")
        return self._problem(
            tax and tax.fault,
            "xero.mapping.tax",
            tax and tax.id,
            ("tax", taxes, self.use),
            {
                None: self.env["xero.reason"]._("No Xero tax rate is chosen for %s.", names),
                "suggested": self.env["xero.reason"]._(
                    "The Xero tax rate suggested for %s is not confirmed yet.", names
                ),
                "archived": self.env["xero.reason"]._(
                    "The Xero tax rate chosen for %s is archived or gone: choose another.", names
                ),
            },
        )

    def _problem(self, fault, model, res_id, missing, texts) -> Problem:
        message = texts.get(fault) or texts[None]
        unusable = missing[0] == "account" and fault in ("archived", "uncoded", "closed")
        topic = "archived_account" if unusable else "mapping"
        waits = (LISTS,) if fault in ("archived", "uncoded", "closed") else ()
        return Problem("mapping", message, model, res_id or None, missing, topic, waits)

    def _check_pair(self, row, account, tax):
        if account.class_type in tax.applies or not account.class_type:
            return
        self._add_problem(
            ("pair", account.id, tax.id),
            lambda: Problem(
                "mapping",
                self.env["xero.reason"]._(
                    "Xero does not allow tax %(tax)s on account %(account)s: choose another rate or another account.",
                    tax=named(tax.tax_type),
                    account=named(account.code),
                ),
                "xero.mapping.tax" if tax.id else "xero.mapping.account",
                tax.id or account.id,
                topic="tax_account",
                waits=(LISTS, record_key("xero.mapping.account", account.id)),
            ),
        )
