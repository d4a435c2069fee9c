"""Webhooks: subscribing, delivering, disturbing, replaying."""

from typing import Any

from ..webhooks import Subscription
from ..world import World

Body = dict[str, Any]


def _client(world: World, body: Body) -> str:
    client_id = body.get("client_id") or next(iter(world.registry.apps))
    if client_id not in world.registry.apps:
        raise KeyError(f"app {client_id}")
    return client_id


def _row(subscription: Subscription) -> Body:
    return dict(vars(subscription))


def show(world: World, body: Body) -> Body:
    """Subscriptions with keys, settings, and what waits."""
    hooks = world.webhooks
    return {
        "subscriptions": [_row(row) for row in hooks.subscriptions.values()],
        "settings": hooks.settings,
        "waiting": hooks.waiting(),
    }


def subscribe(world: World, body: Body) -> Body:
    """url, key (made if absent), categories (default all), client_id."""
    categories = body.get("categories", [])
    return _row(world.webhooks.subscribe(_client(world, body), body["url"], body.get("key"), categories))


def unsubscribe(world: World, body: Body) -> Body:
    """Remove an app's webhook."""
    gone = world.webhooks.subscriptions.pop(_client(world, body), None)
    return {"removed": gone is not None}


def intent(world: World, body: Body) -> Body:
    """Run the intent-to-receive check now."""
    return world.webhooks.intent_to_receive(_client(world, body))


def settings(world: World, body: Body) -> Body:
    """paused, batch_seconds, max_events, retry_seconds, duplicates, shuffle, drop, wrong_signature."""
    return world.webhooks.configure({name: float(value) if not isinstance(value, bool) else value
                                     for name, value in body.items()})  # fmt: skip


def flush(world: World, body: Body) -> Body:
    """Deliver all that waits now, retries included; works while paused."""
    return world.webhooks.flush(float(body.get("timeout", 30)))


def replay(world: World, body: Body) -> Body:
    """Send delivered events again: the last ``count`` (default all), ``reverse`` turns their order round."""
    client_id = _client(world, body)
    events = [event for owner, event in world.webhooks.sent_events if owner == client_id]
    count = int(body.get("count", len(events)))
    chosen = events[len(events) - count :] if count < len(events) else events
    world.webhooks.queue(client_id, chosen[::-1] if body.get("reverse") else chosen)
    return {"queued": len(chosen)}


def send(world: World, body: Body) -> Body:
    """Queue events of your own making: ``events``, missing parts filled in; ``tenantId`` is any {org}, or unknown."""
    rows = [_filled(world, event) for event in body["events"]]
    world.webhooks.queue(_client(world, body), rows)
    return {"queued": len(rows)}


def _filled(world: World, event: Body) -> Body:
    tenant = event.get("tenantId", "au")
    known = world.organisation(tenant)
    return {
        "resourceUrl": f"{world.base_url}/api.xro/2.0/Invoices",
        "resourceId": "00000000-0000-0000-0000-000000000000",
        "tenantType": "ORGANISATION",
        "eventCategory": "INVOICE",
        "eventType": "UPDATE",
        "eventDateUtc": world.clock.now().isoformat(timespec="milliseconds"),
        **event,
        "tenantId": known.id if known else tenant,
    }


def deliveries(world: World, body: Body) -> Body:
    """The last 1,000 deliveries: status, time taken, cookies, whether Xero would be content (``ok``)."""
    return {"deliveries": list(world.webhooks.log)}
