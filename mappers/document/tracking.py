"""Odoo's analytic distribution and Xero's tracking.

Xero tracks a whole line by at most one option of a category: a line that several accounts of a plan have shares of is
divided into lines.
"""

from odoo import models

from ..awaited import LISTS, record_key
from ..outgoing import Problem
from ..shares import HUNDRED, MOST_CELLS, NOTHING, Unclear
from ..text import named
from ..values import lower, words


def keep_foreign(payload: dict, lines: list[dict], own_categories: set[str]) -> dict:
    """Return ``payload`` with the tracking of ``lines`` in categories that Odoo knows nothing of.

    Lines are sent whole, so what is left out would be wiped.

    Xero takes two options a line (Xero: Invoices, Tracking).

    :param lines: what Xero holds now; kept where the same text stands at the same place
    :param own_categories: Xero's ids, in small letters, of the categories that Odoo's analytic accounts are mapped to
    """
    sent = payload.get("LineItems")
    if not sent or len(sent) != len(lines):
        return payload
    return {**payload, "LineItems": [_kept(mine, theirs, own_categories) for mine, theirs in zip(sent, lines)]}


def _kept(mine, theirs, own_categories):
    foreign = [
        {name: part[name] for name in ("TrackingCategoryID", "TrackingOptionID") if part.get(name)}
        for part in theirs.get("Tracking") or []
        if part.get("TrackingOptionID") and lower(part.get("TrackingCategoryID")) not in own_categories
    ]
    if not foreign or words(mine.get("Description")) != words(theirs.get("Description")):
        return mine
    return {**mine, "Tracking": [*mine.get("Tracking", []), *foreign][:2]}


def _named_by_ids(option) -> dict:
    return {"TrackingCategoryID": option.category_id, "TrackingOptionID": option.option_id}


class XeroMapperCommercial(models.AbstractModel):
    _inherit = "xero.mapper.commercial"

    def _track(self, document, sheet, books, out) -> None:
        """Put on each row of ``sheet`` the options that stand for its analytic accounts, or what it is to be divided
        into where they have shares of it.
        """
        book = books.tracking
        if not book.plans:
            return
        for row in filter(lambda row: row.analytic or book.required, sheet.rows):
            totals = book.totals(row.analytic)
            whole = book.whole_accounts(totals)
            for plan, account in whole.items():
                option = book.by_account.get(account)
                if option and not option.fault:
                    row.tracking.append(_named_by_ids(option))
                elif plan in book.required:
                    out.problems.append(self._untracked(account, option, books.connection))
            shared = self._share(document, row, totals, whole, books, out)
            if row.line_id:
                self._require_plans(document, row, book.required - set(whole) - shared, books, out)

    def _share(self, document, row, totals, whole, books, out) -> set:
        """Divide ``row`` as its analytic accounts have shares of it, by the setting of the connection.

        :param totals: percentages by plan and account
        :param whole: accounts of plans that the whole line is of, by plan
        :return: plans of which the whole line has options by this
        """
        book = books.tracking
        plans = book.told_plans(totals)
        if book.mode == "untracked" or not set(plans) - set(whole):
            return set()
        if book.mode == "largest":
            return self._give_to_largest(row, totals, [plan for plan in plans if plan not in whole], book)
        try:
            cells = book.cells(row.analytic, plans)
        except Unclear as error:
            out.problems.append(self._unclear(document, row, error.why, books))
            return book.required
        if len({options for _percent, options in cells}) == 1:
            if len(cells[0][1]) > len(row.tracking):
                row.tracking = [_named_by_ids(option) for option in cells[0][1]]
        elif book.mode == "refuse":
            if row.line_id:
                out.problems.append(self._unclear(document, row, "refuse", books))
            return book.required
        else:
            row.tracking = []
            row.shares = [(percent, [_named_by_ids(option) for option in options]) for percent, options in cells]
        return self._covered({plan: totals[plan] for plan in totals if plan not in whole}, books, out)

    def _give_to_largest(self, row, totals, plans, book) -> set:
        given = set()
        for plan in plans:
            account = min(totals[plan], key=lambda account: (-totals[plan][account], account))
            if account in book.usable:
                row.tracking.append(_named_by_ids(book.usable[account]))
                given.add(plan)
        return given

    def _covered(self, totals, books, out) -> set:
        """Return the required plans that a divided line is wholly of; accounts without an option become problems."""
        book, covered = books.tracking, set()
        for plan in book.required & set(totals):
            for account in totals[plan]:
                if account not in book.usable:
                    out.problems.append(self._untracked(account, book.by_account.get(account), books.connection))
            if abs(sum(totals[plan].values()) - HUNDRED) < NOTHING:
                covered.add(plan)
        return covered

    def _unclear(self, document, row, why, books) -> Problem:
        reason = self.env["xero.reason"]
        texts = {
            "over": reason._(
                "%s: the accounts of an analytic plan have more than the whole of it. Correct the analytic "
                "distribution of the line.",
                named(row.text),
            ),
            "negative": reason._(
                "%s: an analytic account has a share below nothing. Correct the analytic distribution of the line.",
                named(row.text),
            ),
            "many": reason._(
                "%(line)s: its analytic accounts divide it into more than %(most)s lines. Use fewer of them, or choose "
                "otherwise in Shares of a Line (Xero connection, Tracking).",
                line=named(row.text),
                most=MOST_CELLS,
            ),
            "refuse": reason._(
                "%s is shared among analytic accounts. Give the whole line to one account of each plan, or choose "
                "otherwise in Shares of a Line (Xero connection, Tracking).",
                named(row.text),
            ),
        }
        waits = (record_key("xero.connection", books.connection.id),)
        return Problem("validation", texts[why], self._odoo_model, document.id, topic="shares", waits=waits)

    def _untracked(self, account_id, option, connection) -> Problem:
        account = self.env["account.analytic.account"].sudo().browse(account_id)
        message = self.env["xero.reason"]._(
            "No Xero tracking option is chosen for %s, whose plan every line must have in Xero.",
            named(account.display_name),
        )
        row = option and option.row_id
        return Problem(
            "mapping",
            message,
            "xero.mapping.tracking",
            row,
            None if row else ("tracking", account_id),
            waits=(LISTS, record_key("xero.connection", connection.id)),
        )

    def _require_plans(self, document, row, missing, books, out) -> None:
        for plan in self.env["account.analytic.plan"].sudo().browse(sorted(missing)):
            message = self.env["xero.reason"]._(
                "%(line)s: give the whole line to one analytic account of %(plan)s; Xero tracks no shares.",
                line=named(row.text),
                plan=named(plan.name),
            )
            if books.tracking.mode == "split":
                message = self.env["xero.reason"]._(
                    "%(line)s: give the whole of it to analytic accounts of %(plan)s.",
                    line=named(row.text),
                    plan=named(plan.name),
                )
            waits = (record_key("xero.connection", books.connection.id),)
            out.problems.append(Problem("validation", message, self._odoo_model, document.id, waits=waits))
