"""What a connection knows about accounts, taxes and currencies of its organisation."""

from dataclasses import replace

from odoo import api, fields, models

MAPPINGS = ("xero.mapping.account", "xero.mapping.tax")


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    account_mapping_ids = fields.One2many("xero.mapping.account", "connection_id", "Account Mappings")
    tax_mapping_ids = fields.One2many("xero.mapping.tax", "connection_id", "Tax Mappings")
    missing_mapping_count = fields.Integer("Open Mappings", compute="_compute_missing_mapping_count")

    @api.depends("account_mapping_ids.state", "tax_mapping_ids.state")
    def _compute_missing_mapping_count(self):
        counts = dict.fromkeys(self.ids, 0)
        for model in MAPPINGS:
            groups = self.env[model]._read_group(
                [("connection_id", "in", self.ids), ("state", "!=", "confirmed")], ["connection_id"], ["__count"]
            )
            for connection, count in groups:
                counts[connection.id] += count
        for connection in self:
            connection.missing_mapping_count = counts.get(connection.id, 0)

    # === READING === #

    def _refresh_reference(self, client) -> None:
        """Read accounts, tax rates, currencies and branding themes (one call each); bring the mappings up to date.

        :param client: an open ``XeroClient`` of this connection
        :raise XeroError: Xero cannot be read; nothing has changed then
        """
        self.ensure_one()
        answers = {
            resource: client.get(resource).data.get(resource) or []
            for resource in ("Accounts", "TaxRates", "Currencies", "BrandingThemes")
        }
        self.env["xero.account"]._refresh(self, answers["Accounts"])
        self.env["xero.tax.rate"]._refresh(self, answers["TaxRates"])
        self.env["xero.currency"]._refresh(self, answers["Currencies"])
        self.env["xero.branding.theme"]._refresh(self, answers["BrandingThemes"])
        if not self.rounding_account_id:
            self.rounding_account_id = self.env["xero.account"].search(
                [("connection_id", "=", self.id), ("system_account", "=", "ROUNDING"), ("status", "=", "ACTIVE")],
                limit=1,
            )
        self._refresh_mappings()

    def _refresh_mappings(self):
        for connection in self:
            for model in MAPPINGS:
                self.env[model]._refresh(connection)

    # === MISSING MAPPINGS === #

    def _ensure_mappings(self, problems) -> bool:
        """Make the mapping rows that ``problems`` of mappers ask for, with suggestions.

        :return: whether one of them can be used at once, so that preparing again gets further
        """
        self.ensure_one()
        return self._ensure_missing([problem.missing for problem in problems if problem.missing and not problem.res_id])

    def _ensure_missing(self, asked) -> bool:
        """Make the mapping rows for ``asked`` (``Problem.missing``), with suggestions; as ``_ensure_mappings``."""
        accounts = {key[1] for key in asked if key[0] == "account"}
        sets = {key[1:] for key in asked if key[0] == "tax"}
        states = []
        if accounts:
            states += (
                self.env["xero.mapping.account"]
                .sudo()
                ._ensure(self, self.env["account.account"].sudo().browse(sorted(accounts)))
                .mapped("state")
            )
        if sets:
            states += self.env["xero.mapping.tax"].sudo()._ensure(self, sorted(sets)).mapped("state")
        return "confirmed" in states

    def _locate(self, problem):
        """Return ``problem`` with the mapping row that fixes it, where it was found before there was a row."""
        if not problem.missing or problem.res_id:
            return problem
        row = self._mapping_row(problem.missing)
        return replace(problem, model=row._name, res_id=row.id or None)

    def _mapping_row(self, missing):
        """Return the mapping row for ``missing`` of a problem; empty when there is none yet."""
        kind, key = missing[0], missing[1:]
        if kind == "account":
            row = (
                self.env["xero.mapping.account"]
                .sudo()
                .search([("connection_id", "=", self.id), ("account_id", "=", key[0])], limit=1)
            )
        else:
            row = (
                self.env["xero.mapping.tax"]
                .sudo()
                .search(
                    [
                        ("connection_id", "=", self.id),
                        ("key", "=", ",".join(map(str, key[0]))),
                        ("type_tax_use", "=", key[1]),
                    ],
                    limit=1,
                )
            )
        return row

    # === ACTIONS === #

    def action_suggest_mappings(self):
        """Look again for what is not confirmed. Confirmed mappings stay as they are."""
        self.check_access("write")
        self._refresh_mappings()
        return self.action_open_mappings()

    def action_accept_suggestions(self):
        """Confirm all suggestions at once."""
        self.check_access("write")
        for model in MAPPINGS:
            self.env[model].search([("connection_id", "in", self.ids), ("state", "=", "suggested")]).action_confirm()
        return True

    def action_open_mappings(self):
        """Open the account mappings of this connection, or its tax mappings when only those are open."""
        open_accounts = self.account_mapping_ids.filtered(lambda row: row.state != "confirmed")
        open_taxes = self.tax_mapping_ids.filtered(lambda row: row.state != "confirmed")
        kind = "tax" if open_taxes and not open_accounts else "account"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"xero_connector.action_xero_mapping_{kind}")
        undecided = bool(open_accounts or open_taxes)
        return {
            **action,
            "domain": [("connection_id", "in", self.ids)],
            "context": {"search_default_undecided": undecided},
        }
