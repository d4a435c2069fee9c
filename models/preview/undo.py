"""A preview of taking out of Xero what a run made there, and the click that does it."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...mappers.text import named
from ..link.xero_link import LIVING

UNDOING = ("void", "delete", "archive")


class XeroPreview(models.Model):
    _inherit = "xero.preview"

    def _seed_undo(self) -> None:
        """Add what the run made in Xero and is still there."""
        self.env["xero.link"].flush_model()
        self._insert_lines(
            SQL(
                """SELECT %s, l.connection_id, l.company_id, l.xero_type, l.res_model, l.res_id, 'void',
                          CASE l.res_model WHEN 'res.partner' THEN 99 ELSE 10 END, FALSE
                     FROM xero_link l WHERE l.run_id = %s AND %s""",
                self.id,
                self.run_id.id,
                SQL(LIVING),
            )
        )

    def _undo_checks(self, mapper, lines) -> list:
        """Return what Xero does not let go, or what a person has touched since; two queries a chunk."""
        links = self.env["xero.link"]._map(
            self.connection_id, mapper._xero_type, mapper._odoo_model, lines.mapped("res_id")
        )
        exporter, found, untouched = self.env["xero.exporter.document"], [], lines
        for line in lines:
            link = links.get(line.res_id)
            if not link:
                continue
            if line.res_model == "account.move" and exporter._has_money_on_it(link):
                message = self.env["xero.reason"]._(
                    "%s is paid or credited in Xero: it stays. Undo the payment first.", named(line.number)
                )
                found.append((line, "problem", self._problem("paid", message, line)))
            elif link._changed_since_made():
                message = self.env["xero.reason"]._(
                    "%s was changed since the run made it: it stays.", named(line.number)
                )
                found.append((line, "problem", self._problem("changed", message, line)))
                untouched -= line
        if lines[:1].res_model == "res.partner":
            found += self._contacts_in_use(untouched)
        return found

    def _look_again(self) -> None:
        """Block what was paid or changed since the preview was made; contacts last, as documents use them."""
        lines = self.line_ids.filtered(lambda line: line.action in UNDOING)
        for xero_type, of_type in sorted(lines.grouped("xero_type").items(), key=lambda pair: pair[0] == "Contact"):
            self._store_problems(self._undo_checks(self.env["xero.mapper"]._for_type(xero_type), of_type))

    def _contacts_in_use(self, lines) -> list:
        """Contacts that documents of others use stay; documents come first, so it is known which of them go."""
        going = self._lines(("action", "in", ("void", "delete"))).mapped("res_id")
        rows = self.env.execute_query(self.run_id._unused_contacts_sql(going))
        free = {res_id for res_id, _company in rows}
        return [
            (
                line,
                "problem",
                self._problem(
                    "used",
                    self.env["xero.reason"]._("%s stays: documents in Xero that do not go use it.", named(line.number)),
                    line,
                ),
            )
            for line in lines
            if line.res_id not in free
        ]

    def action_undo(self):
        """Undo the run, as shown."""
        self.ensure_one()
        self.run_id._check_accountant()
        if self.kind != "undo" or self.state != "ready":
            raise UserError(self.env._("Wait until the preview is ready."))
        self.run_id._check_state("running", "paused", "done", "cancelled", "undone")
        lines = self.sudo().line_ids
        if not lines.filtered(lambda line: line.action in UNDOING):
            raise UserError(self.env._("Nothing of this run can be taken out of Xero. The reasons are below."))
        self.sudo()._look_again()
        if not lines.filtered(lambda line: line.action in UNDOING):
            # All of it was paid or changed meanwhile: the reasons are on the preview now.
            return self._open()
        self.run_id.sudo()._undo(lines)
        self.sudo()._note_done("undone", self.run_id)
        return self.run_id._get_records_action()
