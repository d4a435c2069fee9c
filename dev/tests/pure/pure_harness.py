"""A client laid open."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from xero_api import codec, errors
from xero_api.client import Answer, CallRecord, XeroClient
from xero_api.endpoints import Endpoints

ROOT = Path(__file__).resolve().parents[3]
BODY = codec.dumps({"Invoices": [{"Reference": "é ☃", "LineItems": [{"UnitAmount": Decimal("1.2300")}]}]})
TEXT = {"Content-Type": "text/html"}


class Harness:
    """A client with its records, token requests and waits laid open."""

    def __init__(self, endpoints: Endpoints, tenant_id: str = "tenant-1", timeout: float = 2.0) -> None:
        self.records: list[CallRecord] = []
        self.waits: list[float] = []
        self.forced: list[bool] = []
        self.client = XeroClient(
            endpoints,
            tenant_id,
            self.token,
            on_call=self.records.append,
            correlation_id="corr-1",
            timeout=timeout,
            sleep=self.waits.append,
        )

    def token(self, force: bool) -> str:
        """Return another token after each forced refresh."""
        self.forced.append(force)
        return f"token-{sum(self.forced)}"


def put(harness: Harness, resource: str = "Invoices") -> Answer:
    """Write once."""
    return harness.client.put(resource, BODY, idempotency_key="key-1")


def fails(harness: Harness, write: bool) -> errors.XeroError:
    """Return the error of one write or read that must fail."""
    with pytest.raises(errors.XeroError) as caught:
        put(harness) if write else harness.client.get("Invoices")
    return caught.value
