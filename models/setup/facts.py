"""What the guide shows: facts of the organisation, counts of both sides, and what the present choices lead to."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_list

from ...mappers.document.sheet import TaxLookup
from ...mappers.text import named
from ..connection.labels import action_in_words
from ..connection.xero_connection import MOVE_TYPE_SETTINGS
from ..link.reason import ReasonText

READINGS = ("Setup", "Organisation")
# Apps registered since March 2026 begin with so many organisations.
STARTER_CONNECTIONS = 5
KINDS = {"account": "xero.mapping.account", "tax": "xero.mapping.tax", "journal": "xero.mapping.journal"}
# Tracking is nobody's duty: what has no row is not told to Xero.
SHEETS = {**KINDS, "tracking": "xero.mapping.tracking"}


def documents_domain(connection) -> Domain:
    """Return which documents are of the companies, kinds, journals and days that are synced, as the sweep takes them.

    :return: of ``account.move``
    """
    start = connection._sync_start()
    days = Domain("invoice_date", ">=", start) | (Domain("invoice_date", "=", False) & Domain("date", ">=", start))
    if not connection.sync_from:
        days |= Domain("create_date", ">=", connection.connected_at or connection.create_date)
    served = connection.env["xero.sync.runner"].sudo()._served_companies(connection)
    return days & Domain(
        [
            ("state", "=", "posted"),
            ("company_id", "in", served.ids),
            ("move_type", "in", [kind for kind, setting in MOVE_TYPE_SETTINGS.items() if connection[setting]]),
            ("journal_id", "not in", connection.excluded_journal_ids.ids),
        ]
    )


def _together(records) -> list:
    """Return ``records`` of one model, each read along with the others."""
    every = records[0].union(*records)
    return [record.with_prefetch(every._ids) for record in records]


class XeroSetup(models.Model):
    _inherit = "xero.setup"

    # === ORGANISATION === #
    connection_state = fields.Selection(related="connection_id.state")
    warning = fields.Text(related="connection_id.warning")
    tenant_name = fields.Char(related="connection_id.tenant_name")
    grant_type = fields.Selection(related="connection_id.grant_type")
    currency_code = fields.Char(related="connection_id.currency_code")
    country_code = fields.Char(related="connection_id.country_code")
    edition_name = fields.Char(related="connection_id.edition_name")
    plan_name = fields.Char(related="connection_id.plan_name")
    timezone_name = fields.Char(related="connection_id.timezone_name")
    tax_basis_name = fields.Char(related="connection_id.tax_basis_name")
    is_demo_company = fields.Boolean(related="connection_id.is_demo_company")
    period_lock_date = fields.Date(related="connection_id.period_lock_date", string="Locked Until")
    year_lock_date = fields.Date(related="connection_id.year_lock_date")
    multi_currency = fields.Selection(related="connection_id.multi_currency")
    refused_actions = fields.Char(
        "Not Allowed", compute="_compute_refused_actions", help="By the plan, or to the person who connected."
    )
    day_limit = fields.Integer(related="connection_id.day_limit")
    day_remaining = fields.Integer(related="connection_id.day_remaining")
    app_organisation_count = fields.Integer("Organisations of This App", compute="_compute_app_organisation_count")

    # === COUNTS === #
    xero_contact_count = fields.Integer("Contacts in Xero", readonly=True)
    xero_document_count = fields.Integer("Invoices and Bills in Xero", readonly=True)
    counted_at = fields.Datetime("Counted", readonly=True, help="When Xero was asked how much it has.")
    is_empty = fields.Boolean(compute="_compute_is_empty", help="Xero has no contacts and no documents yet.")
    reading_state = fields.Selection(
        [("reading", "Reading from Xero"), ("failed", "Could not be read"), ("ready", "Read")],
        compute="_compute_reading_state",
    )
    reading_reason = ReasonText(compute="_compute_reading_state")
    account_count = fields.Integer("Accounts", compute="_compute_read_counts")
    bank_count = fields.Integer("Bank Accounts", compute="_compute_read_counts")
    tax_rate_count = fields.Integer("Tax Rates", compute="_compute_read_counts")
    currency_count = fields.Integer("Currencies", compute="_compute_read_counts")
    tracking_count = fields.Integer("Tracking Categories", compute="_compute_read_counts")
    facts_at = fields.Datetime(related="connection_id.facts_at", string="Read At")
    odoo_document_count = fields.Integer("Documents in Odoo", compute="_compute_odoo_counts")
    waiting_count = fields.Integer(related="connection_id.job_pending_count")
    failed_count = fields.Integer(related="connection_id.job_failed_count")

    has_alerts = fields.Boolean(compute="_compute_has_parts")
    has_match = fields.Boolean(compute="_compute_has_parts")
    has_runs = fields.Boolean(compute="_compute_has_parts")

    alert_user_ids = fields.Many2many(
        "res.users",
        string="Notify",
        compute="_compute_alert_user_ids",
        inverse="_inverse_alert_user_ids",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who gets a to-do and an e-mail when something is wrong. Empty: the Xero administrators of the company.",
    )

    # === MAPPINGS === #
    account_summary = fields.Char(compute="_compute_summaries")
    tax_summary = fields.Char(compute="_compute_summaries")
    journal_summary = fields.Char(compute="_compute_summaries")
    account_open_count = fields.Integer(compute="_compute_summaries")
    tax_open_count = fields.Integer(compute="_compute_summaries")
    journal_open_count = fields.Integer(compute="_compute_summaries")
    decided_count = fields.Integer(compute="_compute_summaries")
    sure_count = fields.Integer(compute="_compute_summaries")
    suggested_count = fields.Integer(compute="_compute_summaries")
    doubtful_count = fields.Integer(compute="_compute_summaries")
    missing_count = fields.Integer(compute="_compute_summaries")
    undecided_count = fields.Integer("To Decide", compute="_compute_summaries")
    open_account_mapping_ids = fields.One2many(related="connection_id.open_account_mapping_ids", readonly=False)
    open_tax_mapping_ids = fields.One2many(related="connection_id.open_tax_mapping_ids", readonly=False)
    open_journal_mapping_ids = fields.One2many(related="connection_id.open_journal_mapping_ids", readonly=False)

    undecided_summary = fields.Char(compute="_compute_undecided")
    undecided_defaults = fields.Char(
        compute="_compute_undecided", help="What the company's next invoice and bill use, and nobody has decided yet."
    )

    # === CHOICES === #
    hold_until_matched = fields.Boolean(related="connection_id.hold_until_matched")
    journal_mapping_ids = fields.One2many(related="connection_id.journal_mapping_ids", readonly=False)
    sync_invoices = fields.Boolean(related="connection_id.sync_invoices", readonly=False)
    sync_bills = fields.Boolean(related="connection_id.sync_bills", readonly=False)
    sync_credit_notes = fields.Boolean(related="connection_id.sync_credit_notes", readonly=False)
    sync_refunds = fields.Boolean(related="connection_id.sync_refunds", readonly=False)
    sync_when = fields.Selection(related="connection_id.sync_when", readonly=False)
    sync_from = fields.Date(related="connection_id.sync_from", readonly=False)
    excluded_journal_ids = fields.Many2many(related="connection_id.excluded_journal_ids", readonly=False)
    contact_policy = fields.Selection(related="connection_id.contact_policy", readonly=False)
    inbound_contacts = fields.Selection(related="connection_id.inbound_contacts", readonly=False)
    inbound_documents = fields.Selection(related="connection_id.inbound_documents", readonly=False)
    conflict_contacts = fields.Selection(related="connection_id.conflict_contacts", readonly=False)
    conflict_documents = fields.Selection(related="connection_id.conflict_documents", readonly=False)

    @api.depends("connection_id.actions_refused")
    def _compute_refused_actions(self):
        for setup in self:
            refused = setup.connection_id.actions_refused or []
            setup.refused_actions = ", ".join(action_in_words(self.env, name) for name in refused)

    @api.depends("connection_id.credential_id.connection_ids.state")
    def _compute_app_organisation_count(self):
        for setup in self:
            served = setup.sudo().connection_id.credential_id.connection_ids
            setup.app_organisation_count = len(served.filtered(lambda one: one.state in ("connected", "reauth")))

    @api.depends("counted_at", "xero_contact_count", "xero_document_count")
    def _compute_is_empty(self):
        for setup in self:
            setup.is_empty = bool(setup.counted_at) and not (setup.xero_contact_count or setup.xero_document_count)

    def _compute_reading_state(self):
        jobs = self.env["xero.sync.job"].sudo().search(
            [
                ("connection_id", "in", self.connection_id.ids),
                ("task", "in", READINGS),
                ("state", "not in", ("done", "cancelled")),
            ]
        )
        for setup in self:
            own = jobs.filtered(lambda job, setup=setup: job.connection_id == setup.connection_id)
            failed = own.filtered(lambda job: job.state in ("failed", "dead"))
            setup.reading_state = "failed" if failed else "reading" if own else "ready"
            setup.reading_reason = failed[:1]._waiting_reason() if failed else bool(own) and setup._pause()

    def _pause(self):
        """Return why the worker pauses, in words; ``False`` when it does not."""
        until = self.connection_id.paused_until
        return bool(until and until > fields.Datetime.now()) and self.connection_id.pause_reason

    @api.depends("connection_id.facts_at")
    def _compute_read_counts(self):
        # Here and below: whoever reads a guide may know how much its connection has of what.
        env = self.sudo().env
        for setup in self:
            own = [("connection_id", "=", setup.connection_id.id)]
            active = [*own, ("status", "=", "ACTIVE")]
            types = dict(env["xero.account"]._read_group(active, ["type"], ["__count"]))
            setup.account_count = sum(types.values())
            setup.bank_count = types.get("BANK", 0)
            setup.tax_rate_count = env["xero.tax.rate"].search_count(active)
            setup.currency_count = env["xero.currency"].search_count(own)
            setup.tracking_count = env["xero.tracking.category"].search_count(active)

    @api.depends(
        *(f"connection_id.{name}" for name in (*MOVE_TYPE_SETTINGS.values(), "sync_from", "excluded_journal_ids"))
    )
    def _compute_odoo_counts(self):
        for setup in self:
            domain = documents_domain(setup.connection_id)
            setup.odoo_document_count = self.env["account.move"].sudo().search_count(domain)

    def _compute_has_parts(self):
        for setup in self:
            setup.has_alerts = "alert_user_ids" in setup.connection_id._fields
            setup.has_match = "xero.match" in self.env
            setup.has_runs = "xero.run" in self.env

    def _compute_alert_user_ids(self):
        for setup in self:
            setup.alert_user_ids = setup.has_alerts and setup.sudo().connection_id.alert_user_ids

    def _inverse_alert_user_ids(self):
        for setup in self.filtered("has_alerts"):
            setup.connection_id.alert_user_ids = setup.alert_user_ids

    # === MAPPINGS === #

    @api.depends(*(f"connection_id.{kind}_mapping_ids.certainty" for kind in KINDS))
    def _compute_summaries(self):
        for setup in self:
            every = {}
            for kind, model in KINDS.items():
                groups = self.env[model].sudo()._read_group(
                    [("connection_id", "=", setup.connection_id.id)], ["certainty"], ["__count"]
                )
                counts = dict(groups)
                setup[f"{kind}_summary"] = setup._summary(counts)
                setup[f"{kind}_open_count"] = sum(counts.values()) - counts.get("decided", 0)
                for word, count in counts.items():
                    every[word] = every.get(word, 0) + count
            setup.decided_count = every.get("decided", 0)
            setup.sure_count = every.get("sure", 0)
            setup.doubtful_count = every.get("doubtful", 0)
            setup.missing_count = every.get("missing", 0)
            setup.suggested_count = setup.sure_count + setup.doubtful_count + every.get("likely", 0)
            setup.undecided_count = setup.suggested_count + setup.missing_count

    def _summary(self, counts) -> str:
        """Return how many rows of one kind are how certain, in words."""
        words = {
            "decided": self.env._("Decided: %s", counts.get("decided", 0)),
            "sure": self.env._("Sure: %s", counts.get("sure", 0)),
            "likely": self.env._("Likely: %s", counts.get("likely", 0)),
            "doubtful": self.env._("Doubtful: %s", counts.get("doubtful", 0)),
            "missing": self.env._("Missing: %s", counts.get("missing", 0)),
        }
        return " · ".join(text for word, text in words.items() if counts.get(word)) or self.env._("None yet")

    # === UNDECIDED === #

    @api.depends("undecided_count")
    def _compute_undecided(self):
        for setup in self:
            setup.undecided_summary = setup._count_words()
            defaults = setup._open_defaults() if setup.connection_id else []
            setup.undecided_defaults = format_list(self.env, defaults) if defaults else False

    def _count_words(self):
        counts = {
            self.env._("Accounts: %s", self.account_open_count): self.account_open_count,
            self.env._("Taxes: %s", self.tax_open_count): self.tax_open_count,
            self.env._("Bank accounts: %s", self.journal_open_count): self.journal_open_count,
        }
        return " · ".join(text for text, count in counts.items() if count)

    def _open_defaults(self) -> list[str]:
        """Return in words which default accounts and taxes of the company have no confirmed counterpart."""
        company = self.connection_id.company_id.sudo()
        journals = self.env["account.journal"].sudo().search([("company_id", "=", company.id)], order="sequence, id")
        accounts = {
            use: journals.filtered(lambda journal, use=use: journal.type == use).default_account_id[:1]
            or (company.income_account_id if use == "sale" else company.expense_account_id)
            for use in ("sale", "purchase")
        }
        taxes = {"sale": company.account_sale_tax_id, "purchase": company.account_purchase_tax_id}
        confirmed = [("connection_id", "=", self.connection_id.id), ("state", "=", "confirmed")]
        env = self.sudo().env
        decided = env["xero.mapping.account"].search_fetch(confirmed, ["account_id"]).account_id
        rows = env["xero.mapping.tax"].search_fetch(confirmed, ["key", "type_tax_use"])
        sets = {(row._key_ids(), row.type_tax_use) for row in rows}
        book = TaxLookup()
        taxes = dict(zip(taxes, _together(list(taxes.values())), strict=True))
        names = {
            ("sale", "account"): self.env._("the default sales account"),
            ("purchase", "account"): self.env._("the default purchase account"),
            ("sale", "tax"): self.env._("the default sales tax"),
            ("purchase", "tax"): self.env._("the default purchase tax"),
        }
        open_ones = [("account", use, account) for use, account in accounts.items() if account - decided]
        open_ones += [
            ("tax", use, tax)
            for use, tax in taxes.items()
            if tax and book.key(tax) and (book.key(tax), use) not in sets
        ]
        return [
            f"{names[use, kind]} ({named(record.with_company(company).display_name)})"
            for kind, use, record in open_ones
        ]
