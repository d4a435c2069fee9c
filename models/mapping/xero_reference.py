"""What the organisation has in Xero: accounts, tax rates, currencies. Read from Xero, never written there."""

from odoo import api, fields, models
from odoo.fields import Domain

from ...mappers.awaited import currency_key, record_key
from ...xero_api import shape
from ..link.access import ALL
from ..link.shown import account_words, status_words

# Ours: Xero does not list it any more.
GONE = "GONE"
ACTIVE = "ACTIVE"


class XeroReference(models.AbstractModel):
    """Shared by the lists read from Xero. Rows that mappings use are never deleted: what vanishes is marked.

    ``connection`` is the ``xero.connection`` whose list it is.
    """

    _name = "xero.reference"
    _inherit = ["xero.company.guard"]
    _description = "Xero Reference List"

    _kept_by_workers = ALL

    # The field that holds Xero's key of an element.
    _key = None
    # What the gate calls the elements; without it they have passed it as part of others.
    _kind = None

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)

    def _named_in_xero(self, words: dict, field: str, name: str) -> None:
        """Set ``name`` to what Xero's screens call the code in ``field``; a code that is not known stays as it is.

        :param words: by code, translated
        """
        for row in self:
            row[name] = words.get(row[field], row[field])

    def _values(self, element: dict) -> dict:
        """Return the field values of one of Xero's elements; unknown kinds of anything are kept as they come.

        :param element: in the form of Xero's JSON, which has passed the gate
        :return: by name of field; without a value under ``_key`` the element is left out
        """
        raise NotImplementedError

    @api.model
    def _refresh(self, connection, elements: list) -> None:
        """Make the rows of ``connection`` equal to Xero's ``elements``; one write for each row that changed.

        An odd element leaves its row as it was.

        :param elements: the whole list, as it stands in the answer
        """
        spared = set()
        if self._kind:
            elements, odd = shape.sort(self._kind, elements)
            self.env["xero.quarantine"].sudo()._put(connection, self._kind, odd)
            left = shape.readable(self._kind, [item.element for item in odd])
            spared = {element[shape.KINDS[self._kind][0]] for element in left}
        self._replace(connection, elements, spared)

    @api.model
    def _replace(self, connection, elements: list[dict], spared: set) -> None:
        """Do what :meth:`_refresh` says.

        :param elements: in the form of Xero's JSON, that have passed the gate
        :param spared: keys of rows to leave as they are
        """
        rows = {row[self._key]: row for row in self.search([("connection_id", "=", connection.id)])}
        found = {values[self._key]: values for values in map(self._values, elements) if values.get(self._key)}
        news = [{"connection_id": connection.id, **values} for key, values in found.items() if key not in rows]
        changed = self.create(news)
        for key, row in rows.items():
            if key in spared and key not in found:
                continue
            if row._update_changed(found.get(key) or self._vanished()):
                changed |= row
        self.flush_model()
        self.env["xero.sync.job"]._retry_awaiting(changed._awaited_keys(), connection)

    def _vanished(self) -> dict:
        """Return the values of a row that Xero does not list any more."""
        return {"status": GONE}

    def _update_changed(self, values) -> bool:
        """Write those of ``values`` that differ from the row's; return whether any does."""
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)
        return bool(changed)

    def _awaited_keys(self) -> list[str]:
        """Return what failures wait for that a change of these rows may cure, as ``mappers/awaited`` has it: the rows,
        and the mappings that name them.
        """
        keys = [record_key(self._name, res_id) for res_id in self.ids]
        for kind in self.env["xero.mapping.mixin"]._all() if self else ():
            for name in kind._sides(self._name):
                rows = kind.sudo().search([(name, "in", self.ids)])
                keys += [record_key(kind._name, res_id) for res_id in rows.ids]
        return keys


class XeroAccount(models.Model):
    _name = "xero.account"
    _inherit = "xero.reference"
    _description = "Xero Account"
    _order = "code, name, id"
    _rec_names_search = ["code", "name"]

    _key = "xero_id"
    _kind = "Account"

    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    code = fields.Char(readonly=True, index=True)
    name = fields.Char(required=True, readonly=True)
    type = fields.Char("Type (Code)", readonly=True)
    type_name = fields.Char("Type", compute="_compute_words")
    class_type = fields.Char("Class (Code)", readonly=True)
    class_name = fields.Char("Class", compute="_compute_words")
    status_name = fields.Char("Status", compute="_compute_words")
    tax_name = fields.Char("Default Tax", compute="_compute_tax_name")
    status = fields.Char("Status (Code)", readonly=True)
    system_account = fields.Char(readonly=True)
    tax_type = fields.Char("Default Tax (Code)", readonly=True)
    enable_payments = fields.Boolean("Takes Payments", readonly=True)
    currency_code = fields.Char("Currency", readonly=True)
    bank_account_number = fields.Char(readonly=True)

    _xero_unique = models.UniqueIndex("(connection_id, xero_id)")

    @api.depends("type", "class_type", "status")
    @api.depends_context("lang")
    def _compute_words(self):
        words = account_words(self.env)
        self._named_in_xero(words, "type", "type_name")
        self._named_in_xero(words, "class_type", "class_name")
        self._named_in_xero(status_words(self.env), "status", "status_name")

    @api.depends("tax_type", "connection_id")
    def _compute_tax_name(self):
        rates = self.env["xero.tax.rate"].search([("connection_id", "in", self.connection_id.ids)])
        names = {(rate.connection_id, rate.tax_type): rate.name for rate in rates}
        for account in self:
            account.tax_name = names.get((account.connection_id, account.tax_type), account.tax_type)

    @api.depends("code", "name")
    def _compute_display_name(self):
        for account in self:
            account.display_name = " ".join(filter(None, (account.code, account.name)))

    @api.model
    def _search_display_name(self, operator, value):
        """Find "200 Sales" too, as it is shown: spreadsheets hold that."""
        domain = super()._search_display_name(operator, value)
        texts = [value] if isinstance(value, str) else value
        if operator not in ("=", "in", "ilike", "=ilike") or not texts:
            return domain
        shown = [text.strip().partition(" ") for text in texts if isinstance(text, str) and " " in text.strip()]
        return Domain.OR(
            [domain, *(Domain("code", "=", code) & Domain("name", "=ilike", name) for code, _space, name in shown)]
        )

    def _values(self, element):
        return {
            "xero_id": element.get("AccountID"),
            "code": element.get("Code") or False,
            "name": element.get("Name") or element.get("Code") or element.get("AccountID"),
            "type": element.get("Type") or False,
            "class_type": element.get("Class") or False,
            "status": element.get("Status") or ACTIVE,
            "system_account": element.get("SystemAccount") or False,
            "tax_type": element.get("TaxType") or False,
            "enable_payments": bool(element.get("EnablePaymentsToAccount")),
            "currency_code": element.get("CurrencyCode") or False,
            "bank_account_number": element.get("BankAccountNumber") or False,
        }


class XeroTaxRate(models.Model):
    _name = "xero.tax.rate"
    _inherit = "xero.reference"
    _description = "Xero Tax Rate"
    _order = "name, id"
    _rec_names_search = ["name", "tax_type"]

    _key = "tax_type"
    _kind = "TaxRate"

    # Rates can be renamed in Xero; the type stays.
    tax_type = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    status = fields.Char("Status (Code)", readonly=True)
    status_name = fields.Char("Status", compute="_compute_status_name")
    effective_rate = fields.Float("Rate %", digits=(16, 4), readonly=True, help="What Xero adds to a line, in percent.")
    display_rate = fields.Float("Nominal Rate %", digits=(16, 4), readonly=True)
    report_type = fields.Char("Reported As", readonly=True)
    can_apply_to_assets = fields.Boolean("On Assets", readonly=True)
    can_apply_to_equity = fields.Boolean("On Equity", readonly=True)
    can_apply_to_expenses = fields.Boolean("On Expenses", readonly=True)
    can_apply_to_liabilities = fields.Boolean("On Liabilities", readonly=True)
    can_apply_to_revenue = fields.Boolean("On Revenue", readonly=True)
    components = fields.Json(readonly=True)

    _type_unique = models.UniqueIndex("(connection_id, tax_type)")

    @api.depends("status")
    @api.depends_context("lang")
    def _compute_status_name(self):
        self._named_in_xero(status_words(self.env), "status", "status_name")

    def _values(self, element):
        effective = float(element.get("EffectiveRate") or 0)
        display = element.get("DisplayTaxRate")
        return {
            "tax_type": element.get("TaxType"),
            "name": element.get("Name") or element.get("TaxType"),
            "status": element.get("Status") or ACTIVE,
            "effective_rate": effective,
            "display_rate": effective if display is None else float(display),
            "report_type": element.get("ReportTaxType") or False,
            # What an answer does not deny is allowed: Xero has the last word.
            **{
                name: bool(element.get(key, True))
                for name, key in {
                    "can_apply_to_assets": "CanApplyToAssets",
                    "can_apply_to_equity": "CanApplyToEquity",
                    "can_apply_to_expenses": "CanApplyToExpenses",
                    "can_apply_to_liabilities": "CanApplyToLiabilities",
                    "can_apply_to_revenue": "CanApplyToRevenue",
                }.items()
            },
            "components": [
                {
                    "name": part.get("Name"),
                    "rate": float(part.get("Rate") or 0),
                    "compound": bool(part.get("IsCompound")),
                }
                for part in element.get("TaxComponents") or []
            ],
        }


class XeroCurrency(models.Model):
    _name = "xero.currency"
    _inherit = "xero.reference"
    _description = "Xero Currency"
    _order = "code"
    _rec_name = "code"

    _key = "code"
    _kind = "Currency"

    code = fields.Char(required=True, readonly=True)
    description = fields.Char(readonly=True)

    _code_unique = models.UniqueIndex("(connection_id, code)")

    def _values(self, element):
        return {"code": element.get("Code"), "description": element.get("Description") or False}

    @api.model
    def _replace(self, connection, elements, spared):
        """Nothing points at a currency, so one that is gone is deleted."""
        codes = [*spared, *(element["Code"] for element in elements)]
        self.search([("connection_id", "=", connection.id), ("code", "not in", codes)]).unlink()
        return super()._replace(connection, elements, spared)

    def _vanished(self):
        return {}

    def _awaited_keys(self):
        """Documents wait for a code that has no row yet."""
        return [currency_key(code) for code in self.mapped("code")]


class XeroBrandingTheme(models.Model):
    """How sales documents look on paper; the organisation's are chosen by name in field rules."""

    _name = "xero.branding.theme"
    _inherit = "xero.reference"
    _description = "Xero Branding Theme"
    _order = "sequence, name, id"

    _key = "xero_id"
    _kind = "BrandingTheme"

    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    status = fields.Char(readonly=True)

    _xero_unique = models.UniqueIndex("(connection_id, xero_id)")

    def _values(self, element):
        return {
            "xero_id": element.get("BrandingThemeID"),
            "name": element.get("Name") or element.get("BrandingThemeID"),
            "sequence": int(element.get("SortOrder") or 0),
            "status": ACTIVE,
        }
