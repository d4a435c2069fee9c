"""What the rooms keep on a connection: their settings, which people choose, and what they count."""

from odoo import api, fields, models

from .labels import plan_in_words, time_zone_in_words

HEALTH_LEVELS = [("ok", "Healthy"), ("attention", "Needs attention"), ("broken", "Broken")]
LOCK_POLICIES = [("refuse", "Refuse, and say why"), ("move", "Book it on the first open day")]
POLICIES = [("ask", "Ask"), ("newest", "The newest wins"), ("odoo", "Odoo wins"), ("xero", "Xero wins")]


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    setup_ids = fields.One2many("xero.setup", "connection_id")

    # === THE ORGANISATION IN WORDS === #

    plan_name = fields.Char("Plan", compute="_compute_plan_name")
    edition_name = fields.Char("Edition", compute="_compute_plan_name")
    timezone_name = fields.Char("Time Zone", compute="_compute_timezone_name")
    tax_basis_name = fields.Char("Tax Basis", compute="_compute_tax_basis_name")

    @api.depends("organisation_class", "edition")
    def _compute_plan_name(self):
        for connection in self:
            connection.plan_name = plan_in_words(connection.organisation_class)
            connection.edition_name = plan_in_words(connection.edition)

    @api.depends("timezone")
    @api.depends_context("lang")
    def _compute_timezone_name(self):
        for connection in self:
            connection.timezone_name = time_zone_in_words(connection.timezone, self.env.lang)

    @api.depends("tax_basis")
    @api.depends_context("lang")
    def _compute_tax_basis_name(self):
        names = self._tax_basis_names()
        for connection in self:
            connection.tax_basis_name = names.get(connection.tax_basis) or plan_in_words(connection.tax_basis)

    def _tax_basis_names(self) -> dict[str, str]:
        when_paid, when_invoiced = self.env._("When paid"), self.env._("When invoiced")
        return {
            "PAYMENTS": when_paid,
            "CASH": when_paid,
            "FLATRATECASH": self.env._("Flat rate, when paid"),
            "INVOICE": when_invoiced,
            "ACCRUALS": when_invoiced,
            "ACCRUAL": when_invoiced,
            "FLATRATEACCRUAL": self.env._("Flat rate, when invoiced"),
            "NONE": self.env._("None"),
        }

    # === THE WAY IN === #

    inbound_contacts = fields.Selection(
        [("ignore", "Ignore"), ("create", "Create them in Odoo")],
        "New Contacts in Xero",
        required=True,
        default="ignore",
    )
    inbound_documents = fields.Selection(
        [("ignore", "Ignore"), ("draft", "Import as draft"), ("post", "Import and post")],
        "New Documents in Xero",
        required=True,
        default="ignore",
        help="Approved documents that were made in Xero, of the kinds and dates that are synced. "
        "What was made in Odoo is never imported.",
    )
    inbound_sale_journal_id = fields.Many2one(
        "account.journal",
        "Journal for Sales",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Where imported invoices and credit notes go. Empty: the first sales journal.",
    )
    inbound_purchase_journal_id = fields.Many2one(
        "account.journal",
        "Journal for Purchases",
        check_company=True,
        domain="[('type', '=', 'purchase')]",
        help="Where imported bills go. Empty: the first purchase journal.",
    )
    conflict_contacts = fields.Selection(
        POLICIES,
        "Contacts Changed on Both Sides",
        required=True,
        default="ask",
        help="What happens when Odoo and Xero changed the same contact since they last agreed.",
    )
    conflict_documents = fields.Selection(
        POLICIES,
        "Documents Changed on Both Sides",
        required=True,
        default="ask",
        help="What happens when Odoo and Xero changed the same document since they last agreed.",
    )
    webhook_url = fields.Char(related="credential_id.webhook_url", groups="xero_connector.group_xero_manager")
    webhook_key_set = fields.Boolean(related="credential_id.webhook_key_set")
    webhook_seen_at = fields.Datetime(related="credential_id.webhook_seen_at", string="Last Webhook Delivery")
    cursor_ids = fields.One2many("xero.sync.cursor", "connection_id", "Readings")
    conflict_count = fields.Integer("Conflicts", compute="_compute_conflict_count")

    def _compute_conflict_count(self):
        groups = self.env["xero.conflict"]._read_group(
            [("connection_id", "in", self.ids), ("state", "=", "open")],
            ["connection_id"],
            ["__count"],
        )
        counts = {connection.id: count for connection, count in groups}
        for connection in self:
            connection.conflict_count = counts.get(connection.id, 0)

    # === CLOSED PERIODS === #

    xero_lock_policy = fields.Selection(
        LOCK_POLICIES,
        "Locked in Xero",
        required=True,
        default="refuse",
        help="What to do with new documents and payments of Odoo that are dated on or before a lock date of Xero. The "
        "first open day: Odoo's own date stays, and the document says which date it has in Xero.",
    )
    odoo_lock_policy = fields.Selection(
        LOCK_POLICIES,
        "Locked in Odoo",
        required=True,
        default="refuse",
        help="What to do with new documents and payments of Xero that are dated in a period that Odoo has closed. The "
        "first open day: the invoice date stays, only the accounting date moves.",
    )

    # === HEALTH AND ALERTS === #

    alert_user_ids = fields.Many2many(
        "res.users",
        "xero_connection_alert_user_rel",
        "connection_id",
        "user_id",
        "Notify",
        copy=False,
        domain="[('share', '=', False)]",
        help="Who gets a to-do and an e-mail when something is wrong. Empty: the Xero administrators of the company.",
    )
    alert_failed_jobs = fields.Integer(
        "Failed Jobs",
        default=10,
        help="People are notified when this many jobs have failed. 0: never for their number.",
    )
    alert_failed_percent = fields.Integer(
        "Failed Share (%)",
        default=5,
        help="People are notified when this share of a day's jobs has failed, three at least. 0: never for their "
        "share.",
    )
    alert_silent_hours = fields.Integer(
        "Silent Hours", default=3, help="People are notified when nothing could be read from Xero for so many hours."
    )
    alert_ids = fields.One2many("xero.alert", "connection_id", "Alerts")

    _alert_limits = models.Constraint(
        """CHECK(alert_failed_jobs >= 0 AND alert_failed_percent BETWEEN 0 AND 100
                 AND alert_silent_hours BETWEEN 1 AND 720)""",
        "Alerts: a number of jobs from 0, a share from 0 to 100 percent, and 1 to 720 hours.",
    )

    health_level = fields.Selection(HEALTH_LEVELS, "Health", compute="_compute_health")
    health_summary = fields.Text("Health in Words", compute="_compute_health")

    def _compute_health(self):
        short = self.env["xero.health"]._in_short(self)
        for connection in self:
            connection.health_level, connection.health_summary = short.get(connection.id, ("ok", ""))

    # === MAPPINGS === #

    account_mapping_ids = fields.One2many("xero.mapping.account", "connection_id", "Account Mappings")
    tax_mapping_ids = fields.One2many("xero.mapping.tax", "connection_id", "Tax Mappings")
    missing_mapping_count = fields.Integer("Open Mappings", compute="_compute_missing_mapping_count")
    journal_mapping_ids = fields.One2many("xero.mapping.journal", "connection_id", "Bank Account Mappings")
    credit_direction = fields.Selection(
        [
            ("both", "Both ways"),
            ("xero_to_odoo", "From Xero to Odoo"),
            ("odoo_to_xero", "From Odoo to Xero"),
            ("none", "Not at all"),
        ],
        "Applied Credits Go",
        required=True,
        default="both",
        help="Credit notes, overpayments and prepayments set against invoices and bills. No money moves and no bank "
        "feed knows of it, so both sides can do it without counting anything twice.",
    )
    credit_journal_id = fields.Many2one(
        "account.journal",
        "Journal for Prepayments and Overpayments",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Xero does not say through which bank account they came. Empty: the only mapped journal, if there is "
        "one.",
    )
    tracking_mapping_ids = fields.One2many("xero.mapping.tracking", "connection_id", "Tracking Mappings")
    required_plan_ids = fields.Many2many(
        "account.analytic.plan",
        string="Plans Every Line Needs",
        domain="[('parent_id', '=', False)]",
        help="Documents with a line that is not wholly given to one account of these plans, or whose account has no "
        "tracking option, are not sent. Of other plans such lines go without tracking.",
    )

    @api.depends("account_mapping_ids.state", "tax_mapping_ids.state")
    def _compute_missing_mapping_count(self):
        counts = dict.fromkeys(self.ids, 0)
        for model in ("xero.mapping.account", "xero.mapping.tax"):
            groups = self.env[model]._read_group(
                [("connection_id", "in", self.ids), ("state", "!=", "confirmed")], ["connection_id"], ["__count"]
            )
            for connection, count in groups:
                counts[connection.id] += count
        for connection in self:
            connection.missing_mapping_count = counts.get(connection.id, 0)

    # === MATCHING AND RECONCILIATION === #

    reconciliation_ids = fields.One2many("xero.reconciliation", "connection_id", "Reconciliations")
    last_reconciliation_id = fields.Many2one("xero.reconciliation", compute="_compute_last_reconciliation")
    last_verdict = fields.Selection(
        [("agree", "Agree"), ("waiting", "Not all sent"), ("differ", "Differ")],
        compute="_compute_last_reconciliation",
        string="Last Verdict",
    )
    match_count = fields.Integer("Matchings", compute="_compute_match_count")

    def _compute_match_count(self):
        groups = self.env["xero.match"]._read_group([("connection_id", "in", self.ids)], ["connection_id"], ["__count"])
        counts = {connection.id: count for connection, count in groups}
        for connection in self:
            connection.match_count = counts.get(connection.id, 0)

    def _compute_last_reconciliation(self):
        for connection in self:
            done = [("connection_id", "=", connection.id), ("state", "=", "done")]
            connection.last_reconciliation_id = self.env["xero.reconciliation"].search(done, limit=1)
            connection.last_verdict = connection.last_reconciliation_id.verdict

    # === RETENTION === #

    keep_work_days = fields.Integer(
        "Keep Finished Work (days)",
        default=30,
        required=True,
        help="How long finished jobs and webhook events stay. Jobs that failed stay until somebody deals with them.",
    )
    keep_log_days = fields.Integer(
        "Keep the Audit Log (days)",
        default=180,
        required=True,
        help="How long it can be shown what was sent and received, and when. Xero's security standard for larger "
        "apps asks for a year: 365.",
    )
    keep_reports_days = fields.Integer(
        "Keep Reports and Decisions (days)",
        default=365,
        required=True,
        help="How long reconciliations, matchings, resolved conflicts and finished runs stay. A run that has ended can "
        "be undone as long as it stays. Open conflicts and matchings in review always stay.",
    )
    keep_copies_days = fields.Integer(
        "Keep Copies from Xero (days)",
        default=30,
        required=True,
        help="How long copies of Xero's documents and contacts stay: readings, previews, and what a resolved conflict "
        "was about. Of readings only the newest stays, and what a matching in review needs.",
    )

    _keep_work_range = models.Constraint(
        "CHECK(keep_work_days BETWEEN 7 AND 3650)", "Finished work is kept for 7 to 3650 days."
    )
    _keep_log_range = models.Constraint(
        "CHECK(keep_log_days BETWEEN 30 AND 3650)", "The audit log is kept for 30 to 3650 days."
    )
    _keep_reports_range = models.Constraint(
        "CHECK(keep_reports_days BETWEEN 30 AND 3650)", "Reports and decisions are kept for 30 to 3650 days."
    )
    _keep_copies_range = models.Constraint(
        "CHECK(keep_copies_days BETWEEN 8 AND 3650)", "Copies from Xero are kept for 8 to 3650 days."
    )
