import logging

from .models.connection import gate as xero_gate
from .models.connection import vault as xero_vault
from .xero_api import errors

_logger = logging.getLogger(__name__)


def uninstall_hook(env):
    """Leave nothing of ours behind that Odoo does not remove by itself: organisations that Xero still holds connected,
    and the parameters of the module. Nothing that fails here keeps the module from going.
    """
    _end_connections(env)
    env["ir.config_parameter"].search([("key", "=like", "xero_connector.%")]).unlink()
    if xero_vault.key_file().exists():
        # Other databases of this server have sealed their secrets with it.
        _logger.warning(
            "The key of Xero secrets stays in %s: delete it when no database of this server is connected to Xero",
            xero_vault.key_file(),
        )


def _end_connections(env):
    """Disconnect in Xero what this very database has connected: a copy and a server without the key are refused."""
    known = [("tenant_id", "!=", False), ("state", "!=", "disconnected")]
    for connection in env["xero.connection"].with_context(active_test=False).search(known):
        try:
            with env.cr.savepoint():
                if barred := connection._barrier():
                    raise barred
                xero_gate.end_connection(connection)
        except errors.XeroError as error:
            _logger.warning(
                "%s stays connected in Xero (%s): end it there under Connected Apps",
                connection.name,
                type(error).__name__,
            )
        except Exception:
            _logger.exception("%s stays connected in Xero: end it there under Connected Apps", connection.name)
