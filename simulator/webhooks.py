"""Webhooks: events of connected organisations, batched, signed, delivered, retried, and disturbed on demand."""

import random
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import codec
from .delivery import Result, post, sign

if TYPE_CHECKING:
    from .world import World

CATEGORY_PATHS = {"CONTACT": "Contacts", "INVOICE": "Invoices", "CREDITNOTE": "CreditNotes", "PAYMENT": "Payments",
                  "PREPAYMENT": "Prepayments", "OVERPAYMENT": "Overpayments"}  # fmt: skip
GIVE_UP_SECONDS = 24 * 3600
SETTINGS: dict[str, Any] = {
    "paused": False,
    "batch_seconds": 0.1,
    "max_events": 50,
    "retry_seconds": 900.0,
    "duplicates": 0,
    "shuffle": False,
    "drop": 0,
    "wrong_signature": 0,
}


@dataclass
class Subscription:
    """The one webhook of an app: an address and a key, set in the developer portal."""

    client_id: str
    url: str
    key: str
    categories: list[str] = field(default_factory=list)
    status: str = "INTENT_REQUIRED"
    sequence: int = 0


@dataclass
class Delivery:
    """One POST that is due, with the moment of its first try."""

    subscription: Subscription
    events: list[dict]
    first: int
    due: float
    since: float
    attempts: int = 0


class Webhooks:
    """Queues, worker and log. Moments are on the simulator's clock, so that tests can advance to the next retry."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._wake = threading.Condition(threading.RLock())
        self._worker: threading.Thread | None = None
        self.reset()

    def reset(self) -> None:
        """No subscriptions, nothing queued."""
        with self._wake:
            self.settings = dict(SETTINGS)
            self.subscriptions: dict[str, Subscription] = {}
            self._fresh: dict[str, list[dict]] = {}
            self._due: list[Delivery] = []
            self._busy = 0
            self.sent_events: deque[tuple[str, dict]] = deque(maxlen=5000)
            self.log: deque[dict] = deque(maxlen=1000)

    # === Setting up ===

    def subscribe(self, client_id: str, url: str, key: str | None, categories: list[str]) -> Subscription:
        """Set (or replace) an app's webhook."""
        with self._wake:
            subscription = Subscription(client_id, url, key or secrets.token_urlsafe(48), categories)
            self.subscriptions[client_id] = subscription
            self._start()
            return subscription

    def configure(self, values: dict[str, Any]) -> dict[str, Any]:
        """Change settings. Raises ValueError for an unknown one."""
        unknown = set(values) - set(SETTINGS)
        if unknown:
            raise ValueError(f"Unknown webhook settings: {', '.join(sorted(unknown))}")
        with self._wake:
            self.settings |= values
            self._wake.notify_all()
            return dict(self.settings)

    def intent_to_receive(self, client_id: str) -> dict[str, Any]:
        """Xero's check of a new address: empty bodies, some signed wrongly; 200 for right, 401 for wrong."""
        subscription = self.subscriptions[client_id]
        results = []
        for right in (True, False, True, False):
            body = self._body([], 0, 0)
            result = post(subscription.url, body, sign(body, subscription.key if right else "wrong key"))
            results.append({"signature_right": right, **self._logged(subscription, [], right, result)})
        subscription.status = "OK" if all(row["ok"] for row in results) else "INTENT_FAILED"
        return {"status": subscription.status, "results": results}

    # === Events ===

    def announce(self, tenant: str, events: list[tuple[str, str, str]]) -> None:
        """Queue events (category, id, CREATE or UPDATE) for every app that is connected to the organisation."""
        with self._wake:
            for subscription in self.subscriptions.values():
                if subscription.status == "DISABLED" or not self._connected(subscription.client_id, tenant):
                    continue
                rows = [self._event(tenant, *event) for event in events if self._wanted(subscription, event[0])]
                self._fresh.setdefault(subscription.client_id, []).extend(rows)
            self._wake.notify_all()

    def queue(self, client_id: str, events: list[dict]) -> None:
        """Queue ready-made events (replay, or events of the caller's own making)."""
        with self._wake:
            self._fresh.setdefault(client_id, []).extend(events)
            self._start()
            self._wake.notify_all()

    def _wanted(self, subscription: Subscription, category: str) -> bool:
        return not subscription.categories or category in subscription.categories

    def _connected(self, client_id: str, tenant: str) -> bool:
        return self._world.registry.connected(client_id, "", tenant)

    def _event(self, tenant: str, category: str, resource_id: str, kind: str) -> dict:
        event = {
            "resourceUrl": f"{self._world.base_url}/api.xro/2.0/{CATEGORY_PATHS[category]}/{resource_id}",
            "resourceId": resource_id,
            "tenantId": tenant,
            "tenantType": "ORGANISATION",
            "eventCategory": category,
            "eventType": kind,
            "eventDateUtc": self._world.clock.now().isoformat(timespec="milliseconds"),
        }
        return event | self._data(tenant, category, resource_id)

    def _data(self, tenant: str, category: str, resource_id: str) -> dict:
        """The ``data`` object that the newer categories carry."""
        tables = {"CREDITNOTE": "credit_notes", "PREPAYMENT": "prepayments", "OVERPAYMENT": "overpayments"}
        if category not in tables:
            return {}
        doc = getattr(self._world.organisations[tenant], tables[category]).get(resource_id)
        return {"data": {"Type": doc["Type"], "Status": doc["Status"]}}

    # === Delivering ===

    def flush(self, timeout: float = 30.0) -> dict[str, int]:
        """Try everything that waits, retries included, and wait until it was tried."""
        end = time.monotonic() + timeout
        with self._wake:
            for delivery in self._due:
                delivery.due = 0.0
            self._collect(force=True)
            self._start()
            self._wake.notify_all()
            while (self._busy or any(row.due <= 0.0 for row in self._due)) and time.monotonic() < end:
                self._wake.wait(0.1)
            return {"waiting": len(self._due) + sum(map(len, self._fresh.values()))}

    def waiting(self) -> dict[str, int]:
        """How much is queued."""
        with self._wake:
            fresh = sum(map(len, self._fresh.values()))
            return {"events": fresh, "deliveries": len(self._due), "in_flight": self._busy}

    def _start(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._fresh or self._due, timeout=1.0)
            time.sleep(self.settings["batch_seconds"])
            with self._wake:
                self._collect()
                ready = self._ready()
                self._busy += len(ready)
            for delivery in ready:
                self._deliver(delivery)
            with self._wake:
                if not ready and self._due:
                    self._wake.wait(0.25)

    def _collect(self, force: bool = False) -> None:
        """Turn fresh events into deliveries of at most max_events."""
        if self.settings["paused"] and not force:
            return
        now, most = self._world.clock.timestamp(), int(self.settings["max_events"])
        for client_id, events in list(self._fresh.items()):
            subscription = self.subscriptions.get(client_id)
            del self._fresh[client_id]
            if subscription is None:
                continue
            if self.settings["shuffle"]:
                random.shuffle(events)
            for start in range(0, len(events), most):
                part = events[start : start + most]
                first = subscription.sequence + 1
                subscription.sequence += len(part)
                self._due.append(Delivery(subscription, part, first, 0.0 if force else now, now))

    def _ready(self) -> list[Delivery]:
        until = 0.0 if self.settings["paused"] else self._world.clock.timestamp()
        ready = [row for row in self._due if row.due <= until]
        self._due = [row for row in self._due if row.due > until]
        return ready

    def _deliver(self, delivery: Delivery) -> None:
        subscription = delivery.subscription
        body = self._body(delivery.events, delivery.first, delivery.first + len(delivery.events) - 1)
        if self._take("drop"):
            self.log.append({"events": len(delivery.events), "dropped": True, "ok": True})
            done = True
        elif self._take("wrong_signature"):
            result = post(subscription.url, body, sign(body, "wrong key"))
            self._logged(subscription, delivery.events, False, result)
            done = True
        else:
            done = self._send(subscription, delivery, body)
        with self._wake:
            self._busy = max(0, self._busy - 1)
            if not done:
                self._again(delivery)
            self._wake.notify_all()

    def _send(self, subscription: Subscription, delivery: Delivery, body: bytes) -> bool:
        done = False
        for _copy in range(1 + int(self.settings["duplicates"])):
            result = post(subscription.url, body, sign(body, subscription.key))
            done = self._logged(subscription, delivery.events, True, result)["ok"] or done
        if done:
            self.sent_events.extend((subscription.client_id, event) for event in delivery.events)
        return done

    def _again(self, delivery: Delivery) -> None:
        """At once, then every 15 minutes (retry_seconds) and rarer, for 24 hours; then the webhook is disabled."""
        now = self._world.clock.timestamp()
        if now - delivery.since > GIVE_UP_SECONDS:
            delivery.subscription.status = "DISABLED"
            return
        delivery.attempts += 1
        wait = 0.0 if delivery.attempts == 1 else self.settings["retry_seconds"] * 1.5 ** (delivery.attempts - 2)
        delivery.due = now + wait
        self._due.append(delivery)

    def _take(self, name: str) -> bool:
        with self._wake:
            left = int(self.settings[name])
            self.settings[name] = max(0, left - 1)
            return left > 0

    def _logged(self, subscription: Subscription, events: list[dict], right: bool, result: Result) -> dict:
        row = {
            "time": self._world.clock.now().isoformat(),
            "url": subscription.url,
            "events": len(events),
            "resource_ids": [event.get("resourceId") for event in events],
            "signature_right": right,
            "ok": result.is_good(right),
            **vars(result),
        }
        self.log.append(row)
        return row

    @staticmethod
    def _body(events: list[dict], first: int, last: int) -> bytes:
        return codec.dumps(
            {
                "events": events,
                "firstEventSequence": first,
                "lastEventSequence": last,
                "entropy": secrets.token_hex(10).upper(),
            }
        )
