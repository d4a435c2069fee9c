"""Odoo's analytic distribution and Xero's tracking. Xero tracks a whole line by at most one option of a category."""

from odoo import models

from ..awaited import LISTS, record_key
from ..outgoing import Problem
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


class XeroMapperCommercial(models.AbstractModel):
    _inherit = "xero.mapper.commercial"

    def _track(self, document, sheet, books, out) -> None:
        """Put on each row of ``sheet`` the options that stand for its analytic accounts.

        A line that is split over several accounts of a plan cannot be told to Xero: it goes without.
        """
        book = books.tracking
        if not book.plans:
            return
        for row in sheet.rows:
            whole = book.whole_accounts(self.env(su=True), row.analytic)
            for plan, account in whole.items():
                option = book.by_account.get(account)
                if option and not option.fault:
                    row.tracking.append(
                        {"TrackingCategoryID": option.category_id, "TrackingOptionID": option.option_id}
                    )
                elif plan in book.required:
                    out.problems.append(self._untracked(account, option, books.connection))
            if row.line_id:
                self._require_plans(document, row, book.required - set(whole), books, out)

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
            waits = (record_key("xero.connection", books.connection.id),)
            out.problems.append(Problem("validation", message, self._odoo_model, document.id, waits=waits))
