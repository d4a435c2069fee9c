"""People merge contacts while a worker has them under way; each side stops where a test wants it to."""

import time
from pathlib import Path

from dev.inside.company import document

PATIENCE = 60


def open_pair(env, company_id: int, name: str, sent: list[str]) -> dict[str, int]:
    """Make two contacts called `name`, with an invoice for each in `sent` ("keep", "gone"); return their ids."""
    env = env(context={**env.context, "allowed_company_ids": [company_id]})
    keys = ("keep", "gone")
    partners = env["res.partner"].create([{"name": f"{name} {key}", "is_company": True} for key in keys])
    pair = dict(zip(keys, partners, strict=True))
    made = [document(pair[key], 100 + pair[key].id, "out_invoice") for key in sent]
    env["account.move"].create(made).action_post()
    return {key: partner.id for key, partner in pair.items()}


def merge(env, company_id: int, keep: int, gone: int, pause: str = "") -> None:
    """Merge the contact `gone` into `keep`; with `pause`, stop before the commit."""
    env = env(context={**env.context, "allowed_company_ids": [company_id]})
    partners = env["res.partner"].browse([keep, gone])
    env["base.partner.merge.automatic.wizard"]._merge(partners.ids, partners[0], extra_checks=False)
    env.flush_all()
    if pause:
        wait_at(pause)


def drain_until(env, moment: str, pause: str) -> int:
    """Work like a cron worker that stops once, before the method `moment` of the exporter of contacts."""
    exporter = type(env["xero.exporter.contact"])
    original, stopped = getattr(exporter, moment), []

    def stop_first(self, *args, **kwargs):
        if not stopped:
            stopped.append(True)
            wait_at(pause)
        return original(self, *args, **kwargs)

    setattr(exporter, moment, stop_first)
    return env["xero.sync.runner"]._work()


def wait_at(pause: str) -> None:
    """Say that this process is at the place `pause`, a file, and wait until somebody takes it away."""
    place, ends = Path(pause), time.monotonic() + PATIENCE
    place.touch()
    while place.exists() and time.monotonic() < ends:
        time.sleep(0.02)
