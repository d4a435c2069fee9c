"""The accounts that Xero posts to by itself."""

from decimal import Decimal

from .. import money
from ..organisation import Organisation
from ..store import Doc
from .entries import Posting


class Chart:
    """System accounts of one organisation, by AccountID."""

    def __init__(self, org: Organisation) -> None:
        self.org = org
        self._ids = {row["SystemAccount"]: row["AccountID"] for row in org.accounts if row.get("SystemAccount")}

    def system(self, name: str) -> str:
        """AccountID of the account with this SystemAccount name."""
        return self._ids[name]

    def control(self, sales: bool) -> str:
        """Accounts receivable or accounts payable."""
        return self.system("DEBTORS" if sales else "CREDITORS")

    def base(self, name: str, amount: Decimal) -> list[Posting]:
        """A posting in base currency to a system account; none for nothing."""
        return [Posting(self.system(name), amount, self.org.base_currency, amount)] if amount else []

    def bank(self, account_id: str, amount: Decimal, currency: str, own: Decimal, tracking: tuple = ()) -> Posting:
        """A posting to a bank account, which has its own currency.

        :param amount: in base currency; ``own`` is the same in ``currency``, used if that is the account's.
        """
        held_in = self.org.held_in(account_id)
        if held_in == self.org.base_currency:
            own = amount
        elif held_in != currency:
            own = money.cents(amount * self.org.day_rate(held_in))
        return Posting(account_id, amount, held_in, own, tracking)


def tracking_of(row: Doc, name: str = "Tracking") -> tuple[tuple[str, str], ...]:
    """Tracking options of a line."""
    return tuple(sorted((part["TrackingCategoryID"], part["TrackingOptionID"]) for part in row.get(name) or []))
