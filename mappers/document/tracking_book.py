"""Which of Odoo's analytic accounts are tracked in Xero, read once for a batch of documents."""

from collections import defaultdict

from ..shares import HUNDRED, NOTHING, ZERO, cells, keys_of

# Xero has two active categories, and takes an option of each on a line (Xero: Tracking Categories).
MOST_PLANS = 2


class TrackingBook:
    """What of Odoo's analytic accounts is tracked in Xero; no query for documents where nothing is.

    :param mapped: what is mapped in ``connection`` (:class:`~.mapped.Mapped`)
    """

    def __init__(self, connection, mapped):
        self.connection, self._named = connection, None
        self.required, self.by_account = mapped.required_plans, mapped.options
        self.plans = self.required | {option.plan_id for option in self.by_account.values()}
        self.usable = {account: option for account, option in self.by_account.items() if not option.fault}
        self._usable_plans = sorted({option.plan_id for option in self.usable.values()})[:MOST_PLANS]
        self.mode, self.with_suffix = connection.line_shares, connection.line_share_text
        # Most lines of a batch are distributed alike.
        self._totals, self._cells = {}, {}
        self._plan_of = {account: option.plan_id for account, option in self.by_account.items()}

    def identified(self, parts: list[dict]) -> list[dict]:
        """Return the tracking of a line by ids, where names of Xero's are known; of each category the last part."""
        if all(part.get("TrackingOptionID") for part in parts):
            return parts
        found = {}
        for part in parts:
            name = (part.get("Name") or "").lower()
            part = self._by_name().get((name, (part.get("Option") or "").lower()), part)
            found[part.get("TrackingCategoryID") or name] = part
        return list(found.values())

    def _by_name(self) -> dict:
        if self._named is None:
            options = self.connection.env["xero.tracking.option"].sudo()
            self._named = {
                (option.category_id.name.lower(), option.name.lower()): {
                    "TrackingCategoryID": option.category_id.xero_id,
                    "TrackingOptionID": option.xero_id,
                }
                for option in options.search([("connection_id", "=", self.connection.id), ("status", "=", "ACTIVE")])
            }
        return self._named

    def read(self, distributions) -> None:
        """Read at once of which plan the accounts of ``distributions`` are; no query where nothing is tracked.

        :param distributions: ``analytic_distribution`` of lines, as many as there are
        """
        if self.plans:
            found = {account for one in distributions for ids, _percent in keys_of(one) for account in ids}
            self._read_plans(found - self._plan_of.keys())

    def _read_plans(self, ids) -> None:
        if ids:
            accounts = self.connection.env["account.analytic.account"].sudo().browse(ids).exists()
            self._plan_of |= {**dict.fromkeys(ids), **{account.id: account.root_plan_id.id for account in accounts}}

    def plan_of(self, distribution) -> dict:
        """Return the root plans of the accounts of ``distribution``, by account; deleted ones are not in it."""
        found = {account for ids, _percent in keys_of(distribution) for account in ids}
        self._read_plans(found - self._plan_of.keys())
        return {account: self._plan_of[account] for account in found if self._plan_of[account]}

    def totals(self, distribution) -> dict:
        """Return ``{plan id: {account id: percent}}`` of ``distribution``."""
        key = tuple((distribution or {}).items())
        if key in self._totals:
            return self._totals[key]
        plan_of, shares = self.plan_of(distribution), defaultdict(lambda: defaultdict(lambda: ZERO))
        for ids, percent in keys_of(distribution):
            for account in ids:
                if account in plan_of:
                    shares[plan_of[account]][account] += percent
        self._totals[key] = {plan: dict(parts) for plan, parts in shares.items()}
        return self._totals[key]

    def whole_accounts(self, totals: dict) -> dict:
        """Return ``{plan id: account id}`` of the plans that have one account for the whole of a line.

        :param totals: as of :meth:`totals`
        """
        return {
            plan: account
            for plan, parts in totals.items()
            for account, percent in parts.items()
            if len(parts) == 1 and abs(percent - HUNDRED) < NOTHING
        }

    def told_plans(self, totals: dict) -> list[int]:
        """Return the plans of a line that Xero is told apart by, with the ids of Odoo's plans in order."""
        return [plan for plan in self._usable_plans if plan in totals]

    def cells(self, distribution, plans: list[int]) -> list[tuple]:
        """Return the shares of a line: their percentages, and the :class:`~.mapped.Option` of each of ``plans``.

        :return: pairs ``(Decimal, options)``; what has no option is nobody's
        :raise Unclear: the percentages mean no amounts
        """
        key = (*distribution.items(), *plans)
        if key not in self._cells:
            found = cells(distribution, self.plan_of(distribution), plans)
            self._cells[key] = [
                (cell.percent, tuple(self.usable[one] for one in cell.accounts if one in self.usable)) for cell in found
            ]
        return self._cells[key]
