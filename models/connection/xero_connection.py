from collections import Counter, namedtuple
from datetime import datetime, timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ...mappers.awaited import ALLOWED, CLOSED_PERIODS, LOCK_DATES, record_key
from ...mappers.text import named
from ...xero_api import errors, oauth
from ..link.reason import ReasonText
from . import credential_secrets as xero_secrets
from . import database as xero_database
from . import gate as xero_gate
from .labels import plan_text, tax_basis_in_words, time_zone_text

MOVE_TYPE_SETTINGS = {
    "out_invoice": "sync_invoices",
    "out_receipt": "sync_invoices",
    "in_invoice": "sync_bills",
    "in_receipt": "sync_bills",
    "out_refund": "sync_credit_notes",
    "in_refund": "sync_refunds",
}
# The Xero type of journal entries.
JOURNAL_TYPE = "ManualJournal"
# What enqueueing needs to know, in one cached value, so that posting a document asks the database nothing. `off` has
# the Xero types whose switch is off; `sends_credits` whether credits that are reconciled in Odoo are applied in Xero;
# `entry_journals` has the journals whose entries are sent.
Scope = namedtuple(
    "Scope",
    "connection_id company_id move_types drafts sync_from connected_at excluded_journals ranked_contacts off"
    " sends_credits entry_journals",
)
SCOPE_FIELDS = {
    "active",
    "state",
    "tenant_id",
    "company_id",
    "sync_when",
    "sync_from",
    "connected_at",
    "contact_policy",
    "excluded_journal_ids",
    "credit_direction",
    "credential_id",
    "entry_journal_ids",
    *MOVE_TYPE_SETTINGS.values(),
}
# What failures wait for that a change of these may cure.
AWAITED = {
    "period_lock_date": LOCK_DATES,
    "year_lock_date": LOCK_DATES,
    "xero_lock_policy": LOCK_DATES,
    "odoo_lock_policy": CLOSED_PERIODS,
    "actions_refused": ALLOWED,
    "organisation_class": ALLOWED,
}
# Settings that failures name as what to change.
NAMED_SETTINGS = {
    *("required_plan_ids", "rounding_policy", "rounding_account_id", "excluded_journal_ids", "credit_direction"),
    *("inbound_sale_journal_id", "inbound_purchase_journal_id", "credit_journal_id", "sync_when"),
    *("inbound_entry_journal_id", "entries_summarised", "line_shares"),
}
# Values of the setting for applied credits that have Odoo's credits go to Xero.
SENT_WAYS = ("both", "odoo_to_xero")
# Jobs keep gathering while a consent is renewed or the connection is held; they leave only when it is connected.
GATHERING_STATES = ("connected", "reauth", "held")
# How far Xero's clock may be from ours before we believe our own.
CLOCK_LIMIT = timedelta(days=1)
HELD_PROBE = timedelta(hours=1)
UNDECIDED = [("state", "!=", "confirmed")]
HEALTH_LEVELS = [("ok", "Healthy"), ("attention", "Needs attention"), ("broken", "Broken")]
LOCK_POLICIES = [("refuse", "Refuse, and say why"), ("move", "Book it on the first open day")]
POLICIES = [("ask", "Ask"), ("newest", "The newest wins"), ("odoo", "Odoo wins"), ("xero", "Xero wins")]


def count_of(field: str, counted: dict):
    """Return what computes a field of connections: how many rows each has that the user may see; a query a model.

    :param field: its name
    :param counted: ``{model: domain of the rows that count}``, of models with a ``connection_id``
    """

    def compute(connections):
        total = Counter()
        for model, domain in counted.items():
            own = [("connection_id", "in", connections.ids), *domain]
            groups = connections.env[model]._read_group(own, ["connection_id"], ["__count"])
            total.update({connection.id: count for connection, count in groups})
        for connection in connections:
            connection[field] = total[connection._origin.id]

    return compute


class XeroConnection(models.Model):
    """One Xero organisation and one Odoo company. Branches without a connection of their own use their parent's."""

    _name = "xero.connection"
    _description = "Xero Connection"
    _inherit = ["xero.company.guard", "mail.thread", "mail.activity.mixin"]
    _order = "company_id, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    credential_id = fields.Many2one("xero.credential", "Xero App", required=True, ondelete="restrict", index=True)
    grant_type = fields.Selection(related="credential_id.grant_type")
    lane_id = fields.One2many("xero.lane", "connection_id")

    # === ORGANISATION === #
    tenant_id = fields.Char("Tenant ID", copy=False, readonly=True, help="Xero's id of the organisation.")
    tenant_connection_id = fields.Char("Connection ID in Xero", copy=False, readonly=True)
    tenant_name = fields.Char("Organisation", copy=False, readonly=True)
    state = fields.Selection(
        [
            ("new", "Not connected"),
            ("choose", "Choose the organisation"),
            ("connected", "Connected"),
            ("reauth", "Reconnect needed"),
            ("held", "On Hold"),
            ("disconnected", "Disconnected"),
        ],
        "Status",
        required=True,
        default="new",
        readonly=True,
        copy=False,
        tracking=True,
    )
    reason = ReasonText(readonly=True, copy=False)
    warning = fields.Text(compute="_compute_warning")
    currency_code = fields.Char("Base Currency", readonly=True, copy=False)
    country_code = fields.Char("Country", readonly=True, copy=False)
    short_code = fields.Char(readonly=True, copy=False)
    edition = fields.Char("Edition Code", readonly=True, copy=False)
    organisation_class = fields.Char("Plan Code", readonly=True, copy=False)
    timezone = fields.Char("Time Zone Code", readonly=True, copy=False)
    is_demo_company = fields.Boolean(readonly=True, copy=False)
    period_lock_date = fields.Date(readonly=True, copy=False)
    year_lock_date = fields.Date("Year-End Lock Date", readonly=True, copy=False)
    tax_basis = fields.Char("Tax Basis Code", readonly=True, copy=False)
    year_end_day = fields.Integer(readonly=True, copy=False, help="The last day of the organisation's financial year.")
    year_end_month = fields.Integer(readonly=True, copy=False)
    multi_currency = fields.Selection(
        [("unknown", "Not read yet"), ("allowed", "Allowed"), ("refused", "Not in this plan")],
        required=True,
        default="unknown",
        readonly=True,
        copy=False,
        help="Whether the organisation's plan takes documents in other currencies than its own.",
    )
    actions_refused = fields.Json(
        readonly=True, copy=False, help="What the plan, or the person who connected, may not do, by Xero's names."
    )
    facts_at = fields.Datetime("Organisation Read At", readonly=True, copy=False)

    # === SETTINGS === #
    sync_invoices = fields.Boolean("Customer Invoices", default=True)
    sync_bills = fields.Boolean("Vendor Bills", default=True)
    sync_credit_notes = fields.Boolean("Customer Credit Notes", default=True)
    sync_refunds = fields.Boolean("Vendor Credit Notes", default=True)
    sync_when = fields.Selection(
        [("posted", "When posted"), ("draft", "Drafts too")], "Sync When", required=True, default="posted"
    )
    sync_from = fields.Date(
        "Sync From",
        help="Documents dated from this day on are synced; those from before the connection go as a history, the night "
        "after (see Runs). Empty: documents made since the company was connected.",
    )
    connected_at = fields.Datetime("Connected Since", readonly=True, copy=False)
    connected_by_id = fields.Many2one("res.users", "Connected By", readonly=True, copy=False)
    contact_policy = fields.Selection(
        [("used", "Contacts of synced documents"), ("ranked", "Every new customer and vendor")],
        required=True,
        default="ranked",
    )
    excluded_journal_ids = fields.Many2many("account.journal", string="Journals Left Out", check_company=True)
    sync_journals = fields.Boolean(
        "Journal Entries",
        help="Entries of the journals that are chosen here are manual journals in Xero, and those made in Xero can "
        "come back. It takes a permission of its own, and a person who may see reports in Xero.",
    )
    entry_journal_ids = fields.Many2many(
        "account.journal",
        "xero_connection_entry_journal_rel",
        "connection_id",
        "journal_id",
        "Journals Whose Entries Are Sent",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Empty: none. What Odoo books of payments, bank statements, taxes on payments and exchange differences is "
        "never sent: Xero books it itself.",
    )
    entries_as_drafts = fields.Boolean(
        "Send as Drafts", help="Manual journals wait in Xero until somebody has looked at them and posts them there."
    )
    entries_summarised = fields.Boolean(
        "Summarise Lines",
        help="Lines of one account, tax and tracking are one line in Xero; what cancels out is left out.",
    )
    entries_on_cash_basis = fields.Boolean("Show on Cash Basis Reports", default=True)
    rounding_policy = fields.Selection(
        [("line", "Add a rounding line"), ("draft", "Keep the document a draft in Xero and say why")],
        required=True,
        default="line",
        help="What to do when Xero's arithmetic cannot give Odoo's total with the document's own lines.",
    )
    rounding_account_id = fields.Many2one("xero.account", domain="[('connection_id', '=', id)]", ondelete="set null")
    day_reserve_percent = fields.Integer(
        "Calls Kept for People (%)",
        default=20,
        help="Share of the daily call limit that background work leaves to people who click.",
    )

    # === HOLD UNTIL MATCHED === #
    hold_until_matched = fields.Boolean(
        "Hold Until Matched",
        copy=False,
        tracking=True,
        help="Documents wait in the queue, and nothing from Xero is booked, until the records that both sides have "
        "already are matched. Nothing is lost: everything goes on when this is switched off.",
    )
    hold_ended_at = fields.Datetime(
        "Hold Ended", readonly=True, copy=False, help="When a person, or a finished matching, last let documents go."
    )

    # === LIMITS AND HEALTH: written by workers, with SQL, in transactions of their own === #
    paused_until = fields.Datetime(readonly=True, copy=False)
    pause_reason = ReasonText(readonly=True, copy=False)
    pause_count = fields.Integer(readonly=True, copy=False)
    minute_remaining = fields.Integer("Calls Left This Minute", readonly=True, copy=False)
    day_remaining = fields.Integer("Calls Left Today", readonly=True, copy=False)
    day_limit = fields.Integer("Calls per Day", readonly=True, copy=False)
    limits_at = fields.Datetime("Limits Seen At", readonly=True, copy=False)
    day_began_at = fields.Datetime(
        "Xero's Day Began", readonly=True, copy=False, help="When the count of calls was last seen to start again."
    )
    clock_offset = fields.Float(readonly=True, copy=False, help="Seconds Xero's clock is ahead of ours.")
    database_uuid = fields.Char("Database ID", readonly=True, copy=False)
    database_print = fields.Char(
        "Database Fingerprint",
        readonly=True,
        copy=False,
        help="What PostgreSQL knows the database by that works with Xero. A restored backup or a copy has another one. "
        "Empty: PostgreSQL does not let it be read here, and only other signs of a copy are noticed.",
    )
    server_start = fields.Char(
        readonly=True,
        copy=False,
        help="The start of the database server after which the newest marks in Xero were last looked at.",
    )
    false_marks_at = fields.Datetime(
        "Marks That Are Not Valid",
        readonly=True,
        copy=False,
        help="When a record was last read in Xero that falsely says it was made for one of this Odoo.",
    )
    recovery_ids = fields.One2many("xero.recovery", "connection_id")
    job_pending_count = fields.Integer(
        "Waiting",
        compute=count_of("job_pending_count", {"xero.sync.job": [("state", "in", ("pending", "running", "blocked"))]}),
    )
    job_failed_count = fields.Integer(
        "Failed", compute=count_of("job_failed_count", {"xero.sync.job": [("state", "in", ("failed", "dead"))]})
    )

    _tenant_unique = models.UniqueIndex(
        "(tenant_id) WHERE active AND tenant_id IS NOT NULL AND state != 'disconnected'",
        "This Xero organisation is already connected to another company.",
    )
    _company_unique = models.UniqueIndex("(company_id) WHERE active", "This company already has a Xero connection.")
    _reserve_range = models.Constraint(
        "CHECK(day_reserve_percent BETWEEN 0 AND 90)",
        "The share of calls kept for people must lie between 0 and 90 percent.",
    )

    # === SETTINGS OF THE ROOMS, AND WHAT THEY COUNT === #

    setup_ids = fields.One2many("xero.setup", "connection_id")

    # === THE ORGANISATION IN WORDS === #

    plan_name = fields.Char("Plan", compute="_compute_names")
    edition_name = fields.Char("Edition", compute="_compute_names")
    timezone_name = fields.Char("Time Zone", compute="_compute_names")
    tax_basis_name = fields.Char("Tax Basis", compute="_compute_names")

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
    inbound_entries = fields.Selection(
        [("ignore", "Ignore"), ("draft", "Import as draft"), ("post", "Import and post")],
        "New Manual Journals in Xero",
        required=True,
        default="ignore",
        help="Posted manual journals that were made in Xero, of the dates that are synced. What was made in Odoo is "
        "never imported.",
    )
    inbound_entry_journal_id = fields.Many2one(
        "account.journal",
        "Journal for Entries",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Where imported manual journals go. Empty: they wait until one is chosen.",
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
    void_drafts_after = fields.Integer(
        "Void Drafts After (hours)",
        default=0,
        help="A document that is reset to draft stays in Xero. After so many hours as a draft it is voided there; "
        "posted later, it is a new document with another number. 0: never.",
    )
    compare_trial_balances = fields.Boolean(
        "Trial Balances Are Compared", readonly=True, copy=False, help="The next consent asks for reading them."
    )
    rate_mode = fields.Selection(
        [
            ("off", "Leave them alone"),
            ("watch", "Show where Odoo's differ"),
            ("ask", "Propose them"),
            ("fill", "Use them on days without a rate"),
            ("replace", "Use them, and follow what changes in Xero"),
        ],
        "Exchange Rates of Xero",
        required=True,
        default="watch",
        help="Xero tells its rates on documents only: those that people entered there are learned from. A rate in Odoo "
        "that was not taken from Xero is never changed.",
    )
    webhook_url = fields.Char(related="credential_id.webhook_url", groups="xero_connector.group_xero_manager")
    webhook_key_set = fields.Boolean(related="credential_id.webhook_key_set")
    webhook_seen_at = fields.Datetime(related="credential_id.webhook_seen_at", string="Last Webhook Delivery")
    cursor_ids = fields.One2many("xero.sync.cursor", "connection_id", "Readings")
    conflict_count = fields.Integer(
        "Conflicts", compute=count_of("conflict_count", {"xero.conflict": [("state", "=", "open")]})
    )

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
        "Failed Documents",
        default=10,
        help="People are notified when this many jobs have failed. 0: never for their number.",
    )
    alert_failed_percent = fields.Integer(
        "Failed, in % of a Day's Work",
        default=5,
        help="People are notified when this share of a day's jobs has failed, three at least. 0: never for their "
        "share.",
    )
    alert_silent_hours = fields.Integer(
        "Hours Without News from Xero",
        default=3,
        help="People are notified when nothing could be read from Xero for so many hours.",
    )
    alert_ids = fields.One2many("xero.alert", "connection_id", "Alerts")

    _draft_hours = models.Constraint("CHECK(void_drafts_after >= 0)", "Drafts are voided after hours from 0.")
    _alert_limits = models.Constraint(
        """CHECK(alert_failed_jobs >= 0 AND alert_failed_percent BETWEEN 0 AND 100
                 AND alert_silent_hours BETWEEN 1 AND 720)""",
        "Alerts: a number of jobs from 0, a share from 0 to 100 percent, and 1 to 720 hours.",
    )

    health_level = fields.Selection(HEALTH_LEVELS, "Health", compute="_compute_health")
    health_summary = fields.Text("Health in Words", compute="_compute_health")

    # === MAPPINGS === #

    account_mapping_ids = fields.One2many("xero.mapping.account", "connection_id", "Account Mappings")
    tax_mapping_ids = fields.One2many("xero.mapping.tax", "connection_id", "Tax Mappings")
    missing_mapping_count = fields.Integer(
        "Open Mappings",
        compute=api.depends("account_mapping_ids.state", "tax_mapping_ids.state")(
            count_of("missing_mapping_count", dict.fromkeys(("xero.mapping.account", "xero.mapping.tax"), UNDECIDED))
        ),
    )
    journal_mapping_ids = fields.One2many("xero.mapping.journal", "connection_id", "Bank Account Mappings")
    open_account_mapping_ids = fields.One2many(
        "xero.mapping.account", "connection_id", "Accounts to Decide", domain=UNDECIDED
    )
    open_tax_mapping_ids = fields.One2many("xero.mapping.tax", "connection_id", "Taxes to Decide", domain=UNDECIDED)
    open_journal_mapping_ids = fields.One2many(
        "xero.mapping.journal", "connection_id", "Bank Accounts to Decide", domain=UNDECIDED
    )
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
        help="Where their bank account is not known, because bank transactions are not read. Empty: the only mapped "
        "journal, if there is one.",
    )
    sync_bank = fields.Boolean(
        "Read Bank Transactions",
        help="Money spent or received in Xero without an invoice, such as fees and interest, of bank accounts whose "
        "payments come from Xero. Takes 12 calls a day, and a permission: connect again.",
    )
    sync_transfers = fields.Boolean(
        "Read Bank Transfers",
        help="Money that is moved in Xero between bank accounts whose payments come from Xero. Takes 12 calls a day.",
    )
    bank_entries = fields.Selection(
        [
            ("post", "Import and post"),
            ("draft", "Import as drafts"),
            ("learn", "Only learn the bank accounts of prepayments"),
        ],
        "Bank Transactions in Xero",
        required=True,
        default="post",
        help="What becomes of money that is spent, received or transferred in Xero.",
    )
    batch_payments = fields.Boolean(
        "One Bank Line per Payment Run",
        help="Payments that are sent together, of one journal, day and direction and in the organisation's currency, "
        "are one batch payment in Xero: one line on the bank account, one match for the bookkeeper.",
    )
    send_overpayments = fields.Boolean(
        "Send Overpayments",
        help="What stays open of a payment that pays invoices in Xero becomes an overpayment there. No program can "
        "take one back: a person has to void it in Xero.",
    )
    send_bank = fields.Boolean(
        "Send Bank Transactions",
        help="Bank statement lines that are booked straight to other accounts than receivables and payables, of "
        "journals whose payments go to Xero, become money spent or received there.",
    )
    tracking_mapping_ids = fields.One2many("xero.mapping.tracking", "connection_id", "Tracking Mappings")
    required_plan_ids = fields.Many2many(
        "account.analytic.plan",
        string="Plans Every Line Needs",
        domain="[('parent_id', '=', False)]",
        help="Documents with a line that is not wholly given to accounts of these plans, or whose account has no "
        "tracking option, are not sent. Of other plans such lines go without tracking.",
    )

    line_shares = fields.Selection(
        [
            ("split", "Divide the line"),
            ("largest", "The largest share has all of it"),
            ("untracked", "Leave the line untracked"),
            ("refuse", "Do not send the document"),
        ],
        "Shares of a Line",
        required=True,
        default="split",
        help="What becomes of a line that several analytic accounts of a plan share. Xero tracks a whole line by one "
        "option of a category; divided, the parts come to its amount and its tax.",
    )
    line_share_text = fields.Boolean(
        "Say the Share",
        default=True,
        help="The text of each of the lines that a line is divided into ends with its share, such as (60 %).",
    )

    # === MATCHING AND RECONCILIATION === #

    reconciliation_ids = fields.One2many("xero.reconciliation", "connection_id", "Reconciliations")
    last_reconciliation_id = fields.Many2one("xero.reconciliation", compute="_compute_last_reconciliation")
    last_verdict = fields.Selection(
        [("agree", "Agree"), ("waiting", "Not all sent"), ("differ", "Differ")],
        compute="_compute_last_reconciliation",
        string="Last Verdict",
    )

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

    # === COMPUTE === #

    @api.depends("tenant_name", "company_id.name")
    def _compute_name(self):
        for connection in self:
            connection.name = connection.tenant_name or self.env._("Xero of %s", named(connection.company_id.name))

    @api.depends("currency_code", "country_code", "company_id.currency_id", "company_id.country_id")
    def _compute_warning(self):
        for connection in self:
            company, currency, country = connection.company_id, connection.currency_code, connection.country_code
            found = self.env["xero.organisation"]._mismatches(company, currency, country)
            connection.warning = "\n".join(found) or False

    @api.depends("organisation_class", "edition", "timezone", "tax_basis")
    @api.depends_context("lang")
    def _compute_names(self):
        for connection in self:
            connection.plan_name = plan_text(connection.organisation_class)
            connection.edition_name = plan_text(connection.edition)
            connection.timezone_name = time_zone_text(connection.timezone, self.env.lang)
            connection.tax_basis_name = tax_basis_in_words(self.env, connection.tax_basis)

    def _compute_health(self):
        short = self.env["xero.health"]._in_short(self)
        for connection in self:
            connection.health_level, connection.health_summary = short.get(connection.id, ("ok", ""))

    def _compute_last_reconciliation(self):
        done = [("connection_id", "in", self.ids), ("state", "=", "done")]
        last = dict(self.env["xero.reconciliation"]._read_group(done, ["connection_id"], ["id:max"]))
        for connection in self:
            connection.last_reconciliation_id = last.get(connection._origin)
            connection.last_verdict = connection.last_reconciliation_id.verdict

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        connections = super().create(vals_list)
        self.env["xero.lane"].sudo().create([{"connection_id": connection.id} for connection in connections])
        self.env.registry.clear_cache()
        return connections

    def write(self, vals):
        released = self.filtered("hold_until_matched") if vals.get("hold_until_matched") is False else self.browse()
        before = {connection: {name: connection[name] for name in AWAITED if name in vals} for connection in self}
        result = super().write(vals)
        for connection, values in before.items():
            keys = [AWAITED[name] for name, value in values.items() if connection[name] != value]
            if not NAMED_SETTINGS.isdisjoint(vals):
                keys.append(record_key(connection._name, connection.id))
            self.env["xero.sync.job"]._retry_awaiting(keys, connection)
        if not SCOPE_FIELDS.union(self._switches().values()).isdisjoint(vals):
            self.env.registry.clear_cache()
        if released:
            # What waited goes on in the moment the hold ends.
            super(XeroConnection, released.sudo()).write({"hold_ended_at": fields.Datetime.now()})
            self.env["xero.sync.runner"]._wake(released.ids)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_linked(self):
        if (
            self.env["xero.link"]
            .sudo()
            .search_count([("connection_id", "in", self.ids), ("xero_id", "!=", False)], limit=1)
        ):
            raise UserError(self.env._("Archive this connection instead: it knows which documents are in Xero."))

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.constrains("company_id")
    def _check_company_fixed(self):
        for connection in self:
            if (
                self.env["xero.link"]
                .sudo()
                .search_count(
                    [("connection_id", "=", connection.id), "!", ("company_id", "child_of", connection.company_id.ids)],
                    limit=1,
                )
            ):
                raise ValidationError(
                    self.env._("Documents of the present company are in this Xero organisation already.")
                )

    @api.constrains("credential_id", "company_id")
    def _check_credential_company(self):
        for connection in self.sudo():
            owner = connection.credential_id.company_id
            if owner and owner not in connection.company_id.parent_ids:
                raise ValidationError(
                    self.env._(
                        "The app “%(app)s” belongs to %(owner)s. Choose an app of %(company)s, or have it shared: a "
                        "system administrator clears its company.",
                        app=named(connection.credential_id.name),
                        owner=named(owner.name),
                        company=named(connection.company_id.name),
                    )
                )

    def _connection_of(self):
        return self

    # === SCOPE === #

    @api.model
    @tools.ormcache("company_id")
    def _scope(self, company_id: int) -> Scope | None:
        """Return what is synced for a company, from its own connection or the nearest parent's; ``None`` without one.

        It is kept in a cache, which ends with any change of the settings that it is made of.

        :param company_id: id of ``res.company``
        """
        ancestors = self.env["res.company"].sudo().browse(company_id).parent_ids
        # What is kept for all callers must not depend on the context of the first.
        connections = (
            self.sudo()
            .with_context(active_test=True)
            .search(
                [
                    ("company_id", "in", ancestors.ids),
                    ("tenant_id", "!=", False),
                    ("state", "in", GATHERING_STATES),
                ]
            )
        )
        nearest = max(connections, key=lambda connection: len(connection.company_id.parent_ids), default=None)
        if nearest is None:
            return None
        off = frozenset(mapper._xero_type for mapper in self.env["xero.mapper"]._all() if not mapper._is_on(nearest))
        return Scope(
            nearest.id,
            nearest.company_id.id,
            frozenset(kind for kind, setting in MOVE_TYPE_SETTINGS.items() if nearest[setting]),
            nearest.sync_when == "draft",
            nearest.sync_from or None,
            nearest.connected_at or nearest.create_date,
            frozenset(nearest.excluded_journal_ids.ids),
            nearest.contact_policy == "ranked",
            off,
            nearest.credit_direction in SENT_WAYS,
            frozenset(() if JOURNAL_TYPE in off else nearest.entry_journal_ids.ids),
        )

    @api.model
    def _switches(self) -> dict:
        """Return ``{Xero type: field of the connection that switches it on}`` of the types that have such a field."""
        return {mapper._xero_type: mapper._switch for mapper in self.env["xero.mapper"]._all() if mapper._switch}

    # === PERMISSIONS === #

    def _further_scopes(self) -> list[str]:
        """Return the OAuth permissions that what is switched on here needs besides those of every consent, sorted."""
        types = [one for name in ("xero.mapper", "xero.inbound", "xero.task") for one in self.env[name]._all()]
        wanted = [kind._scopes for kind in types if kind._scopes and kind._is_switched_on(self)]
        return sorted({scope for scopes in wanted for scope in scopes})

    def _lacks(self, scopes) -> list[str]:
        """Return those of the permissions ``scopes`` that the present consent does not give; none where that is not
        known.
        """
        return oauth.missing_scopes(scopes, (self.sudo().credential_id.scopes or "").split()) if scopes else []

    def _lacking_text(self, scopes) -> str:
        """Return in words, as stored texts are, which of ``scopes`` the consent lacks and what to do; empty without."""
        missing = self._lacks(scopes)
        if not missing:
            return ""
        return self.env["xero.reason"]._(
            "The consent of %(organisation)s does not allow it yet (%(scopes)s is missing): ask a Xero administrator "
            "to connect again.",
            organisation=named(self.sudo().tenant_name or self.sudo().name),
            scopes=", ".join(missing),
        )

    def _xero_lock_date(self):
        """Return the later of Xero's lock dates; ``None`` without one.

        :return: a ``date``: nothing that is dated up to this day can be made or changed (Xero: Organisation,
            PeriodLockDate and EndOfYearLockDate)
        """
        return max(filter(None, (self.period_lock_date, self.year_lock_date)), default=None)

    def _sync_start(self):
        """Return the first day that is synced without being asked for.

        :return: a ``date``
        """
        self.ensure_one()
        return self.sync_from or (self.connected_at or self.create_date).date()

    @api.model
    def _for_company(self, company):
        """Return the connection that serves ``company``, its own or the nearest parent's; empty without one.

        :param company: one ``res.company``
        :return: as superuser
        """
        scope = self._scope(company.id)
        return self.sudo().browse(scope.connection_id if scope else [])

    @api.model
    def _any_for_company(self, company):
        """Return the connection whose links concern ``company``, even one that is cut off; empty without one.

        :param company: one ``res.company``
        :return: as superuser
        """
        return self.sudo().browse(self._any_id_for_company(company.id) or [])

    @api.model
    @tools.ormcache("company_id")
    def _any_id_for_company(self, company_id: int) -> int | None:
        ancestors = self.env["res.company"].sudo().browse(company_id).parent_ids
        connections = self.sudo().with_context(active_test=True).search([("company_id", "in", ancestors.ids)])
        return max(connections, key=lambda connection: len(connection.company_id.parent_ids), default=self).id

    # === WAITING === #

    def _is_unmatched(self) -> bool:
        """Whether what existed before has to stay: nobody has matched it yet, nor said that it goes unmatched."""
        self.ensure_one()
        return self.hold_until_matched or any(
            hook._is_undecided(self) for hook in self.env["xero.connection.hook"]._all()
        )

    def _reason_of_waiting(self) -> str | None:
        """Return what keeps the queue of this organisation from moving, in words; ``None`` when nothing does.

        :return: translated
        """
        if self.state == "reauth":
            return self.env["xero.reason"]._(
                "Xero has to be reconnected by an administrator. The document waits and is sent then."
            )
        if self.state == "held":
            return self.env["xero.reason"]._(
                "The connection is on hold: this database may be a copy or a restored backup. A Xero administrator has "
                "to find out. The document waits, nothing is lost."
            )
        if self.state == "disconnected":
            return self.env["xero.reason"]._(
                "The company is disconnected from Xero. The document waits until it is connected again."
            )
        is_paused = self.paused_until and self.paused_until > fields.Datetime.now()
        reason = self.pause_reason if is_paused else None
        if reason or not self.hold_until_matched:
            return reason
        return self.env["xero.reason"]._(
            "It waits until the records that Odoo and Xero both have are matched. An accountant matches them under "
            "Xero > Activity > Match Records; an administrator can end the wait."
        )

    def _cut_off(self, reason) -> None:
        """Have the organisation wait for a person who connects it again, and tell people in this very transaction:
        what waits for them would wait for the next cron otherwise.

        :param reason: translated
        """
        self.ensure_one()
        self.write({"state": "reauth", "reason": reason})
        self.env["xero.alert"]._refresh_alerts(self)

    def _is_first_try(self) -> bool:
        """Whether this is to be connected for the first time by an app that no consent was given to: its id and secret
        are not proven yet.
        """
        return bool(self) and not self.tenant_id and self.credential_id.sudo().state == "new"

    # === CLOCK === #

    def _xero_now(self, told: datetime | None = None) -> datetime:
        """Return the time by Xero's clock, naive UTC.

        :param told: naive UTC, by the answer in hand; without it ours counts, corrected by how far Xero's was ahead
            last. A clock that is a day off is no clock: then ours counts as it is.
        """
        self.ensure_one()
        now, ahead = fields.Datetime.now(), self.sudo().clock_offset or 0.0
        if told is not None:
            return told if abs(told - now) <= CLOCK_LIMIT else now
        return now + timedelta(seconds=ahead) if abs(ahead) <= CLOCK_LIMIT.total_seconds() else now

    # === SCHEDULE === #

    @api.model
    def _cron_poll(self):
        """Queue the readings that are due; the scheduled action, whose code is kept by upgrades, calls it here."""
        self.env["xero.inbound.schedule"]._queue_due()

    # === GUARD === #

    def _may_send(self) -> bool:
        """Whether a worker has calls to make for this connection now."""
        return bool(
            self
            and self.active
            and (self.state == "connected" or self.state == "held" and self._is_recovering())
            and not (self.paused_until and self.paused_until > fields.Datetime.now())
        )

    def _barrier(self) -> errors.Barred | None:
        """Return what forbids every call to Xero for this connection, ``None`` when nothing does.

        A question: it writes nothing. It comes before each client and token, see ``xero_gate``.

        :return: not raised; its text is for people
        """
        self.ensure_one()
        if not self.active or self.state not in GATHERING_STATES or not self.tenant_id:
            return errors.Barred("state", self.env["xero.reason"]._("%s is not connected to Xero.", named(self.name)))
        held = self._held()
        if held and held.state not in xero_gate.AT_WORK:
            return errors.Barred("held", held.reason)
        return self._other_database() or xero_secrets.why_unreadable(self.credential_id)

    # === HOLD === #

    def _held(self):
        """Return the open recovery that holds this connection; empty when none does.

        :return: ``xero.recovery``
        """
        self.ensure_one()
        return self.env["xero.recovery"]._of(self)

    def _is_recovering(self) -> bool:
        """Whether workers read Xero for a recovery, while all else waits."""
        return self._held().state in xero_gate.AT_WORK

    def _state_when_linked(self) -> str:
        """Return the state of a connection whose consent is good."""
        return "held" if self._held() else "connected"

    def _other_database(self) -> errors.Barred | None:
        """Return what tells this database from the one that worked with Xero last; ``None`` when it is the one."""
        self.ensure_one()
        return xero_database.difference(self.env, self.database_uuid, self.database_print)
