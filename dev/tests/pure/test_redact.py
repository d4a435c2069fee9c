"""Nothing secret and nobody's data in what is logged."""

from __future__ import annotations

import io
import logging
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import redact as module
from xero_api.log import get_logger
from xero_api.redact import MASK, RedactingFilter, redact

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJl"
GUID = "3b0e1b6c-27d4-4b3a-9d6b-0d7b6f3f9f11"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {JWT}", JWT),
        ("Authorization: Bearer 0123456789abcdef", "0123456789abcdef"),
        ("authorization=Basic aWQ6c2VjcmV0", "aWQ6c2VjcmV0"),
        (f"the token {JWT} is bad", JWT),
        ("grant_type=refresh_token&refresh_token=abc-123.x_y&client_id=me", "abc-123"),
        ('{"access_token": "abc123", "expires_in": 1800}', "abc123"),
        ("{'client_secret': 's3cret value'}", "s3cret"),
        ("client_secret=s3cret", "s3cret"),
        ("https://odoo.example/cb?code=4%2F0Ab&state=x", "4%2F0Ab"),
        ("code_verifier=dBjftJeZ4CVP", "dBjftJeZ4CVP"),
        ("x-xero-signature: abcDEF123=", "abcDEF123"),
        ("write to jo.doe+x@mail.example.com today", "jo.doe+x@mail.example.com"),
        ("where=EmailAddress%3D%3D%22jo%40example.com%22", "jo%40example.com"),
        ("IBAN GB82 WEST 1234 5698 7654 32.", "GB82 WEST 1234 5698 7654 32"),
        ("DE89370400440532013000", "DE89370400440532013000"),
        ("account 12-3456-7890123-00", "12-3456-7890123-00"),
        ("ABN 51 824 753 556", "51 824 753 556"),
        ("phone 0412345678", "0412345678"),
        ('"TaxNumber": "GB123"', "GB123"),
        ('"BankAccountDetails": "12-34"', "12-34"),
    ],
)
def test_hidden(text: str, secret: str) -> None:
    found = redact(text)
    assert secret not in found
    assert MASK in found


@pytest.mark.parametrize(
    "text",
    [
        f"PUT /Invoices/{GUID} 200 in 431 ms",
        "Invoice INV/2026/00042 of 1234567.89 NZD",
        "2026-11-22 10:11:12,345 INFO",
        "2026-11-22T10:11:12.345678",
        "/Date(1552522535440+0000)/",
        "status code: 400, error_code=10",
        "error 10: Account code '200' is not a valid code for this document.",
        "correlation id 3b0e1b6c27d44b3a",
        "http://127.0.0.1:8069/xero/webhook",
        "The TaxType code 'OUTPUT2' cannot be used with account code '090'.",
        "Invoice not of valid status",
        "scope accounting.settings.read",
        "",
    ],
)
def test_kept(text: str) -> None:
    """A log that tells nothing helps nobody."""
    assert redact(text) == text


def test_neighbours_stay() -> None:
    assert redact("grant_type=refresh_token&refresh_token=abc&client_id=me") == (
        f"grant_type=refresh_token&refresh_token={MASK}&client_id=me"
    )
    assert redact('{"access_token": "abc", "expires_in": 1800}') == f'{{"access_token": {MASK}, "expires_in": 1800}}'


def test_structures() -> None:
    found = redact(
        {
            "Authorization": f"Bearer {JWT}",
            "Contacts": [
                {
                    "Name": "Jo Ltd",
                    "ContactID": GUID,
                    "EmailAddress": "jo@example.com",
                    "TaxNumber": "GB1",
                    "BankAccountDetails": "12-34",
                    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "1234"}, {"PhoneNumber": ""}],
                    "Addresses": ({"AddressLine1": "1 High St", "City": "Leeds", "AddressLine2": None},),
                }
            ],
            "Total": Decimal("10.10"),
            "When": datetime(2026, 1, 2),
            "raw": b"token=abc",
            "n": 3,
            "f": 1.5,
            "yes": True,
            5: None,
        }
    )
    assert found == {
        "Authorization": MASK,
        "Contacts": [
            {
                "Name": "Jo Ltd",
                "ContactID": GUID,
                "EmailAddress": MASK,
                "TaxNumber": MASK,
                "BankAccountDetails": MASK,
                "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": MASK}, {"PhoneNumber": ""}],
                "Addresses": [{"AddressLine1": MASK, "City": "Leeds", "AddressLine2": None}],
            }
        ],
        "Total": "10.10",
        "When": "2026-01-02 00:00:00",
        "raw": f"token={MASK}",
        "n": 3,
        "f": 1.5,
        "yes": True,
        5: None,
    }


def test_original_is_not_touched() -> None:
    original = {"token": "abc", "list": ["a@b.example"]}
    redact(original)
    assert original == {"token": "abc", "list": ["a@b.example"]}


@given(st.text())
def test_texts_never_raise_and_settle(text: str) -> None:
    once = redact(text)
    assert isinstance(once, str)
    assert redact(once) == once


@given(st.from_regex(r"[A-Za-z0-9_-]{20,60}", fullmatch=True))
def test_any_token_after_its_key(token: str) -> None:
    for text in (f"refresh_token={token}", f'"access_token":"{token}"', f"Bearer {token}"):
        assert token not in redact(text)


def test_long_text_is_quick() -> None:
    """No pattern may take more than linear time: bodies are long and come from outside."""
    import time

    for hostile in ("1 " * 50_000, "a" * 100_000, "token" * 20_000, "A1" * 50_000, "x@" * 50_000, "eyJ" * 30_000):
        started = time.process_time()
        redact(hostile)
        assert time.process_time() - started < 2.0


# === Logging === #


class Explosive:
    def __str__(self) -> str:
        raise ValueError("no text, token=abc123")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO) -> logging.Logger:
    logger = get_logger("xero_api_test")
    logger.handlers = [logging.StreamHandler(stream)]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    return logger


def test_messages_and_arguments(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.info("call %s with %r took %d", "Bearer abcdefgh", {"refresh_token": "abc123"}, 3)
    assert stream.getvalue() == f"call Bearer {MASK} with {{'refresh_token': {MASK}}} took 3\n"


def test_tracebacks(logger: logging.Logger, stream: io.StringIO) -> None:
    try:
        raise RuntimeError("refused for jo@example.com token=abc123")
    except RuntimeError:
        logger.exception("failed")
    text = stream.getvalue()
    assert "Traceback" in text
    assert "RuntimeError: refused for" in text
    assert "example.com" not in text
    assert "abc123" not in text


def test_wrong_format_strings(logger: logging.Logger, stream: io.StringIO) -> None:
    two = "two %s %s"
    logger.info(two, "token=abc123")
    logger.info("odd %s", Explosive())
    assert "abc123" not in stream.getvalue()
    assert stream.getvalue().count("unreadable log message") == 2


def test_one_filter_for_each_logger() -> None:
    assert get_logger("xero_api_twice") is get_logger("xero_api_twice")
    filters = [item for item in get_logger("xero_api_twice").filters if isinstance(item, RedactingFilter)]
    assert len(filters) == 1


def test_every_module_that_logs_is_filtered() -> None:
    from xero_api import client

    assert any(isinstance(item, RedactingFilter) for item in client._logger.filters)
    assert module.MASK == "***"
