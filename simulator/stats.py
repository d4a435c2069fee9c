"""What was called, and whether anything stands in the books twice."""

import threading
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from .clock import Clock
from .organisation import Organisation, fold

KEPT_CALLS = 2000


class Stats:
    """Counts per (tenant, method, resource, status), figures of OAuth, and the last calls in full."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """All figures back to zero; the books stay."""
        with self._lock:
            self._calls: Counter = Counter()
            self._oauth: Counter = Counter()
            self._elements: Counter = Counter()
            self._in_flight: Counter = Counter()
            self._peak: Counter = Counter()
            self.recent: deque[dict] = deque(maxlen=KEPT_CALLS)
            self._sequence = 0

    def call(self, record: dict[str, Any]) -> None:
        """One finished call of the Accounting API."""
        with self._lock:
            self._sequence += 1
            key = (record["tenant"], record["method"], record["resource"], record["status"])
            self._calls[key] += 1
            self.recent.append({"sequence": self._sequence, "time": self._clock.now().isoformat(), **record})

    def oauth(self, what: str) -> None:
        """One event of the identity server, such as ``refresh`` or ``refresh_refused``."""
        with self._lock:
            self._oauth[what] += 1

    def element(self, tenant: str, resource: str, outcome: str) -> None:
        """One element of a write: ``created``, ``updated`` or ``error``."""
        with self._lock:
            self._elements[(tenant, resource, outcome)] += 1

    def enter(self, tenant: str) -> None:
        """A call of this tenant is being worked on."""
        with self._lock:
            self._in_flight[tenant] += 1
            self._peak[tenant] = max(self._peak[tenant], self._in_flight[tenant])

    def leave(self, tenant: str) -> None:
        """That call is done."""
        with self._lock:
            self._in_flight[tenant] -= 1

    def report(self) -> dict[str, Any]:
        """Everything, as JSON-able data."""
        with self._lock:
            calls = [
                {"tenant": tenant, "method": method, "resource": resource, "status": status, "count": count}
                for (tenant, method, resource, status), count in sorted(self._calls.items(), key=str)
            ]
            elements = [
                {"tenant": tenant, "resource": resource, "outcome": outcome, "count": count}
                for (tenant, resource, outcome), count in sorted(self._elements.items(), key=str)
            ]
            return {
                "total_calls": sum(self._calls.values()),
                "calls": calls,
                "elements": elements,
                "oauth": dict(self._oauth),
                "peak_concurrent": {tenant: peak for tenant, peak in self._peak.items() if peak},
            }


def duplicates(org: Organisation) -> dict[str, list]:
    """Documents that look sent twice: the same number, link, contact name or number, narration or reference."""
    live = [doc for doc in org.invoices if doc["Status"] not in ("VOIDED", "DELETED")]
    notes = [doc for doc in org.credit_notes if doc["Status"] not in ("VOIDED", "DELETED")]
    active = [doc for doc in org.contacts if doc["ContactStatus"] == "ACTIVE"]
    return {
        "invoice_numbers": _repeated((d["Type"], fold(d.get("InvoiceNumber"))) for d in live if d["Type"] == "ACCREC"),
        "bill_numbers_of_a_contact": _repeated(
            (doc["_contact"], fold(doc.get("InvoiceNumber"))) for doc in live if doc["Type"] == "ACCPAY"
        ),
        "credit_note_numbers": _repeated(
            (doc["Type"], doc["_contact"], fold(doc.get("CreditNoteNumber"))) for doc in notes
        ),
        "invoice_urls": _repeated((doc.get("Url"),) for doc in live),
        "contact_names": _repeated((fold(doc["Name"]),) for doc in active),
        "contact_numbers": _repeated((fold(doc.get("ContactNumber")),) for doc in active),
        "payments": _repeated(
            (doc["_target"], str(doc["Amount"]), doc["Date"].isoformat(), doc["Reference"])
            for doc in org.payments
            if doc["Status"] == "AUTHORISED" and doc.get("Reference")
        ),
        "manual_journals": _repeated(
            (doc["Date"].isoformat(), doc["Narration"])
            for doc in org.manual_journals
            if doc["Status"] in ("DRAFT", "POSTED")
        ),
        "bank_transactions": _repeated(
            (doc["Type"], doc["_account"], doc["Date"].isoformat(), str(doc["Total"]), doc["Reference"])
            for doc in org.bank_transactions
            if doc["Status"] == "AUTHORISED"
        ),
    }


def _repeated(keys: Iterable[tuple]) -> list[dict]:
    counts = Counter(key for key in keys if key[-1])
    return [{"key": [str(part) for part in key], "count": count} for key, count in counts.items() if count > 1]
