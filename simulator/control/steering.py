"""Clock, limits, readings, token lives, faults, figures."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from .. import dates
from ..faults import KINDS
from ..world import World
from .setup import find

Body = dict[str, Any]


def show_clock(world: World, body: Body) -> Body:
    """The simulator's time, UTC."""
    return {"time": dates.iso(world.clock.now())}


def advance_clock(world: World, body: Body) -> Body:
    """Move the clock: ``advance`` seconds."""
    world.clock.advance(float(body["advance"]))
    return show_clock(world, body)


def show_limits(world: World, body: Body) -> Body:
    """The limits in force."""
    return world.limits.configure({})


def change_limits(world: World, body: Body) -> Body:
    """enabled, concurrent, minute, day, app_minute."""
    return world.limits.configure(body)


def spend_limit(world: World, body: Body) -> Body:
    """Use up calls of a window without making them: limit (minute, day, app_minute), calls, tenant, client_id."""
    client_id = body.get("client_id") or next(iter(world.registry.apps))
    tenant = find(world, body["tenant"]).id
    world.limits.spend(client_id, tenant, body["limit"], int(body["calls"]))
    return world.limits.headers(client_id, tenant, world.registry.apps[client_id].tier)


def show_readings(world: World, body: Body) -> Body:
    """The switches for what is not settled about Xero."""
    return world.readings


def change_readings(world: World, body: Body) -> Body:
    """Set switches to true or false."""
    unknown = set(body) - set(world.readings)
    if unknown:
        raise ValueError(f"Unknown readings: {', '.join(sorted(unknown))}")
    world.readings.update({name: bool(value) for name, value in body.items()})
    return world.readings


def show_lives(world: World, body: Body) -> Body:
    """Lives of codes and tokens in seconds."""
    return world.registry.tokens.lives


def change_lives(world: World, body: Body) -> Body:
    """Set code, access, refresh, grace, id (seconds); tokens given out before keep theirs."""
    lives = world.registry.tokens.lives
    unknown = set(body) - set(lives)
    if unknown:
        raise ValueError(f"Unknown lives: {', '.join(sorted(unknown))}")
    lives.update({name: float(value) for name, value in body.items()})
    return lives


def expire_tokens(world: World, body: Body) -> Body:
    """End tokens now: ``access`` (default true), ``refresh`` (default false), of ``client_id`` or of all."""
    tokens, client_id = world.registry.tokens, body.get("client_id")
    return {
        "access": tokens.expire_access(client_id) if body.get("access", True) else 0,
        "refresh": tokens.expire_refresh(client_id) if body.get("refresh", False) else 0,
    }


def disconnect(world: World, body: Body) -> Body:
    """A user removes the app inside Xero: ``tenant``, optionally only of ``client_id``."""
    tenant, client_id = find(world, body["tenant"]).id, body.get("client_id")
    gone = [
        row
        for row in world.registry.connections
        if row.active and row.tenant_id == tenant and client_id in (None, row.client_id)
    ]
    for row in gone:
        row.active = False
    return {"disconnected": len(gone)}


def list_faults(world: World, body: Body) -> Body:
    """Faults that are set, and the kinds there are."""
    return {"faults": world.faults.all(), "kinds": KINDS}


def add_fault(world: World, body: Body) -> Body:
    """Set a fault; ``seed`` starts the probabilities anew."""
    values = {name: float(value) if isinstance(value, Decimal) else value for name, value in body.items()}
    if "seed" in values:
        world.faults.seed(int(values.pop("seed")))
    if values.get("tenant"):
        values["tenant"] = find(world, values["tenant"]).id
    return asdict(world.faults.add(values))


def remove_faults(world: World, body: Body, fault: int | None = None) -> Body:
    """One fault, or all."""
    return {"removed": world.faults.remove(fault)}


def release_faults(world: World, body: Body) -> Body:
    """Let the calls go on that a fault holds."""
    world.faults.release()
    return {}


def show_stats(world: World, body: Body) -> Body:
    """Calls, elements, OAuth events, replays, peak concurrency."""
    return world.stats.report() | {"idempotent_replays": world.idempotency.replays}


def reset_stats(world: World, body: Body) -> Body:
    """Figures to zero; the books stay."""
    world.stats.reset()
    world.idempotency.replays = 0
    return show_stats(world, body)


def list_calls(world: World, body: Body) -> Body:
    """The last calls in full (2,000 are kept); ``after`` gives those with a higher sequence number."""
    after = int(body.get("after", 0))
    return {"calls": [call for call in list(world.stats.recent) if call["sequence"] > after]}
