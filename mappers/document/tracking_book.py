"""Which of Odoo's analytic accounts are tracked in Xero, read once for a batch of documents."""

from collections import defaultdict

WHOLE = 100.0


class TrackingBook:
    """What of Odoo's analytic accounts is tracked in Xero; no query for documents where nothing is.

    :param mapped: what is mapped in ``connection`` (:class:`~.mapped.Mapped`)
    """

    def __init__(self, connection, mapped):
        self.connection, self._named = connection, None
        self.required, self.by_account = mapped.required_plans, mapped.options
        self.plans = self.required | {option.plan_id for option in self.by_account.values()}

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

    def whole_accounts(self, env, distribution) -> dict:
        """Return ``{plan id: account id}`` of the plans that have one account for the whole of a line."""
        shares = defaultdict(lambda: defaultdict(float))
        for key, percent in (distribution or {}).items():
            accounts = env["account.analytic.account"].browse([int(part) for part in key.split(",")]).exists()
            for account in accounts:
                shares[account.root_plan_id.id][account.id] += percent
        return {
            plan: account
            for plan, parts in shares.items()
            for account, percent in parts.items()
            if len(parts) == 1 and abs(percent - WHOLE) < 0.005
        }
