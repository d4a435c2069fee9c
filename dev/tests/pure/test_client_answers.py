"""What the client makes of an answer that is no refusal."""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime, timezone

import pytest
from pure_harness import BODY, TEXT, Harness, fails, put
from pure_servers import Reply, ScriptedServer

from xero_api import errors
from xero_api.client import CallRecord, XeroClient
from xero_api.endpoints import Endpoints
from xero_api.limits import Limits


def test_answer(server: ScriptedServer, harness: Harness) -> None:
    headers = {
        "X-MinLimit-Remaining": "58",
        "X-DayLimit-Remaining": "4321",
        "X-AppMinLimit-Remaining": "9998",
        "Xero-Correlation-Id": "theirs",
    }
    server.replies(Reply(200, '{"Invoices": [{"Total": 10.10, "Status": "UNHEARD-OF"}]}', headers))
    answer = harness.client.get("Invoices")
    assert answer.status == 200
    assert repr(answer.data["Invoices"][0]["Total"]) == "Decimal('10.10')"
    assert answer.limits == Limits(58, 4321, 9998)
    assert answer.server_time is not None
    assert abs((answer.server_time.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)).total_seconds()) < 60
    assert (answer.correlation_id, answer.xero_correlation_id) == ("corr-1", "theirs")


def test_record(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(200, '{"Contacts": []}', {"X-DayLimit-Remaining": "7"}))
    harness.client.get("Contacts", xero_id="abc", params={"where": 'EmailAddress=="jo@example.com"'})
    put(harness)
    read, write = harness.records
    assert abs(read.clock_offset) < 60
    assert dataclasses.replace(read, duration_ms=0, clock_offset=None) == CallRecord(
        "GET", "/Contacts/abc", 200, 0, 0, 16, Limits(None, 7, None), "corr-1", None, 1
    )
    assert (write.method, write.sent_bytes, write.attempt) == ("PUT", len(BODY), 1)
    assert read.duration_ms >= 0
    assert "example.com" not in repr(harness.records)
    assert "token" not in repr(harness.records)


def test_hook_that_fails_loses_no_answer(
    server: ScriptedServer, endpoints: Endpoints, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(record: CallRecord) -> None:
        raise RuntimeError("disk full, token=abc123")

    client = XeroClient(endpoints, "t", lambda force: "token", on_call=hook)
    with caplog.at_level(logging.ERROR):
        assert client.put("Invoices", BODY, idempotency_key="k").status == 200
    assert "disk full" in caplog.text
    assert "abc123" not in caplog.text


def test_no_content(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(204))
    assert harness.client.post("Invoices/1/Email", b"{}", idempotency_key="k").data == {}


@pytest.mark.parametrize("content", ["<html>maintenance</html>", "", "{", "[]", "null", '"text"', b"\xff\xfe"])
def test_unreadable_success(server: ScriptedServer, harness: Harness, content: str | bytes) -> None:
    server.replies(Reply(200, content, TEXT))
    error = fails(harness, write=True)
    assert type(error) is errors.OutcomeUnknown
    assert error.status == 200
    assert len(server.seen) == 1


def test_unreadable_success_of_a_read(server: ScriptedServer, harness: Harness) -> None:
    for body in ("<html>maintenance</html>", {"login": "required"}, "[]"):
        server.seen.clear()
        server.replies(Reply(200, body, TEXT))
        error = fails(harness, write=False)
        assert type(error) is errors.Unavailable
        assert error.intercepted, "that nothing changed is not what it says"
        assert len(server.seen) == 1
    server.replies(Reply(200, '{"Invoices": ['), Reply(200, ""), Reply(200, {"Invoices": []}))
    assert harness.client.get("Invoices").data == {"Invoices": []}


def test_nothing_changed(server: ScriptedServer, harness: Harness) -> None:
    """Some answer 304 to If-Modified-Since: an empty list."""
    server.replies(Reply(304, ""))
    answer = harness.client.get("Invoices", modified_since="2026-01-01T00:00:00")
    assert (answer.status, answer.data) == (304, {})
