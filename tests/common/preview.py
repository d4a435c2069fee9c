"""Looking at previews, and proving that looking leaves no trace."""

from contextlib import contextmanager

from odoo.tools import SQL

from . import XeroCommon

TRACES = (
    "xero_sync_job",
    "xero_sync_batch",
    "xero_link",
    "xero_mapping_account",
    "xero_mapping_tax",
    "xero_mapping_journal",
    "xero_log",
    "xero_conflict",
    "account_move",
    "res_partner",
)


class PreviewCase(XeroCommon):
    def traces(self) -> dict:
        """Return a hash of everything that a dry run must not touch."""
        self.env.flush_all()
        found = {}
        for table in TRACES:
            query = SQL(
                "SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY id), '')) FROM %s t", SQL.identifier(table)
            )
            [[found[table]]] = self.env.execute_query(query)
        return found

    @contextmanager
    def assertNoTrace(self):
        """The block makes no call and changes no row outside of previews."""
        before = self.traces()
        self.simulator.reset_stats()
        yield
        self.env.invalidate_all()
        self.assertEqual(self.traces(), before)
        self.assertEqual(self.simulator.calls(), {})

    def preview(self, records):
        """Return the preview that the button on ``records`` opens."""
        with self.assertNoTrace():
            action = records.action_xero_preview()
        return self.env["xero.preview"].browse(action["res_id"])

    def line_of(self, preview, record):
        return preview.line_ids.filtered(lambda line: (line.res_model, line.res_id) == (record._name, record.id))

    def problems(self, preview, severity="problem") -> dict:
        return {row.topic: row for row in preview.problem_ids if row.severity == severity}

    def silent(self, move_type="out_invoice", *args, **values):
        """Return a posted document that nobody has queued."""
        move = self.make_move(move_type, *args, post=False, **values)
        move.with_context(xero_no_sync=True).action_post()
        return move
