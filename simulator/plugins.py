"""Resources of the Accounting API that are not built in: Python files that the command line names."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from . import organisation, people
from .api.call import Call
from .control import books
from .oauth import scopes
from .resources import RESOURCES
from .store import Doc, Table


@dataclass(frozen=True)
class Resource:
    """One resource of a plug-in, which imports ``simulator`` for all else.

    :param name: as in addresses and answers: ``Invoices``
    :param serve: answers a call, as those in ``simulator/resources`` do
    :param scope: the permission that calls need; ``….read`` is enough for reading
    :param attribute: of an organisation, where its table is
    :param table: makes that table, for a new organisation
    :param actions: what a person does in Xero's own screens: ``(world, organisation, body) -> document``, each under
        its function's name
    """

    name: str
    serve: Callable[[Call], Response]
    scope: str
    attribute: str
    table: Callable[[], Table]
    actions: tuple[Callable[..., Doc], ...] = ()


def load(path: Path) -> None:
    """Serve what the file says in ``RESOURCES``, a list of :class:`Resource`; before the first world is made."""
    spec = importlib.util.spec_from_file_location(f"simulator_plugin_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for resource in module.RESOURCES:
        add(resource)


def add(resource: Resource) -> None:
    """Serve ``resource`` from now on."""
    RESOURCES[resource.name] = resource.serve
    scopes.FAMILY[resource.name] = resource.scope
    organisation.FURTHER_TABLES[resource.attribute] = resource.table
    books.KINDS[resource.name] = resource.attribute
    people.ACTIONS.update({action.__name__: action for action in resource.actions})
