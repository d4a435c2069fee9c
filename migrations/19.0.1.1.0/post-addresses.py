"""Addresses of Xero come from the server's configuration: parameters that hold its own say nothing any more.

Others stay, so that the log tells of them at each start until somebody has moved them.
"""

XERO = {
    "login_url": "https://login.xero.com",
    "identity_url": "https://identity.xero.com",
    "api_url": "https://api.xero.com",
}


def migrate(cr, version):
    for name, address in XERO.items():
        cr.execute(
            "DELETE FROM ir_config_parameter WHERE key = %s AND COALESCE(rtrim(value, '/ '), '') IN ('', %s)",
            [f"xero_connector.{name}", address],
        )
