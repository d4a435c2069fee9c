"""What links last agreed on and what snapshots hold is compressed from here on; readings that others replaced go."""

import json

from psycopg2 import Binary

from odoo.tools import SQL

CHUNK = 2000


def migrate(cr, version):
    """Called by Odoo before the tables are brought up to date."""
    if not version:
        return
    _drop_replaced(cr)
    cr.execute(
        """ALTER TABLE xero_snapshot_element ADD COLUMN IF NOT EXISTS document_type varchar,
                 ADD COLUMN IF NOT EXISTS reference varchar, ADD COLUMN IF NOT EXISTS tax_number varchar"""
    )
    if _is_plain(cr, "xero_snapshot_element", "data"):
        cr.execute(
            """UPDATE xero_snapshot_element SET document_type = data->>'Type', reference = data->>'Reference',
                      tax_number = data->>'TaxNumber'"""
        )
    _pack(cr, "xero_link", "base_state")
    _pack(cr, "xero_snapshot_element", "data")
    _pack(cr, "xero_sync_batch", "body")


def _drop_replaced(cr):
    """Only the newest reading is worked with, those of the newest report, and of matchings in review."""
    cr.execute(
        """DELETE FROM xero_snapshot t WHERE t.state IN ('ready', 'failed')
              AND (t.state = 'failed' OR EXISTS (
                   SELECT FROM xero_snapshot n WHERE n.connection_id = t.connection_id AND n.id > t.id
                      AND n.state = 'ready' AND n.kinds @> t.kinds))
              AND NOT EXISTS (SELECT FROM xero_match m WHERE m.snapshot_id = t.id
                                 AND m.state IN ('reading', 'scoring', 'review', 'undoing', 'failed'))
              AND NOT EXISTS (SELECT FROM xero_reconciliation r WHERE r.snapshot_id = t.id AND (
                                 r.state IN ('reading', 'comparing') OR r.id = (
                                 SELECT MAX(l.id) FROM xero_reconciliation l
                                  WHERE l.connection_id = t.connection_id AND l.state = 'done')))"""
    )


def _is_plain(cr, table, column):
    cr.execute(
        "SELECT udt_name FROM information_schema.columns WHERE table_name = %s AND column_name = %s", [table, column]
    )
    found = cr.fetchone()
    return bool(found) and found[0] in ("jsonb", "text")


def _pack(cr, table, column):
    """Turn the JSON of ``column`` into its compressed form, some thousand rows at a time."""
    if not _is_plain(cr, table, column):
        return
    from odoo.addons.xero_connector.models.link.packed import pack, pack_text

    # What was sent must come back to the byte; a view is the same however it is written.
    form = pack_text if column == "body" else lambda text: pack(json.loads(text))
    names = {
        "table": SQL.identifier(table),
        "column": SQL.identifier(column),
        "plain": SQL.identifier(f"{column}_plain"),
    }
    cr.execute(SQL("ALTER TABLE %(table)s RENAME COLUMN %(column)s TO %(plain)s", **names))
    cr.execute(SQL("ALTER TABLE %(table)s ADD COLUMN %(column)s bytea", **names))
    after = 0
    while True:
        cr.execute(
            SQL(
                """SELECT id, %(plain)s::text FROM %(table)s WHERE id > %(after)s AND %(plain)s IS NOT NULL
                    ORDER BY id LIMIT %(chunk)s""",
                **names,
                after=after,
                chunk=CHUNK,
            )
        )
        rows = cr.fetchall()
        if not rows:
            break
        cr.execute(
            SQL(
                """UPDATE %(table)s t SET %(column)s = v.packed, %(plain)s = NULL
                     FROM unnest(%(ids)s::int[], %(packed)s::bytea[]) AS v(id, packed) WHERE t.id = v.id""",
                **names,
                ids=[row_id for row_id, _text in rows],
                packed=[Binary(form(text)) for _id, text in rows],
            )
        )
        after = rows[-1][0]
    cr.execute(SQL("ALTER TABLE %(table)s DROP COLUMN %(plain)s", **names))
