"""What a batch of journal entries needs to know: their lines, and which of them Xero has in another form."""

from ..document.books import Books

ENTRY_FIELDS = (
    "name",
    "move_type",
    "state",
    "posted_before",
    "company_id",
    "journal_id",
    "ref",
    "date",
    "origin_payment_id",
    "statement_line_id",
    "tax_cash_basis_rec_id",
    "tax_cash_basis_origin_move_id",
    "write_date",
)
LINE_FIELDS = (
    "move_id",
    "display_type",
    "sequence",
    "name",
    "account_id",
    "tax_ids",
    "tax_repartition_line_id",
    "group_tax_id",
    "balance",
    "analytic_distribution",
)
GONE = ("VOIDED", "DELETED")


def credited_ids(moves) -> set[int]:
    """Return the ids of those of ``moves``, entries, that are credit notes in Xero, of what they write off."""
    parts = moves.env["xero.payment.part"].sudo()
    domain = [("entry_id", "in", moves.ids), ("credit_type", "=", "CreditNote"), ("over", "=", False)]
    return set(parts.search_fetch(domain, ["entry_id"]).entry_id.ids)


class EntryBooks(Books):
    """One batch of journal entries. The number of queries does not depend on how many there are.

    :ivar elsewhere: ids of those that Xero has, or gets, as something else: as a credit note of what they write off
    """

    def __init__(self, connection, moves, xero_type: str, links: dict | None = None):
        moves.fetch(ENTRY_FIELDS)
        lines = self._lines = moves.env["account.move.line"].search_fetch([("move_id", "in", moves.ids)], LINE_FIELDS)
        self._by_move = lines.grouped("move_id")
        self.prefetch_taxes(lines.tax_ids | lines.tax_repartition_line_id.tax_id | lines.group_tax_id)
        super().__init__(connection, moves, xero_type, moves.env["res.partner"], links)
        self.elsewhere = credited_ids(moves) | self._linked(moves, xero_type)

    def lines_of(self, move):
        """Return the journal items of ``move``, one of the batch, in their order."""
        return self._by_move.get(move, self._lines.browse()).sorted(lambda line: (line.sequence, line.id))

    def _linked(self, moves, xero_type) -> set[int]:
        domain = [
            ("connection_id", "=", self.connection.id),
            ("res_model", "=", moves._name),
            ("res_id", "in", moves.ids),
            ("xero_type", "!=", xero_type),
            ("xero_id", "!=", False),
            ("xero_status", "not in", GONE),
        ]
        return set(self.env["xero.link"].search_fetch(domain, ["res_id"]).mapped("res_id"))
