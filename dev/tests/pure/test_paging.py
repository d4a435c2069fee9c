"""Walks through pages."""

from __future__ import annotations

from typing import Any

import pytest
from pure_harness import Harness
from pure_servers import Reply, ScriptedServer, Seen

from xero_api import paging
from xero_api.errors import Unavailable


def listing(resource: str, total: int, *, block: str | None = "pagination", largest: int = 1000) -> Any:
    """Return an answering function for a list of ``total`` numbered rows, paged as Xero does."""

    def reply(seen: Seen) -> Reply:
        size = max(1, min(int(seen.query.get("pageSize", 100)), largest))
        page = int(seen.query.get("page", 1))
        rows = [{"n": n, "Status": "UNHEARD-OF"} for n in range(total)][(page - 1) * size : page * size]
        body: dict[str, Any] = {resource: rows}
        if block:
            body[block] = {"page": page, "pageSize": size, "pageCount": -(-total // size), "itemCount": total}
        return Reply(200, body)

    return reply


def numbers(harness: Harness, resource: str, **options: Any) -> list[int]:
    key = {"Organisation": "Organisations"}.get(resource, resource)
    return [row["n"] for answer in harness.client.pages(resource, **options) for row in answer.data[key] or []]


@pytest.mark.parametrize("block", ["pagination", "Pagination"])
@pytest.mark.parametrize(("total", "size", "calls"), [(0, 10, 1), (9, 10, 1), (10, 10, 1), (11, 10, 2), (35, 10, 4)])
def test_to_the_last_page(
    server: ScriptedServer, harness: Harness, block: str, total: int, size: int, calls: int
) -> None:
    server.answer = listing("Invoices", total, block=block)
    assert numbers(harness, "Invoices", page_size=size) == list(range(total))
    assert [seen.query["page"] for seen in server.seen] == [str(n + 1) for n in range(calls)]
    assert {seen.query["pageSize"] for seen in server.seen} == {str(size)}


def test_ten_thousand_take_ten_calls(server: ScriptedServer, harness: Harness) -> None:
    server.answer = listing("Contacts", 10_000)
    assert len(numbers(harness, "Contacts")) == 10_000
    assert len(server.seen) == 10


@pytest.mark.parametrize(("total", "calls"), [(0, 1), (99, 1), (100, 2), (250, 3)])
def test_quotes_have_no_block_and_no_page_size(
    server: ScriptedServer, harness: Harness, total: int, calls: int
) -> None:
    """A page of 100 although 1000 could be wished for elsewhere is no end."""
    server.answer = listing("Quotes", total, block=None)
    assert numbers(harness, "Quotes") == list(range(total))
    assert len(server.seen) == calls
    assert all("pageSize" not in seen.query for seen in server.seen)


def test_what_a_page_is_asked_for_with() -> None:
    assert paging.page_params("Invoices", 2, 500) == {"page": 2, "pageSize": 500}
    assert paging.page_params("Invoices", 2, 5000) == {"page": 2, "pageSize": 1000}
    assert paging.page_params("Quotes", 2, 500) == {"page": 2}, "Xero has a size of its own"
    assert (paging.size_of("Invoices", 500), paging.size_of("Quotes", 500)) == (500, 100)


@pytest.mark.parametrize("largest", [100, 1000])
def test_no_block_though_expected(server: ScriptedServer, harness: Harness, largest: int) -> None:
    """Whether or not the page size was heeded, nothing is left out."""
    server.answer = listing("PurchaseOrders", 2350, block=None, largest=largest)
    assert numbers(harness, "PurchaseOrders") == list(range(2350))


def test_server_that_ignores_pages(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(200, {"NewThings": [{"n": n} for n in range(150)]}))
    assert numbers(harness, "NewThings") == list(range(150))
    assert len(server.seen) == 2


@pytest.mark.parametrize("resource", sorted(paging.UNPAGED))
def test_whole_lists(server: ScriptedServer, harness: Harness, resource: str) -> None:
    key = {"Organisation": "Organisations"}.get(resource, resource)
    server.replies(Reply(200, {key: [{"n": n} for n in range(500)]}))
    assert numbers(harness, resource, params={"where": 'Status=="ACTIVE"'}) == list(range(500))
    (seen,) = server.seen
    assert not {"page", "pageSize"} & set(seen.query)
    assert seen.query["where"] == 'Status=="ACTIVE"'


def test_parameters_of_every_page(server: ScriptedServer, harness: Harness) -> None:
    server.answer = listing("Invoices", 5)
    params = {"where": "x", "includeArchived": True}
    numbers(harness, "Invoices", params=params, modified_since="2026-01-01T00:00:00", page_size=2, by_id=True)
    for number, seen in enumerate(server.seen, 1):
        assert seen.query == {
            "where": "x",
            "includeArchived": "true",
            "order": "InvoiceID",
            "page": str(number),
            "pageSize": "2",
            "unitdp": "4",
        }
        assert seen.headers["if-modified-since"] == "2026-01-01T00:00:00"
    assert params == {"where": "x", "includeArchived": True}


@pytest.mark.parametrize(("resource", "order"), sorted(paging.ID_FIELDS.items()))
def test_order_by_id(server: ScriptedServer, harness: Harness, resource: str, order: str) -> None:
    server.answer = listing(resource, 0)
    numbers(harness, resource, by_id=True)
    assert server.seen[0].query["order"] == order


def test_order_is_left_alone(server: ScriptedServer, harness: Harness) -> None:
    server.answer = listing("Invoices", 0)
    numbers(harness, "Invoices")
    numbers(harness, "Invoices", params={"order": "Date"}, by_id=True)
    server.answer = listing("NewThings", 0)
    list(harness.client.pages("NewThings", by_id=True))
    assert [seen.query.get("order") for seen in server.seen] == [None, "Date", None]


@pytest.mark.parametrize(("asked", "sent"), [(5000, "1000"), (0, "1"), (-3, "1"), (100, "100")])
def test_page_size_is_clamped(server: ScriptedServer, harness: Harness, asked: int, sent: str) -> None:
    server.answer = listing("Invoices", 0)
    numbers(harness, "Invoices", page_size=asked)
    assert server.seen[0].query["pageSize"] == sent


@pytest.mark.parametrize(
    "body",
    [
        {"Invoices": None, "pagination": {"pageCount": 0}},
        {"Invoices": [], "pagination": {"pageCount": None}},
        {"Invoices": None, "pagination": None},
        {"Invoices": {}, "pagination": []},
    ],
)
def test_nulls_end_the_walk(server: ScriptedServer, harness: Harness, body: dict) -> None:
    server.replies(Reply(200, body))
    assert len(list(harness.client.pages("Invoices"))) == 1


def test_empty_page_in_between_is_no_end(server: ScriptedServer, harness: Harness) -> None:
    """Rows may vanish from a page while we walk; Xero's page count decides."""
    pages = [[{"n": 0}], [], [{"n": 2}]]
    block = {"pageCount": 3}
    server.replies(*[Reply(200, {"Invoices": rows, "pagination": block}) for rows in pages])
    assert numbers(harness, "Invoices") == [0, 2]


def test_page_count_may_change(server: ScriptedServer, harness: Harness) -> None:
    counts = [3, 2]
    server.replies(
        *[Reply(200, {"Invoices": [{"n": n}], "pagination": {"pageCount": c}}) for n, c in enumerate(counts)]
    )
    assert numbers(harness, "Invoices") == [0, 1]


def test_lazy(server: ScriptedServer, harness: Harness) -> None:
    """The next page is fetched only when asked for, after the caller has saved the one before."""
    server.answer = listing("Invoices", 30)
    walk = harness.client.pages("Invoices", page_size=10)
    assert server.seen == []
    next(walk)
    assert len(server.seen) == 1


def test_error_on_a_later_page(server: ScriptedServer, harness: Harness) -> None:
    good = listing("Invoices", 30)
    server.answer = lambda seen: Reply(500) if seen.query["page"] == "2" else good(seen)
    walk = harness.client.pages("Invoices", page_size=10)
    assert len(next(walk).data["Invoices"]) == 10
    with pytest.raises(Unavailable):
        next(walk)


@pytest.mark.parametrize("count", [10**9, 10**40, -5, "7", 1e9, True, [3], None])
def test_a_page_that_comes_for_ever_ends(server: ScriptedServer, harness: Harness, count: Any) -> None:
    """Whatever is said about the number of pages, and also where it grows with each."""
    body = {"Invoices": [{"n": n} for n in range(150)], "pagination": {"pageCount": count}}
    server.answer = lambda seen: Reply(200, body)
    assert numbers(harness, "Invoices")[:150] == list(range(150))
    assert len(server.seen) <= 1 + paging.BARREN


def test_pages_that_alternate_end(server: ScriptedServer, harness: Harness) -> None:
    def answer(seen: Seen) -> Reply:
        page = int(seen.query["page"])
        block = {"pageCount": page + 1}
        return Reply(200, {"Invoices": [{"n": page % 2 * 1000 + n} for n in range(10)], "pagination": block})

    server.answer = answer
    assert set(numbers(harness, "Invoices")) == {*range(10), *range(1000, 1010)}
    assert len(server.seen) <= 2 + paging.BARREN


def test_pages_that_are_new_for_ever_end(
    server: ScriptedServer, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LONGEST", 20)
    server.answer = lambda seen: Reply(
        200, {"Invoices": [{"n": int(seen.query["page"])}], "pagination": {"pageCount": 10**9}}
    )
    assert numbers(harness, "Invoices") == list(range(1, 21))


@pytest.mark.parametrize("found", ["x", {"n": 1}, 7, [None, 1, ["x"]]])
def test_a_list_that_is_none_ends(server: ScriptedServer, harness: Harness, found: Any) -> None:
    server.answer = lambda seen: Reply(200, {"Invoices": found, "pagination": {"pageCount": 9}})
    assert len(list(harness.client.pages("Invoices"))) <= 1 + paging.BARREN
