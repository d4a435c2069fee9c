"""Walk through the pages of a resource."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .elements import items

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
# No organisation holds more; what says so counts nothing.
LARGEST_COUNT = 1_000_000_000


def size_of(resource: str, size: int = LARGEST_SIZE) -> int:
    """Return how many elements a page of ``resource`` has where ``size`` are asked for.

    :return: 1 to 1000 (Xero: Requests and responses, paging).
    """
    return DEFAULT_SIZE if resource in FIXED_SIZE else max(1, min(size, LARGEST_SIZE))


def page_params(resource: str, page: int, size: int = LARGEST_SIZE) -> dict[str, Any]:
    """Return the query parameters that ask for ``page`` of ``resource`` with ``size`` elements, where Xero lets choose.

    :param page: counted from one
    """
    return {"page": page} if resource in FIXED_SIZE else {"page": page, "pageSize": size_of(resource, size)}


# Ten million elements; a longer walk is no list but somebody who goes on for ever.
LONGEST = 10_000
# Rows may vanish from a page while we walk, so one page that brings nothing new is no end; this many are.
BARREN = 3


def _counted(data: dict[str, Any], name: str) -> int | None:
    """Return a number of the block about pages; None where it is missing, or no number of anything."""
    block = data.get("pagination") or data.get("Pagination")
    if not isinstance(block, dict):
        return None
    # The key of the block is lower case, unlike all others.
    count = block.get(name, block.get(name[:1].upper() + name[1:]))
    return count if type(count) is int and 0 <= count <= LARGEST_COUNT else None


def page_count(data: dict[str, Any]) -> int | None:
    """Return ``pagination.pageCount``, at most :data:`LONGEST`; None where Xero does not say."""
    count = _counted(data, "pageCount")
    return None if count is None else min(count, LONGEST)


def item_count(data: dict[str, Any]) -> int | None:
    """Return how many elements Xero says there are; None where it does not say."""
    return _counted(data, "itemCount")


class Walk:
    """Tells when a walk is over: by the count of pages, by pages that bring nothing new, and by its length.

    :param size: with no count of pages, a page with fewer rows is the last
    :param id_field: by which an element is known again; without one by all that it holds
    """

    def __init__(self, size: int = 1, id_field: str | None = None) -> None:
        self.size, self.id_field = size, id_field
        self.seen: set[str] = set()
        self.barren = 0

    def is_over(self, found: list[Any], data: dict[str, Any], page: int) -> bool:
        """Take page ``page`` with the elements ``found``; say whether it is the last.

        :param data: of the answer.
        """
        keys = {self._key(item) for item in found}
        self.barren = 0 if keys - self.seen else self.barren + 1
        self.seen |= keys
        if page >= LONGEST or self.barren >= BARREN:
            return True
        count = page_count(data)
        if count:
            return page >= count
        # A resource that ignores `page` would give the same rows for ever.
        return len(found) < self.size or bool(self.barren)

    def _key(self, item: Any) -> str:
        known = item.get(self.id_field) if isinstance(item, dict) and self.id_field else None
        if known and isinstance(known, str):
            return known
        return hashlib.blake2b(repr(item).encode("utf-8", "replace"), digest_size=16).hexdigest()


def walk(
    fetch: Callable[[dict[str, Any]], Answer],
    resource: str,
    params: dict[str, Any],
    page_size: int = LARGEST_SIZE,
    by_id: bool = False,
) -> Iterator[Answer]:
    """Yield one answer per page, up to the last page that Xero announces or a short one where it announces none.

    It ends whatever Xero says: see :class:`Walk`.

    :param fetch: called with the query parameters of one page.
    :param resource: Xero's name of it.
    :param params: query parameters common to all pages.
    :param page_size: 1 to 1000, where Xero lets choose.
    :param by_id: add ``order`` by the record's id, where the resource has one and no order is given.
    """
    if by_id and resource in ID_FIELDS:
        params.setdefault("order", ID_FIELDS[resource])
    if resource in UNPAGED:
        yield fetch(params)
        return
    ending = Walk(DEFAULT_SIZE, ID_FIELDS.get(resource))
    before: list[Any] = []
    page = 0
    over = False
    while not over:
        page += 1
        answer = fetch({**params, **page_params(resource, page, page_size)})
        found = items(answer.data, resource)
        over = ending.is_over(found, answer.data, page)
        if found and found == before:
            return
        yield answer
        before = found
