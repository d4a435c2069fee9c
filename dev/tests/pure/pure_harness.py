"""A client laid open."""

from __future__ import annotations

from pathlib import Path

from xero_api.client import CallRecord, XeroClient
from xero_api.endpoints import Endpoints

ROOT = Path(__file__).resolve().parents[3]


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
