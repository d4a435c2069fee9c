"""Guards taken out on purpose, to prove that the tests of them can fail.

`BROKEN=<name> make test ARGS="system -k …"` must fail; each test names the guard it stands for.
"""

from odoo.modules.registry import Registry

VARIABLE = "BROKEN"


def apply(name: str) -> None:
    """Take out the guard called `name`; nothing for an empty name. Raises KeyError for an unknown one."""
    if name:
        GUARDS[name]()


def _home(model: str, name: str) -> type:
    """Return the class of the addon that defines the method: Odoo builds the class of a model anew at times."""
    [registry] = Registry.registries.values()
    addons = [cls for cls in registry[model].__mro__ if cls.__module__.startswith("odoo.addons.")]
    return next(cls for cls in addons if name in vars(cls))


def _replace(model: str, name: str, make) -> None:
    """Put what `make` returns for a method in that method's place."""
    home = _home(model, name)
    setattr(home, name, make(vars(home)[name]))


def _no_look_up() -> None:
    """After an unknown outcome nobody asks Xero: the jobs are simply sent again."""

    def resolve(self, drain, batch):
        drain.transaction(self._close_batch, drain, batch)
        return False

    _replace("xero.exporter", "_resolve_creation", lambda _original: resolve)


def _no_lane() -> None:
    """A lane is taken without locking it."""

    def take(self, visited):
        return self.env["xero.lane"].browse(self._lanes_with_work(visited))[:1]

    _replace("xero.sync.runner", "_lock_lane", lambda _original: take)


def _no_renewal_lock() -> None:
    """Whoever finds the token old renews it, without the row's lock."""
    from odoo.addons.xero_connector.models.connection import credential_secrets as xero_secrets

    read = xero_secrets.read
    xero_secrets.read = lambda credential, lock=False: read(credential)


def _no_orphans() -> None:
    """Jobs of a dead worker are not looked for."""
    _replace("xero.sync.runner", "_requeue_orphans", lambda _original: lambda self, connection: None)


def _queue_once() -> None:
    """Queueing a record that waits already leaves its row alone, as `ON CONFLICT DO NOTHING` would."""

    def enqueue(original):
        def add(self, connection_id, mapper, records, **options):
            waiting = [("connection_id", "=", connection_id), ("res_model", "=", mapper._odoo_model)]
            known = set(self.search([*waiting, ("state", "=", "pending")]).mapped("res_id"))
            return original(self, connection_id, mapper, [pair for pair in records if pair[0] not in known], **options)

        return add

    _replace("xero.sync.job", "_enqueue", enqueue)


GUARDS = {
    "look_up": _no_look_up,
    "lane": _no_lane,
    "renewal_lock": _no_renewal_lock,
    "orphans": _no_orphans,
    "queue_again": _queue_once,
}
