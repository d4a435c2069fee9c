from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...mappers.document.mapped import CLASS_FIELDS
from ...mappers.document.sheet import TaxLookup
from ...mappers.reason import english
from ...mappers.text import named
from .suggest_tax import SAME_RATE, RateFacts, doubt, sides_of, suggest_rate, suggest_untaxed
from .tax_facts import TaxReader, is_claimed

USES = ("sale", "purchase")
# The reason that suggestions by percentage alone have, in English.
BY_PERCENTAGE = "The only rate of that percentage"


class XeroMappingTax(models.Model):
    """A set of Odoo taxes on a line and the one Xero rate that stands for all of them.

    Xero knows one rate a line. The set without any tax has a row too, one for sales and one for purchases.
    """

    _name = "xero.mapping.tax"
    _inherit = "xero.mapping.mixin"
    _description = "Xero Tax Mapping"
    _order = "connection_id, type_tax_use desc, key, id"

    _target = "xero_tax_rate_id"
    _missing_kind = "tax"
    _rank = 20

    tax_ids = fields.Many2many(
        "account.tax", string="Taxes", context={"active_test": False}, help="Empty: lines without tax."
    )
    key = fields.Char(compute="_compute_key", store=True, precompute=True, help="Ids of the taxes, sorted.")
    type_tax_use = fields.Selection([("sale", "Sales"), ("purchase", "Purchases")], "Used On", required=True)
    xero_tax_rate_id = fields.Many2one(
        "xero.tax.rate",
        "Xero Tax Rate",
        index=True,
        ondelete="set null",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE')]",
    )
    odoo_rate = fields.Float("Odoo Rate %", digits=(16, 4), compute="_compute_odoo_rate", aggregator=None)
    xero_rate = fields.Float("Xero Rate %", related="xero_tax_rate_id.effective_rate", aggregator=None)
    xero_status = fields.Char(related="xero_tax_rate_id.status")
    rate_differs = fields.Boolean(
        compute="_compute_odoo_rate",
        help="Totals still agree, since the tax of each line is sent, but Xero's tax return may show a wrong rate.",
    )

    _set_unique = models.UniqueIndex("(connection_id, type_tax_use, key)", "These taxes have a mapping already.")

    is_doubtful = fields.Boolean(compute="_compute_doubt", search="_search_is_doubtful", compute_sudo=True)
    doubt = fields.Char(
        "Look at It", compute="_compute_doubt", compute_sudo=True, help="Why the rate that was chosen may be wrong."
    )

    @api.depends("tax_ids")
    def _compute_key(self):
        for row in self:
            row.key = ",".join(str(tax_id) for tax_id in sorted(row.tax_ids._origin.ids))

    @api.depends("tax_ids.name")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row._label() or self.env._("No tax")

    @api.depends("tax_ids.amount", "xero_tax_rate_id.effective_rate")
    def _compute_odoo_rate(self):
        for row in self:
            taxes = row.tax_ids.sudo()
            row.odoo_rate = row._effective(taxes)
            # What is booked as cost is no tax to Xero.
            told = row.odoo_rate if row.type_tax_use == "sale" or is_claimed(taxes) else 0.0
            row.rate_differs = (
                bool(row.xero_tax_rate_id) and abs(told - row.xero_tax_rate_id.effective_rate) >= SAME_RATE
            )

    @api.depends("state", "reason", "tax_ids.amount", "xero_tax_rate_id.effective_rate")
    @api.depends_context("lang")
    def _compute_doubt(self):
        doubts = self._doubts()
        for row in self:
            row.doubt = doubts.get(row)
            row.is_doubtful = row in doubts

    def _search_is_doubtful(self, operator, value):
        if operator != "in":
            return NotImplemented
        doubts = self.search([("state", "=", "confirmed")])._doubts()
        return [("id", "in" if True in value else "not in", [row.id for row in doubts])]

    @api.constrains("xero_tax_rate_id", "connection_id")
    def _check_connection(self):
        for row in self:
            if row.xero_tax_rate_id and row.xero_tax_rate_id.connection_id != row.connection_id:
                raise ValidationError(
                    self.env._("%s belongs to another Xero organisation.", named(row.xero_tax_rate_id.name))
                )

    def _label(self) -> str:
        return " + ".join(self.tax_ids.sudo().filtered("name").mapped("name"))

    def _key_ids(self) -> tuple:
        """Return the sorted ids of the taxes, without reading them."""
        return tuple(int(tax_id) for tax_id in self.key.split(",")) if self.key else ()

    def _effective(self, taxes) -> float:
        """Return what ``taxes`` add to a price without tax, in percent."""
        details = taxes._get_tax_details(
            100.0, 1.0, precision_rounding=1e-6, rounding_method="round_globally", special_mode="total_excluded"
        )
        return round(sum(data["tax_amount"] for data in details["taxes_data"]), 4)

    # === WHAT WAS CHOSEN === #

    def _doubts(self) -> dict:
        """Return ``{row: why}`` of the confirmed rows whose Xero rate is probably another. They stay as they are:
        only a person changes them. A fixed number of queries for each organisation.
        """
        found = {}
        confirmed = self.sudo().filtered(lambda row: row.state == "confirmed" and row.xero_tax_rate_id and row.key)
        for connection, rows in confirmed.grouped("connection_id").items():
            targets = self.sudo()._rates(connection)
            rates = [self._rate_facts(rate) for rate in targets]
            facts = self._facts_reader(connection, [(row._key_ids(), row.type_tax_use) for row in rows])
            for row in rows:
                by_percentage = self._is_by_percentage(row)
                known, chosen = facts(row._key_ids(), row.type_tax_use), self._rate_facts(row.xero_tax_rate_id)
                why = doubt(known, chosen, rates, by_percentage)
                if why:
                    found[row.with_env(self.env)] = self._doubt_sentence(why, by_percentage)
        return found

    def _is_by_percentage(self, row) -> bool:
        """Whether the rate was taken, by an earlier version, because no other one has the percentage."""
        return english(self.env, row.reason or "") == BY_PERCENTAGE

    def _doubt_sentence(self, why, by_percentage) -> str:
        say = self.env["xero.reason"]
        sentences = {
            "cost": say._("Odoo books this tax as cost, and the Xero tax rate claims it."),
            "chart": say._("Xero has another tax rate for this tax of Odoo's own chart."),
            "words": say._("Description, tags or fiscal positions of the tax are about something else than the rate."),
            "percentage": say._("Another Xero tax rate is nearer by what both say."),
        }
        if not by_percentage:
            return sentences[why]
        return say._join(" ", (say._("Confirmed by percentage alone: look at it."), sentences[why]))

    # === SUGGESTIONS === #

    @api.model
    def _ensure(self, connection, sets):
        """Return the rows of ``sets``; those that are new carry a suggestion.

        :param sets: pairs (sorted ids of taxes, "sale" or "purchase")
        """
        rows = self.search([("connection_id", "=", connection.id)])
        known = {(row._key_ids(), row.type_tax_use): row for row in rows}
        new = [pair for pair in dict.fromkeys(sets) if pair not in known]
        suggest = self._suggester(connection, new)
        created = self.sudo().create([self._new_values(connection, taxes, use, suggest) for taxes, use in new])
        return created.with_env(self.env).union(*(known[pair] for pair in sets if pair in known))

    @api.model
    def _ensure_missing(self, connection, keys):
        return self._ensure(connection, keys)

    @api.model
    def _missing_row(self, connection, key):
        taxes, use = key
        stored = ",".join(map(str, taxes))
        domain = [("connection_id", "=", connection.id), ("key", "=", stored), ("type_tax_use", "=", use)]
        return self.search(domain, limit=1)

    def _new_values(self, connection, taxes, use, suggest) -> dict:
        return {
            "connection_id": connection.id,
            "tax_ids": [fields.Command.set(taxes)],
            "type_tax_use": use,
            **self._suggested_values(*suggest(taxes, use), first=True),
        }

    @api.model
    def _refresh(self, connection) -> None:
        """Make rows for each single tax and for lines without tax; suggest anew what nobody has confirmed."""
        rows = self.search([("connection_id", "=", connection.id), ("state", "!=", "confirmed")])
        suggest = self._suggester(connection, [(row._key_ids(), row.type_tax_use) for row in rows])
        for row in rows.sudo():
            row.write(self._suggested_values(*suggest(row._key_ids(), row.type_tax_use), first=False))
        self._ensure(connection, [((), "sale"), ((), "purchase"), *self._single_sets(connection)])

    def _single_sets(self, connection) -> list:
        """Return the set each active tax of the company and its branches makes on a line alone."""
        book = TaxLookup()
        taxes = self.env["account.tax"].sudo().search(self._taxes_domain(connection))
        return [(key, tax.type_tax_use) for tax in taxes if (key := book.key(tax))]

    def _taxes_domain(self, connection) -> list:
        """Return the domain of the taxes that documents of the company and its branches can use."""
        family = connection.company_id.parent_ids | self.env["res.company"].sudo().search(
            [("id", "child_of", connection.company_id.id)]
        )
        return [("company_id", "in", family.ids), ("type_tax_use", "in", USES)]

    def _rates(self, connection):
        return self.env["xero.tax.rate"].search([("connection_id", "=", connection.id), ("status", "=", "ACTIVE")])

    def _suggester(self, connection, sets):
        """Return what suggests a rate for each of ``sets``: ``suggest(sorted ids of taxes, use)`` returns a pair
        (``Suggestion`` or ``None``, the rates that its index points into).
        """
        if not sets:
            return None
        rates = self._rates(connection)
        facts = [self._rate_facts(rate) for rate in rates]
        read = self._facts_reader(connection, sets)

        def suggest(taxes, use):
            if not taxes:
                return suggest_untaxed(facts, use), rates
            return suggest_rate(read(taxes, use), facts), rates

        return suggest

    def _facts_reader(self, connection, sets):
        """Return what reads the facts of each of ``sets``: ``read(sorted ids of taxes, use)`` returns ``TaxFacts``."""
        every = self.env["account.tax"].sudo().browse({tax_id for taxes, _use in sets for tax_id in taxes})
        # At once what the arithmetic would read for each tax alone.
        parts = every.children_tax_ids.invoice_repartition_line_ids | every.invoice_repartition_line_ids
        (parts | every.refund_repartition_line_ids).mapped("factor_percent")
        reader = TaxReader(every, connection.country_code)

        def read(taxes, use):
            records = every.browse(taxes).with_prefetch(every._ids)
            return reader.facts(records, use, self._effective(records))

        return read

    def _rate_facts(self, rate):
        can_apply = {name: rate[field] for name, field in CLASS_FIELDS.items()}
        sides = sides_of(rate.name, rate.tax_type, can_apply)
        return RateFacts(rate.tax_type, rate.name, rate.effective_rate, rate.display_rate, rate.report_type, sides)
