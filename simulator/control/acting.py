"""Acting as a person in Xero."""

from typing import Any

from .. import people
from ..world import World
from .setup import find

Body = dict[str, Any]


def list_actions(world: World, body: Body, org: str) -> Body:
    """What a person can do, in one sentence each."""
    find(world, org)
    return {"actions": {name: action.__doc__ for name, action in people.ACTIONS.items()}}


def act(world: World, body: Body, org: str, action: str) -> Body:
    """Do one thing; 422 with Xero's sentence when it is refused."""
    return people.act(world, find(world, org), action, body)
