def uninstall_hook(env):
    """Leave nothing of ours behind that Odoo does not remove by itself: the addresses and the secrets of the module."""
    env["ir.config_parameter"].search([("key", "=like", "xero_connector.%")]).unlink()
