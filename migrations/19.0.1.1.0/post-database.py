"""Connections that work take today's database for theirs: from now on a copy or a restored backup is noticed."""

from odoo.addons.xero_connector.models.connection import database as xero_database


def migrate(cr, version):
    """Note the fingerprint of this database on every connection that it made."""
    cr.execute(
        """UPDATE xero_connection SET database_print = %s
            WHERE database_print IS NULL
              AND database_uuid = (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid')""",
        [xero_database.fingerprint(cr)],
    )
