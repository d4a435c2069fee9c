"""Indexes that nothing looks things up by are gone: each row that is written costs what it takes to keep them."""

from odoo.tools import SQL

UNUSED = (
    # What is open has an index of its own.
    "xero_link__state_index",
    # There are few companies and many rows of each.
    "xero_link__company_id_index",
    "xero_sync_job__company_id_index",
    "xero_webhook_event__company_id_index",
)


def migrate(cr, version):
    for name in UNUSED:
        cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name)))
