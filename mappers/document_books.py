"""What a batch of documents needs to know, read once: mappings, links, currencies, settings."""

from collections import defaultdict, namedtuple
from decimal import Decimal

from ..xero_api.money import rate
from .document_lines import LINE_FIELDS, TaxBook
from .field_rules import RuleBook
from .tracking_book import TrackingBook

MOVE_FIELDS = (
    "name",
    "move_type",
    "state",
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
    "line_ids",
)
TAX_FIELDS = ("amount", "amount_type", "children_tax_ids", "repartition_line_ids", "name")
# How an Odoo account or set of taxes is called in Xero; ``fault`` is why it cannot be used.
Account = namedtuple("Account", "id code class_type fault")
Tax = namedtuple("Tax", "id tax_type percent applies fault")
CLASS_FIELDS = {
    "ASSET": "can_apply_to_assets",
    "EQUITY": "can_apply_to_equity",
    "EXPENSE": "can_apply_to_expenses",
    "LIABILITY": "can_apply_to_liabilities",
    "REVENUE": "can_apply_to_revenue",
}
GONE = ("VOIDED", "DELETED")
# Xero posts to these itself and takes no document lines on them.
CLOSED_SYSTEM_ACCOUNTS = ("DEBTORS", "CREDITORS")


class Books:
    """One batch of documents and all it is looked up in. The number of queries does not depend on how many there are.

    :param moves: in the connection's company, with the rights to read everything
    """

    def __init__(self, connection, moves, xero_type: str):
        self.env = moves.env
        self.connection = connection
        self.taxes = TaxBook()
        self._batch = frozenset(moves.ids)
        self._prefetch(moves)
        links = self.env["xero.link"]
        self.links = links._map(connection, xero_type, "account.move", moves.ids)
        self.contacts = links._map(connection, "Contact", "res.partner", moves.commercial_partner_id.ids)
        self.accounts = self._accounts()
        self.tax_rates = self._tax_rates()
        self.tracking = TrackingBook(connection)
        self.base = connection.currency_code or connection.company_id.currency_id.name
        self.currencies = {
            self.base,
            *self.env["xero.currency"].search([("connection_id", "=", connection.id)]).mapped("code"),
        }
        self.refused_actions = frozenset(connection.actions_refused or ())
        self._owners = self._number_owners(moves, xero_type)
        self.lock_date = connection._xero_lock_date()
        self._rates = {}
        self.rules = RuleBook(self.env, connection, self.env["xero.field.rule"]._rules(connection))
        self.rules.load(moves)
        self.rules.load(moves.line_ids.filtered(lambda line: line.display_type == "product"))

    def _prefetch(self, moves):
        moves.fetch(MOVE_FIELDS)
        lines = moves.line_ids
        lines.fetch(LINE_FIELDS)
        self.lines = {line.id: line for line in lines}
        parts = lines.tax_repartition_line_id
        taxes = lines.tax_ids | parts.tax_id | lines.group_tax_id
        (taxes | taxes.children_tax_ids).fetch(TAX_FIELDS)
        taxes.repartition_line_ids.fetch(("document_type", "use_in_tax_closing", "tax_id"))

    def _number_owners(self, moves, xero_type) -> dict:
        """Return ``{number: document ids}`` of who bears one of the numbers of ``moves``, in Xero or in this batch."""
        owners = defaultdict(set)
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
        return {number: ids for number, ids in owners.items() if len(ids) > 1}

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

    def _accounts(self) -> dict:
        """Return ``{account id: Account}`` of the connection's mapping."""
        mappings = self.env["xero.mapping.account"].search([("connection_id", "=", self.connection.id)])
        return {mapping.account_id.id: self._account(mapping) for mapping in mappings}

    def _account(self, mapping) -> Account:
        found = mapping.xero_account_id
        return Account(mapping.id, found.code, found.class_type, _account_fault(mapping, found))

    def _tax_rates(self) -> dict:
        """Return ``{(set of tax ids, use): Tax}`` of the connection's mapping."""
        mappings = self.env["xero.mapping.tax"].search([("connection_id", "=", self.connection.id)])
        return {(mapping._key_ids(), mapping.type_tax_use): self._tax(mapping) for mapping in mappings}

    def _tax(self, mapping) -> Tax:
        found = mapping.xero_tax_rate_id
        applies = {name for name, field in CLASS_FIELDS.items() if found[field]}
        fault = mapping.state if mapping.state != "confirmed" else None if found.status == "ACTIVE" else "archived"
        return Tax(mapping.id, found.tax_type, Decimal(str(found.effective_rate)), applies, fault)

    def account(self, account_id: int):
        """Return the :class:`Account` an Odoo account is mapped to, or ``None``."""
        return self.accounts.get(account_id)

    def tax(self, taxes: tuple, use: str):
        """Return the :class:`Tax` a set of taxes is mapped to, or ``None``."""
        return self.tax_rates.get((taxes, use))

    def applies(self, tax_type: str | None) -> set | None:
        """Return the account classes that Xero allows with ``tax_type``; ``None`` when that is not known."""
        return next((tax.applies for tax in self.tax_rates.values() if tax.tax_type == tax_type), None)

    @property
    def untaxed(self) -> Tax:
        """What lines without tax carry when nothing was read from Xero yet."""
        return Tax(None, "NONE", Decimal(0), set(CLASS_FIELDS), None)

    def currency_rate(self, move) -> Decimal | None:
        """Return units of the document's currency per unit of the organisation's, as both Odoo and Xero write it.

        ``None`` for documents in the organisation's own currency.
        """
        if move.currency_id.name == self.base:
            return None
        if move.company_id.currency_id.name == self.base:
            return rate(Decimal(repr(move.invoice_currency_rate)))
        return self._crossed_rate(move)

    def _crossed_rate(self, move) -> Decimal:
        """The company keeps its books in another currency than the organisation: its own rate says nothing to Xero."""
        key = move.currency_id, move.company_id, move.invoice_date or move.date
        if key not in self._rates:
            base = self.env["res.currency"].with_context(active_test=False).search([("name", "=", self.base)], limit=1)
            crossed = self.env["res.currency"]._get_conversion_rate(base, *key) if base else 0.0
            self._rates[key] = rate(Decimal(repr(crossed)))
        return self._rates[key]


def _account_fault(mapping, found) -> str | None:
    if mapping.state != "confirmed":
        return mapping.state
    if found.status != "ACTIVE":
        return "archived"
    if not found.code:
        return "uncoded"
    if found.type == "BANK" or found.system_account in CLOSED_SYSTEM_ACCOUNTS:
        return "closed"
    return None
