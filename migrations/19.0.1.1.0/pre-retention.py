"""Indexes that others took the place of: Odoo keeps those it no longer expects."""

from odoo.tools import SQL

REPLACED = (
    "xero_log__connection_id_index",
    "xero_webhook_event__connection_id_index",
    "xero_sync_job__correlation_id_index",
)


def migrate(cr, version):
    """Called by Odoo before the tables are brought up to date."""
    if version:
        for name in REPLACED:
            cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name)))
