import logging
from collections import namedtuple
from datetime import datetime, timedelta

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...mappers.text import named
from ...xero_api import errors
from . import credential_secrets as xero_secrets
from . import database as xero_database
from . import gate as xero_gate

_logger = logging.getLogger(__name__)

MOVE_TYPE_SETTINGS = {
    "out_invoice": "sync_invoices",
    "out_receipt": "sync_invoices",
    "in_invoice": "sync_bills",
    "in_receipt": "sync_bills",
    "out_refund": "sync_credit_notes",
    "in_refund": "sync_refunds",
}
# What enqueueing needs to know, in one cached value, so that posting a document asks the database nothing. `off` has
# the Xero types whose switch is off.
Scope = namedtuple(
    "Scope", "connection_id company_id move_types drafts sync_from connected_at excluded_journals ranked_contacts off"
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
# Values of the setting for applied credits that have Odoo's credits go to Xero.
SENT_WAYS = ("both", "odoo_to_xero")
# Jobs keep gathering while a consent is renewed or the connection is held; they leave only when it is connected.
GATHERING_STATES = ("connected", "reauth", "held")
# How far Xero's clock may be from ours before we believe our own.
CLOCK_LIMIT = timedelta(days=1)
HELD_PROBE = timedelta(hours=1)
FALSE_MARKS_NOTED_EVERY = timedelta(hours=1)


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
    pause_reason = fields.Text(readonly=True, copy=False)
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
            connection.name = connection.tenant_name or self.env._("Xero of %s", named(connection.company_id.name))

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
                    company=named(company.name),
                    odoo=company.currency_id.name,
                )
            )
        if country and company.country_id and country != company.country_id.code:
            found.append(
                self.env._(
                    "The organisation is in %(xero)s, %(company)s in %(odoo)s: check that it is the right one.",
                    xero=country,
                    company=named(company.name),
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
        released = self.filtered("hold_until_matched") if vals.get("hold_until_matched") is False else self.browse()
        result = super().write(vals)
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
            frozenset(xero_type for xero_type, switch in self._switches().items() if not nearest[switch]),
        )

    @api.model
    def _switches(self) -> dict:
        """Return ``{Xero type: field of the connection that switches it on}`` of the types that have such a field."""
        return {mapper._xero_type: mapper._switch for mapper in self.env["xero.mapper"]._all() if mapper._switch}

    def _xero_lock_date(self):
        """Return the later of Xero's lock dates; ``None`` without one."""
        return max(filter(None, (self.period_lock_date, self.year_lock_date)), default=None)

    def _sync_start(self):
        """Return the first day that is synced without being asked for."""
        self.ensure_one()
        return self.sync_from or (self.connected_at or self.create_date).date()

    def _documents_domain(self) -> Domain:
        """Return which documents are of the companies, kinds, journals and days that are synced, as the sweep takes
        them.
        """
        start = self._sync_start()
        days = Domain("invoice_date", ">=", start) | (Domain("invoice_date", "=", False) & Domain("date", ">=", start))
        if not self.sync_from:
            days |= Domain("create_date", ">=", self.connected_at or self.create_date)
        served = self.env["xero.sync.runner"].sudo()._served_companies(self)
        return days & Domain(
            [
                ("state", "=", "posted"),
                ("company_id", "in", served.ids),
                ("move_type", "in", [kind for kind, setting in MOVE_TYPE_SETTINGS.items() if self[setting]]),
                ("journal_id", "not in", self.excluded_journal_ids.ids),
            ]
        )

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

    @api.model
    @tools.ormcache("company_id")
    def _sends_credits(self, company_id: int) -> bool:
        """Whether credits that are reconciled in the company's books are applied in Xero."""
        company = self.env["res.company"].browse(company_id)
        return self._for_company(company).credit_direction in SENT_WAYS

    # === WAITING === #

    def _is_unmatched(self) -> bool:
        """Whether what existed before has to stay: nobody has matched it yet, nor said that it goes unmatched."""
        self.ensure_one()
        return self.hold_until_matched or any(
            hook._is_undecided(self) for hook in self.env["xero.connection.hook"]._all()
        )

    def _reason_of_waiting(self) -> str | None:
        """Return what keeps the queue of this organisation from moving, in words; ``None`` when nothing does."""
        if self.state == "reauth":
            return self.env._("Xero has to be reconnected by an administrator. The document waits and is sent then.")
        if self.state == "held":
            return self.env._(
                "The connection is on hold: this database may be a copy or a restored backup. A Xero administrator has "
                "to find out. The document waits, nothing is lost."
            )
        if self.state == "disconnected":
            return self.env._("The company is disconnected from Xero. The document waits until it is connected again.")
        is_paused = self.paused_until and self.paused_until > fields.Datetime.now()
        reason = self.pause_reason if is_paused else None
        if reason or not self.hold_until_matched:
            return reason
        return self.env._(
            "It waits until the records that Odoo and Xero both have are matched. An administrator matches them, or "
            "ends the wait, under Xero > Configuration > Set Up."
        )

    # === CLOCK === #

    def _xero_now(self, told: datetime | None = None) -> datetime:
        """Return the time by Xero's clock, naive UTC.

        :param told: by the answer in hand; without it ours counts, corrected by how far Xero's was ahead last. A clock
            that is a day off is no clock: then ours counts as it is.
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
        """
        self.ensure_one()
        if not self.active or self.state not in GATHERING_STATES or not self.tenant_id:
            return errors.Barred("state", self.env._("%s is not connected to Xero.", named(self.name)))
        held = self._held()
        if held and held.state not in xero_gate.AT_WORK:
            return errors.Barred("held", held.reason)
        return self._other_database() or xero_secrets.why_unreadable(self.credential_id)

    def _why_barred(self) -> str | None:
        """Return in words what forbids every call to Xero for this connection, ``None`` when nothing does."""
        barred = self._barrier()
        return str(barred) if barred else None

    # === HOLD === #

    def _hold(self, kind: str, reason: str) -> None:
        """Stop all work on the organisations at once, until a person has found out what this database is.

        It is committed at once, whatever becomes of the caller's transaction; the next call to Xero is refused already.

        :param kind: ``copy``, ``moved`` or ``ahead``
        :param reason: what was seen, in a sentence for people
        """
        # What the caller has written must not come after it.
        self.flush_recordset(["state", "reason"])
        for connection in self:
            with connection.env.registry.cursor() as cr:
                own = connection.with_env(api.Environment(cr, SUPERUSER_ID, {}))
                own.env["xero.recovery"]._open(own, kind, reason)
                own.env.flush_all()
                cr.commit()
        self.invalidate_recordset(["state", "reason"], flush=False)

    def _found_ahead(self, xero_type: str, elements: list[dict]) -> None:
        """Elements of Xero bear our own signature for records that this database never had, or has otherwise: it is
        older than what it sent, such as a restored backup.
        """
        _logger.info("Xero holds %s %s that this database does not know it sent", len(elements), xero_type)
        self._note_false_marks()
        self._hold(
            "ahead",
            self.env._(
                "%(count)s elements of Xero (%(type)s) carry the signature of this server for records that this "
                "database does not have, or has otherwise: it is older than what it sent, such as a restored backup.",
                count=len(elements),
                type=xero_type,
            ),
        )

    def _note_false_marks(self) -> None:
        """Remember when there were some, to the hour: a stranger can make a thousand."""
        now = fields.Datetime.now()
        if not self.sudo().false_marks_at or self.sudo().false_marks_at < now - FALSE_MARKS_NOTED_EVERY:
            self.sudo().false_marks_at = now

    def _hold_other_database(self) -> None:
        """Hold those that another database worked with last, though nothing is to be sent at present."""
        for connection in self.filtered(lambda one: one.state in GATHERING_STATES and not one._held()):
            if other := connection._other_database():
                connection._hold(other.kind, str(other))

    def _show_hold(self, recovery) -> None:
        """Let the state say that it is held. Where a worker is writing the row it does so itself, when it ends."""
        free = self.try_lock_for_update(allow_referencing=True)
        if free.state in GATHERING_STATES:
            free.write({"state": "held", "reason": recovery.reason})

    def _held(self):
        """Return the open recovery that holds this connection; empty when none does."""
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

    def _database_values(self) -> dict:
        """Return the columns that name this database as the one that works with Xero."""
        return {
            "database_uuid": xero_database.uuid(self.env),
            "database_print": xero_database.fingerprint(self.env.cr),
        }

    def _take_database(self) -> None:
        """Let this database be the one that works with the organisation: a person said so."""
        self.write({**self._database_values(), "state": "held"})
        xero_gate.claim(self.credential_id)

    def _lift_hold(self) -> None:
        """Let the workers go on, in this database and no other."""
        self.write({"state": "connected", "reason": False, "server_start": xero_database.start(self.env.cr)})
        self.env["xero.sync.runner"]._wake(self.ids)

    def action_recover(self):
        """Open the way out of a hold, or the question what this database is."""
        self._check_administrator()
        self.ensure_one()
        if not self._held() and (other := self._other_database()):
            self.sudo()._hold(other.kind, str(other))
        recovery = self._held()
        if not recovery:
            raise UserError(self.env._("Nothing is on hold: this database works with %s.", named(self.name)))
        return recovery.with_env(self.env)._get_records_action(name=self.env._("What Is This Database?"))
