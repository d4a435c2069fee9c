"""Columns bear the words that the code uses; what they hold stays."""

from odoo.tools.sql import column_exists, rename_column

RENAMED = {
    "xero_link": {"remote_view": "base_state", "remote_digest": "base_digest", "remote_source": "base_source"},
    "xero_sync_job": {"solo": "send_alone", "prepared": "dependencies_queued"},
}


def migrate(cr, version):
    """Called by Odoo before the tables are brought up to date."""
    if not version:
        return
    for table, columns in RENAMED.items():
        for old, new in columns.items():
            if column_exists(cr, table, old):
                rename_column(cr, table, old, new)
