from itertools import chain, repeat

from odoo import models
from odoo.addons.xero_connector.mappers.text import named

from .xero_connection import LIABILITY


class XeroPreview(models.Model):
    _inherit = "xero.preview"

    def _checks(self, mapper, lines, verdicts):
        found = super()._checks(mapper, lines, verdicts)
        if self.kind == "undo" or mapper._odoo_model != "account.move":
            return found
        outs = {line: verdicts[line.id].out for line in lines if line.id in verdicts and verdicts[line.id].out}
        ids = [line_id for out in outs.values() for line_id in out.line_ids]
        deposits = self.env["account.move.line"].sudo().browse(ids).exists().filtered("is_downpayment")
        if not deposits:
            return found
        accounts = self.env["xero.account"].sudo().search([("connection_id", "=", self.connection_id.id)])
        by_code = {account.code: account for account in accounts if account.code}
        for line, out in outs.items():
            rows = zip(out.payload.get("LineItems", ()), chain(out.line_ids, repeat(0)))
            codes = {row.get("AccountCode") for row, line_id in rows if line_id in deposits._ids}
            found += [
                (line, "notice", self._problem("other", self._income_text(by_code[code]), line))
                for code in sorted(filter(None, codes))
                if code in by_code and by_code[code].class_type != LIABILITY
            ]
        return found

    def _income_text(self, account) -> str:
        return self.env["xero.reason"]._(
            "A deposit goes to %s in Xero, which is no liability: it counts before anything is delivered.",
            named(account.display_name),
        )
