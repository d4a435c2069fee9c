"""What a batch of documents needs to know, read once: mappings, links, currencies, settings."""

from decimal import Decimal
from functools import cached_property

from odoo import fields

from ...xero_api.money import rate
from .mapped import CLASS_FIELDS, Account, Tax, mapped
from .sheet import TaxLookup
from .tracking_book import TrackingBook

TAX_FIELDS = ("amount", "amount_type", "type_tax_use", "children_tax_ids", "repartition_line_ids", "name")
PART_FIELDS = ("document_type", "repartition_type", "factor_percent", "account_id", "use_in_tax_closing", "tax_id")


class Books:
    """One batch of documents and all it is looked up in. The number of queries does not depend on how many there are.

    :param connection: as superuser, in the environment of ``documents``
    :param documents: of one model, in the connection's company, with the rights to read everything
    :param xero_type: of the documents, as on their mapper: whose links are read
    :param partners: ``res.partner``, whose contacts they are for
    :param links: those of ``documents`` by id, where they were read already
    """

    def __init__(self, connection, documents, xero_type: str, partners, links: dict | None = None):
        self.env = documents.env
        self.connection = connection
        self.taxes = TaxLookup()
        known = self.env["xero.link"]
        self.links = known._map(connection, xero_type, documents._name, documents.ids) if links is None else links
        self.contacts = known._map(connection, "Contact", "res.partner", partners.ids)
        self.merged = self._merged_contacts()
        self.mapped = mapped(connection)
        self.tracking = TrackingBook(connection, self.mapped)
        self.base = connection.currency_code or connection.company_id.currency_id.name
        self.currencies = self.mapped.currencies | {self.base}
        self.refused_actions = frozenset(connection.actions_refused or ())
        self.lock_date = connection._xero_lock_date()
        self._rates = {}

    def _merged_contacts(self) -> set[int]:
        """Return the ids of partners whose contact was merged into that of another partner, and a person is asked."""
        asked = [link.id for link in self.contacts.values() if link.state == "conflict"]
        if not asked:
            return set()
        open_ones = [("link_id", "in", asked), ("state", "=", "open"), ("kind", "=", "merged")]
        return set(self.env["xero.conflict"].sudo().search(open_ones).mapped("res_id"))

    def prefetch_taxes(self, taxes) -> None:
        """Read at once what is asked of ``taxes``.

        :param taxes: ``account.tax`` of all lines of the batch
        """
        (taxes | taxes.children_tax_ids).fetch(TAX_FIELDS)
        parts = (taxes | taxes.children_tax_ids).repartition_line_ids
        parts.fetch(PART_FIELDS)
        parts.account_id.fetch(("account_type",))

    def account(self, account_id: int) -> Account | None:
        """Return the :class:`Account` an Odoo account is mapped to, or ``None``.

        :param account_id: of ``account.account``
        :return: one with a ``fault`` cannot be used: ``archived``, ``uncoded``, ``closed``, or the state of a mapping
            that nobody has confirmed
        """
        return self.mapped.accounts.get(account_id)

    def decides_account(self, line_id, is_empty: bool) -> bool:
        """Whether something else than the account mapping decides the account of a line; here nothing does.

        :param line_id: of the line in Odoo; empty for what is no line of its own
        :param is_empty: the mapping has no account that can be used
        """
        return False

    def tax(self, taxes: tuple, use: str) -> Tax | None:
        """Return the :class:`Tax` a set of taxes is mapped to, or ``None``.

        :param taxes: sorted ids, as :meth:`TaxLookup.key` returns them
        :param use: ``sale`` or ``purchase``
        :return: ``percent`` is the effective rate in percent; one with a ``fault`` cannot be used
        """
        return self.mapped.taxes.get((taxes, use))

    def applies(self, tax_type: str | None) -> set | None:
        """Return the account classes that Xero allows with ``tax_type``; ``None`` when that is not known.

        :param tax_type: Xero's code, such as ``OUTPUT2``
        :return: such as ``{"EXPENSE", "REVENUE"}`` (Xero: Tax Rates, CanApplyTo…)
        """
        return next((tax.applies for tax in self.mapped.taxes.values() if tax.tax_type == tax_type), None)

    @property
    def untaxed(self) -> Tax:
        """What lines without tax carry when nothing was read from Xero yet."""
        return Tax(None, "NONE", Decimal(0), set(CLASS_FIELDS), None)

    def currency_rate(self, currency, company, own_rate: float, day) -> Decimal | None:
        """Return units of the document's currency per unit of the organisation's, as both Odoo and Xero write it.

        ``None`` for documents in the organisation's own currency.

        Xero divides by it: the base amount is the amount through the rate (Xero: Invoices, CurrencyRate).

        :param currency: ``res.currency`` of the document
        :param company: ``res.company`` of the document
        :param own_rate: units of the document's currency per unit of the company's, as the document has it
        :param day: a ``date``: by whose rates it is, where ``own_rate`` says nothing to Xero
        :return: six decimals, as Xero keeps it; 0 when Odoo does not have the organisation's currency
        """
        if currency.name == self.base:
            return None
        if company.currency_id.name == self.base:
            return rate(Decimal(repr(own_rate)))
        return self._crossed_rate(currency, company, day)

    def currency_without_rate(self, currency, company, day):
        """Return the currency of which Odoo knows no rate on or before ``day``; ``None`` when it knows all it takes.

        :param currency: ``res.currency`` of a document
        :param company: ``res.company`` of the document; its own currency needs no rate
        :param day: a ``date``; ``None`` for today
        """
        day = day or fields.Date.context_today(currency)
        needed = [currency] if company.currency_id.name == self.base else [currency, self._base_currency()]
        for one in needed:
            if one and one != company.currency_id:
                first = self._first_rates.get((one.id, company.root_id.id)) or self._first_rates.get((one.id, None))
                if first is None or first > day:
                    return one
        return None

    @cached_property
    def _first_rates(self) -> dict:
        """``{(currency id, company id or None): day of the first rate}``; one query for a batch."""
        self.env["res.currency.rate"].flush_model(["currency_id", "company_id", "name"])
        self.env.cr.execute("SELECT currency_id, company_id, MIN(name) FROM res_currency_rate GROUP BY 1, 2")
        return {(currency_id, company_id): first for currency_id, company_id, first in self.env.cr.fetchall()}

    def _base_currency(self):
        return self.env["res.currency"].with_context(active_test=False).search([("name", "=", self.base)], limit=1)

    def _crossed_rate(self, *key) -> Decimal:
        """The company keeps its books in another currency than the organisation: its own rate says nothing to Xero."""
        if key not in self._rates:
            base = self._base_currency()
            crossed = self.env["res.currency"]._get_conversion_rate(base, *key) if base else 0.0
            self._rates[key] = rate(Decimal(repr(crossed)))
        return self._rates[key]
