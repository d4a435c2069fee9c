"""Everything one simulator holds: apps, users' consents, organisations, switches."""

import threading
from typing import Any

from . import readings
from .clock import Clock
from .faults import Faults
from .idempotency import IdempotencyStore
from .limits import Limits
from .oauth.registry import Registry
from .organisation import Organisation
from .seeding import make_organisation
from .stats import Stats
from .webhooks import Webhooks


class World:
    """The state of the simulator. :meth:`reset` brings back the state after start."""

    def __init__(self, seeds: list[str], limits_on: bool = True) -> None:
        self._seeds = seeds
        self._limits_on = limits_on
        self.clock = Clock()
        self.base_url = "https://api.xero.com"
        self.lock = threading.RLock()
        self.webhooks = Webhooks(self)
        self.reset()

    def reset(self) -> None:
        """Forget every app, consent, document, fault and figure; seed again."""
        with self.lock:
            self.clock.reset()
            self.marked: dict[str, Any] | None = None
            self.readings: dict[str, bool] = dict(readings.DEFAULTS)
            self.organisations: dict[str, Organisation] = {}
            self.registry = Registry(self.clock)
            self.stats = Stats(self.clock)
            self.faults = Faults()
            self.limits = Limits(self.clock, enabled=self._limits_on)
            self.idempotency = IdempotencyStore(self.clock)
            self.webhooks.reset()
            for seed in self._seeds:
                self.add_organisation(seed)
            self.registry.add_default_app()

    def add_organisation(self, seed: str, overrides: dict[str, Any] | None = None) -> Organisation:
        """A further organisation of a seeded country; the first of each country has ids that never change."""
        with self.lock:
            stable = not any(org.settings["seed"] == seed for org in self.organisations.values())
            org = make_organisation(seed, self.clock, overrides, stable)
            org.settings["seed"] = seed
            self.organisations[org.id] = org
            return org

    def organisation(self, key: str) -> Organisation | None:
        """By tenant id, by seed name (the first of that country), or by exact name."""
        found = self.organisations.get(key)
        if found:
            return found
        for org in self.organisations.values():
            if key in (org.settings["seed"], org.profile["Name"]):
                return org
        return None

    def keep(self, org: Organisation) -> None:
        """Make the changes of a call lasting and announce them to the webhooks."""
        events = org.journal.commit()
        if events:
            self.webhooks.announce(org.id, events)
