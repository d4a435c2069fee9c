"""Manual journals on their way out."""

from collections import defaultdict
from decimal import Decimal

from odoo import models

from ...mappers.journal.journal import journal_lines
from ...mappers.text import named
from ...mappers.values import decimal
from ...xero_api.elements import amount
from ..queue.failure import Failure


class XeroExporterJournal(models.AbstractModel):
    """Each answer is held against what was sent, account by account: Xero computes the tax of manual journals itself.

    The exporter of another type that makes manual journals inherits this one and names the type.
    """

    _name = "xero.exporter.journal"
    _inherit = "xero.exporter.kept"
    _description = "Xero Manual Journal Exporter"

    _xero_types = ("ManualJournal",)
    _is_numbered = False
    _is_dated = True

    def _judge(self, connection, mapper, link, item, element):
        adjustment, failure = super()._judge(connection, mapper, link, item, element)
        return adjustment, failure or self._wrong_sums(item, element)

    def _wrong_sums(self, item, element) -> Failure | None:
        """Return the failure of a journal whose accounts or tax are not what was sent; ``None`` where the answer shows
        no lines, as of one that was removed.
        """
        lines = journal_lines(element)
        if not lines or not item.said:
            return None
        found, tax = defaultdict(Decimal), Decimal(0)
        for line in lines:
            found[line.get("AccountCode") or ""] += amount(line.get("LineAmount")) or 0
            tax += amount(line.get("TaxAmount")) or 0
        wanted = {code: decimal(value) for code, value in item.said["accounts"].items()}
        codes = {*wanted, *(code for code, value in found.items() if value)}
        wrong = sorted(code for code in codes if wanted.get(code, 0) != found[code])
        if not wrong and tax == decimal(item.said["tax"]):
            return None
        return Failure(
            "total_mismatch",
            self.env["xero.reason"]._(
                "The manual journal is in Xero with other amounts than in Odoo: %s. Check it there and sync again.",
                ", ".join(
                    f"{named(code)} {found[code]} ({wanted.get(code, 0)})" for code in wrong
                ) or self.env["xero.reason"]._("tax of %(xero)s instead of %(odoo)s", xero=tax, odoo=item.said["tax"]),
            ),
        )  # fmt: skip
