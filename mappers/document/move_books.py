"""What a batch of journal entries needs to know beyond what all documents do: their numbers, and the field rules."""

from collections import defaultdict

from ..field_rule.rule_book import RuleBook
from .books import Books
from .lines import LINE_FIELDS

MOVE_FIELDS = (
    "name",
    "move_type",
    "state",
    "posted_before",
    "company_id",
    "currency_id",
    "commercial_partner_id",
    "partner_id",
    "ref",
    "payment_reference",
    "invoice_origin",
    "invoice_date",
    "invoice_date_due",
    "date",
    "invoice_currency_rate",
    "amount_total",
    "direction_sign",
)
GONE = ("VOIDED", "DELETED")


class MoveBooks(Books):
    """One batch of invoices, bills or credit notes.

    :param moves: in the connection's company, with the rights to read everything
    :param links: those of ``moves`` by id, where they were read already
    """

    def __init__(self, connection, moves, xero_type: str, links: dict | None = None):
        self._batch = frozenset(moves.ids)
        moves.fetch(MOVE_FIELDS)
        # Found and read at once; by the field of the documents they would be found first, then read.
        lines = self._lines = moves.env["account.move.line"].search_fetch([("move_id", "in", moves.ids)], LINE_FIELDS)
        self.lines = {line.id: line for line in lines}
        self._by_move = lines.grouped("move_id")
        self.prefetch_taxes(lines.tax_ids | lines.tax_repartition_line_id.tax_id | lines.group_tax_id)
        super().__init__(connection, moves, xero_type, moves.commercial_partner_id, links)
        self.tracking.read(line.analytic_distribution for line in lines)
        self._owners = self._number_owners(moves, xero_type)
        self.rules = RuleBook(self.env, connection, self.env["xero.field.rule"]._rules(connection))
        self.rules.load(moves)
        self.rules.load(lines.filtered(lambda line: line.display_type == "product"))

    def lines_of(self, move):
        """Return the journal items of ``move``, one of the batch."""
        return self._by_move.get(move, self._lines.browse())

    def decides_account(self, line_id, is_empty):
        return self.rules.gives_account(line_id, is_empty)

    def _number_owners(self, moves, xero_type) -> dict:
        """Return ``{number: document ids}`` of who bears one of the numbers of ``moves``, in Xero or in this batch."""
        owners = defaultdict(set)
        sales = {move.id for move in moves if move.move_type.startswith("out_")}
        self._holders = {
            link.xero_number: link.res_id
            for link in self.links.values()
            if link.res_id in sales and link.xero_number and link._is_alive()
        }
        for move in moves:
            if move.move_type.startswith("out_") and move.state == "posted" and move.name:
                owners[move.name].add(move.id)
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", self.connection.id),
                ("xero_type", "=", xero_type),
                ("res_model", "=", "account.move"),
                ("xero_id", "!=", False),
                ("xero_number", "in", list(owners)),
                ("xero_status", "not in", GONE),
                ("res_id", "not in", moves.ids),
            ]
        )
        for link in links:
            owners[link.xero_number].add(link.res_id)
        self._holders |= {link.xero_number: link.res_id for link in links}
        return {number: ids for number, ids in owners.items() if len(ids) > 1}

    def number_holder(self, move, number: str) -> int | None:
        """Return the id of the other sales document that bears ``number`` in Xero, ``None`` without one.

        It is asked where :meth:`number_owner` finds nobody: that document has given the number up in Odoo.
        """
        holder = self._holders.get(number)
        if holder in (None, move.id) or holder in self._batch:
            return None if holder == move.id else holder
        other = self.env["account.move"].browse(holder).exists()
        return holder if not other or other.move_type.startswith("out_") else None

    def number_owner(self, move, number: str):
        """Return another sales document that goes before ``move`` with the same number, ``None`` without one.

        Of a batch the oldest keeps the number. One in Xero whose number was changed in Odoo, or that is gone here,
        gives it up: Xero has the last word there.
        """
        if move.name != number or number not in self._owners:
            return None
        others = self.env["account.move"].browse(sorted(self._owners[number] - {move.id})).exists()
        in_xero = self.links.get(move.id)
        if in_xero and in_xero.xero_id and in_xero.xero_number == number:
            return None
        return next(
            (
                other
                for other in others
                if other.name == number
                and other.move_type.startswith("out_")
                and (other.id not in self._batch or other.id < move.id)
            ),
            None,
        )
