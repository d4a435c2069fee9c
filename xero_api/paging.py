"""Walk through the pages of a resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .elements import rows

if TYPE_CHECKING:
    from .client import Answer

# Given as one whole list; they know no `page`.
UNPAGED = frozenset(
    {
        "Accounts",
        "BatchPayments",
        "BankTransfers",
        "BrandingThemes",
        "ContactGroups",
        "Currencies",
        "Items",
        "Organisation",
        "TaxRates",
        "TrackingCategories",
        "Users",
    }
)
# Paged, but always by Xero's own page size.
FIXED_SIZE = frozenset({"LinkedTransactions", "Quotes"})
# The order for a full walk. All of them are optimised by Xero, also beyond 100,000 rows.
ID_FIELDS = {
    "BankTransactions": "BankTransactionID",
    "Contacts": "ContactID",
    "CreditNotes": "CreditNoteID",
    "Invoices": "InvoiceID",
    "ManualJournals": "ManualJournalID",
    "Overpayments": "OverpaymentID",
    "Payments": "PaymentID",
    "Prepayments": "PrepaymentID",
    "PurchaseOrders": "PurchaseOrderID",
    "Quotes": "QuoteID",
}
# Xero's page size where nothing else was asked for or agreed to.
DEFAULT_SIZE = 100
LARGEST_SIZE = 1000


def page_count(data: dict[str, Any]) -> int | None:
    """Return ``pagination.pageCount``, None where Xero does not say; the key is lower case, unlike all others."""
    block = data.get("pagination") or data.get("Pagination")
    if not isinstance(block, dict):
        return None
    count = block.get("pageCount", block.get("PageCount"))
    return count if isinstance(count, int) else None


def _is_last(found: list[dict[str, Any]], before: list[dict[str, Any]], data: dict[str, Any], page: int) -> bool:
    count = page_count(data)
    if count is not None:
        return page >= count
    # Without a pagination block only a short page tells the end. A resource that ignores `page`
    # would give the same rows for ever.
    return len(found) < DEFAULT_SIZE or found == before


def walk(
    fetch: Callable[[dict[str, Any]], Answer],
    resource: str,
    params: dict[str, Any],
    page_size: int = LARGEST_SIZE,
    by_id: bool = False,
) -> Iterator[Answer]:
    """Yield one answer per page, up to the last page that Xero announces or a short one where it announces none.

    :param fetch: called with the query parameters of one page.
    :param params: query parameters common to all pages.
    :param by_id: add ``order`` by the record's id, where the resource has one and no order is given.
    """
    if by_id and resource in ID_FIELDS:
        params.setdefault("order", ID_FIELDS[resource])
    if resource in UNPAGED:
        yield fetch(params)
        return
    if resource not in FIXED_SIZE:
        params["pageSize"] = max(1, min(page_size, LARGEST_SIZE))
    page = 1
    before: list[dict[str, Any]] = []
    while True:
        answer = fetch({**params, "page": page})
        found = rows(answer.data, resource)
        if found and found == before:
            return
        yield answer
        if _is_last(found, before, answer.data, page):
            return
        before, page = found, page + 1
