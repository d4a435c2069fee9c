import logging
from collections import namedtuple
from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

_logger = logging.getLogger(__name__)

MOVE_TYPE_SETTINGS = {
    "out_invoice": "sync_invoices",
    "out_receipt": "sync_invoices",
    "in_invoice": "sync_bills",
    "in_receipt": "sync_bills",
    "out_refund": "sync_credit_notes",
    "in_refund": "sync_refunds",
}
# What enqueueing needs to know, in one cached value, so that posting a document asks the database nothing.
Scope = namedtuple(
    "Scope", "connection_id company_id move_types drafts sync_from connected_at excluded_journals ranked_contacts"
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
    *MOVE_TYPE_SETTINGS.values(),
}
# Jobs keep gathering while a consent is renewed; they leave only when the organisation is connected.
GATHERING_STATES = ("connected", "reauth")
HELD_PROBE = timedelta(hours=1)


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
            ("disconnected", "Disconnected"),
        ],
        required=True,
        default="new",
        readonly=True,
        copy=False,
        tracking=True,
    )
    reason = fields.Text(readonly=True, copy=False)
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
    facts_at = fields.Datetime("Organisation Read At", readonly=True, copy=False)

    # === SETTINGS === #
    sync_invoices = fields.Boolean("Customer Invoices", default=True)
    sync_bills = fields.Boolean("Vendor Bills", default=True)
    sync_credit_notes = fields.Boolean("Customer Credit Notes", default=True)
    sync_refunds = fields.Boolean("Vendor Credit Notes", default=True)
    sync_when = fields.Selection([("posted", "When posted"), ("draft", "Drafts too")], required=True, default="posted")
    sync_from = fields.Date(
        "From Date",
        help="Documents dated from this day on are synced. Those from before the connection was made go as a history, "
        "which starts the night after (see Runs). Empty: documents made since the company was connected. Older ones go "
        "when somebody clicks Sync to Xero, or starts a history.",
    )
    connected_at = fields.Datetime("Connected Since", readonly=True, copy=False)
    contact_policy = fields.Selection(
        [("used", "Contacts of synced documents"), ("ranked", "Every new customer and vendor")],
        required=True,
        default="ranked",
    )
    excluded_journal_ids = fields.Many2many("account.journal", string="Journals Left Out", check_company=True)
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

    # === LIMITS AND HEALTH: written by workers, with SQL, in transactions of their own === #
    paused_until = fields.Datetime(readonly=True, copy=False)
    pause_reason = fields.Text(readonly=True, copy=False)
    pause_count = fields.Integer(readonly=True, copy=False)
    minute_remaining = fields.Integer("Calls Left This Minute", readonly=True, copy=False)
    day_remaining = fields.Integer("Calls Left Today", readonly=True, copy=False)
    day_limit = fields.Integer("Calls per Day", readonly=True, copy=False)
    limits_at = fields.Datetime("Limits Seen At", readonly=True, copy=False)
    clock_offset = fields.Float(readonly=True, copy=False, help="Seconds Xero's clock is ahead of ours.")
    database_uuid = fields.Char(readonly=True, copy=False)
    job_pending_count = fields.Integer("Waiting", compute="_compute_job_counts")
    job_failed_count = fields.Integer("Failed", compute="_compute_job_counts")

    _tenant_unique = models.UniqueIndex(
        "(tenant_id) WHERE active AND tenant_id IS NOT NULL AND state != 'disconnected'",
        "This Xero organisation is already connected to another company.",
    )
    _company_unique = models.UniqueIndex("(company_id) WHERE active", "This company already has a Xero connection.")
    _reserve_range = models.Constraint(
        "CHECK(day_reserve_percent BETWEEN 0 AND 90)",
        "The share of calls kept for people must lie between 0 and 90 percent.",
    )

    # === COMPUTE === #

    @api.depends("tenant_name", "company_id.name")
    def _compute_name(self):
        for connection in self:
            connection.name = connection.tenant_name or self.env._("Xero of %s", connection.company_id.name)

    @api.depends("currency_code", "country_code", "company_id.currency_id", "company_id.country_id")
    def _compute_warning(self):
        for connection in self:
            connection.warning = (
                "\n".join(
                    connection._mismatches(
                        {
                            "BaseCurrency": connection.currency_code,
                            "CountryCode": connection.country_code,
                        }
                    )
                )
                or False
            )

    def _mismatches(self, organisation: dict) -> list[str]:
        """Return what speaks against linking ``organisation`` (Xero's element) to the company, as sentences."""
        company, found = self.company_id, []
        currency, country = organisation.get("BaseCurrency"), organisation.get("CountryCode")
        if currency and currency != company.currency_id.name:
            found.append(
                self.env._(
                    "The organisation keeps its books in %(xero)s, %(company)s in %(odoo)s. Documents "
                    "cannot agree to the cent.",
                    xero=currency,
                    company=company.name,
                    odoo=company.currency_id.name,
                )
            )
        if country and company.country_id and country != company.country_id.code:
            found.append(
                self.env._(
                    "The organisation is in %(xero)s, %(company)s in %(odoo)s: check that it is the right one.",
                    xero=country,
                    company=company.name,
                    odoo=company.country_id.code,
                )
            )
        return found

    def _compute_job_counts(self):
        groups = self.env["xero.sync.job"]._read_group(
            [("connection_id", "in", self.ids), ("state", "in", ("pending", "running", "blocked", "failed", "dead"))],
            ["connection_id", "state"],
            ["__count"],
        )
        counts = {(connection.id, state): count for connection, state, count in groups}
        for connection in self:
            connection.job_pending_count = sum(
                counts.get((connection.id, state), 0) for state in ("pending", "running", "blocked")
            )
            connection.job_failed_count = sum(counts.get((connection.id, state), 0) for state in ("failed", "dead"))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        connections = super().create(vals_list)
        self.env["xero.lane"].sudo().create([{"connection_id": connection.id} for connection in connections])
        self.env.registry.clear_cache()
        return connections

    def write(self, vals):
        result = super().write(vals)
        if not SCOPE_FIELDS.isdisjoint(vals):
            self.env.registry.clear_cache()
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
                    [("connection_id", "=", connection.id), "!", ("company_id", "child_of", connection.company_id.id)],
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
                        app=connection.credential_id.name,
                        owner=owner.name,
                        company=connection.company_id.name,
                    )
                )

    # === SCOPE === #

    @api.model
    @tools.ormcache("company_id")
    def _scope(self, company_id: int) -> Scope | None:
        """Return what is synced for a company, from its own connection or the nearest parent's; ``None`` without
        one.
        """
        ancestors = self.env["res.company"].sudo().browse(company_id).parent_ids
        # What is kept for all callers must not depend on the context of the first.
        connections = self.sudo().with_context(active_test=True).search(
            [
                ("company_id", "in", ancestors.ids),
                ("tenant_id", "!=", False),
                ("state", "in", GATHERING_STATES),
            ]
        )
        nearest = max(connections, key=lambda connection: len(connection.company_id.parent_ids), default=None)
        if nearest is None:
            return None
        return Scope(
            nearest.id,
            nearest.company_id.id,
            frozenset(kind for kind, setting in MOVE_TYPE_SETTINGS.items() if nearest[setting]),
            nearest.sync_when == "draft",
            nearest.sync_from or None,
            nearest.connected_at or nearest.create_date,
            frozenset(nearest.excluded_journal_ids.ids),
            nearest.contact_policy == "ranked",
        )

    def _sync_start(self):
        """Return the first day that is synced without being asked for."""
        self.ensure_one()
        return self.sync_from or (self.connected_at or self.create_date).date()

    @api.model
    def _for_company(self, company):
        """Return the connection that serves ``company``, its own or the nearest parent's; empty without one."""
        scope = self._scope(company.id)
        return self.sudo().browse(scope.connection_id if scope else [])

    @api.model
    def _any_for_company(self, company):
        """Return the connection whose links concern ``company``, even one that is cut off; empty without one."""
        return self.sudo().browse(self._any_id_for_company(company.id) or [])

    @api.model
    @tools.ormcache("company_id")
    def _any_id_for_company(self, company_id: int) -> int | None:
        ancestors = self.env["res.company"].sudo().browse(company_id).parent_ids
        connections = self.sudo().with_context(active_test=True).search([("company_id", "in", ancestors.ids)])
        return max(connections, key=lambda connection: len(connection.company_id.parent_ids), default=self).id

    # === ACTIONS === #

    def _reason_of_waiting(self) -> str | None:
        """Return what keeps the queue of this organisation from moving, in words; ``None`` when nothing does."""
        if self.state == "reauth":
            return self.env._("Xero has to be reconnected by an administrator. The document waits and is sent then.")
        if self.state == "disconnected":
            return self.env._("The company is disconnected from Xero. The document waits until it is connected again.")
        return self.pause_reason if self.paused_until and self.paused_until > fields.Datetime.now() else None

    def action_open_jobs(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job")
        return {**action, "domain": [("connection_id", "=", self.id)], "context": {"search_default_open": 1}}

    def action_preview_queue(self):
        """Show what the workers would do next; nothing is sent."""
        self.ensure_one()
        self.check_access("read")
        return self.env["xero.preview"]._open_for_queue(self.sudo())

    def action_resume(self):
        """Lift a pause now, for a person who knows that Xero answers again."""
        self.check_access("write")
        self.env.cr.execute(
            "UPDATE xero_connection SET paused_until = NULL, pause_reason = NULL, pause_count = 0 WHERE id = ANY(%s)",
            [self.ids],
        )
        self.invalidate_recordset(["paused_until", "pause_reason", "pause_count"])
        self.env["xero.sync.runner"]._wake(self.ids)

    # === GUARD === #

    def _may_send(self) -> bool:
        """Whether a worker may call Xero for this connection now. A copied database never may."""
        if not self or not self.active or self.state != "connected":
            return False
        if self.paused_until and self.paused_until > fields.Datetime.now():
            return False
        return self._is_own_database()

    def _is_own_database(self) -> bool:
        own = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        if self.database_uuid == own:
            return True
        _logger.info("Connection %s was made by another database: nothing is sent", self.id)
        self.sudo().write(
            {
                "state": "reauth",
                "reason": self.env._("This database is a copy. Connect again if this copy is to work with Xero."),
            }
        )
        self.env.cr.commit()
        return False
