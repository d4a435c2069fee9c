import logging
import secrets
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...xero_api import errors, oauth
from ..link.access import SYSTEM_ADMINISTRATOR, check_role
from ..link.reason import ReasonText
from . import credential_secrets as xero_secrets
from . import gate as xero_gate
from . import vault as xero_vault

_logger = logging.getLogger(__name__)

SECRET_FIELDS = ("client_secret", "webhook_key")


class Address(NamedTuple):
    """Where Xero delivers the webhooks of one app."""

    credential: int
    others: tuple[int, ...]
    """Credentials of the same app that have a key too."""


class XeroCredential(models.Model):
    """One Xero app and one consent. Its tokens serve every organisation of that consent.

    Secrets live in the column ``vault``, which is no field: nothing that goes through the ORM can read it. What opens
    it are functions (``xero_secrets``, ``xero_gate``): templates and server actions reach every method of a record.
    """

    _name = "xero.credential"
    _description = "Xero Credential"
    _inherit = ["xero.company.guard", "mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, default=lambda self: self.env._("Xero app"))
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Leave empty to use this app for every company.")
    grant_type = fields.Selection(
        [("authorization_code", "Web app"), ("client_credentials", "Custom connection")],
        "Kind of App",
        required=True,
        default="authorization_code",
        help="A web app asks a person for consent in Xero. A custom connection belongs to one organisation and needs "
        "no consent.",
    )
    client_id = fields.Char("Client ID", required=True)
    client_secret = fields.Char(
        compute="_compute_write_only",
        inverse="_inverse_client_secret",
        exportable=False,
        copy=False,
        help="Stored encrypted. It can be replaced here but never shown again.",
    )
    client_secret_set = fields.Boolean("Client Secret Stored", readonly=True, copy=False)
    webhook_key = fields.Char(
        compute="_compute_write_only",
        inverse="_inverse_webhook_key",
        exportable=False,
        copy=False,
        help="The signing key Xero shows beside the webhook. Stored encrypted and never shown again.",
    )
    webhook_key_set = fields.Boolean("Webhook Key Stored", readonly=True, copy=False)
    webhook_token = fields.Char(
        readonly=True,
        copy=False,
        groups="xero_connector.group_xero_manager",
        default=lambda self: secrets.token_urlsafe(24),
        help="The part of the delivery address that nobody can guess.",
    )
    webhook_url = fields.Char(
        "Webhook Delivery URL", compute="_compute_webhook_url", groups="xero_connector.group_xero_manager"
    )
    webhook_seen_at = fields.Datetime("Last Delivery", readonly=True, copy=False)
    webhook_refused_at = fields.Datetime("Last Refused Delivery", readonly=True, copy=False)
    webhook_refused_count = fields.Integer("Refused Deliveries", readonly=True, copy=False)
    webhook_odd_count = fields.Integer(
        "Unreadable Events", readonly=True, copy=False, help="Rightly signed events that say nothing of a record."
    )
    requested_scopes = fields.Text(required=True, default=lambda self: " ".join(oauth.DEFAULT_SCOPES))
    scopes = fields.Char("Granted Scopes", readonly=True, copy=False)
    redirect_uri = fields.Char("Redirect URI", compute="_compute_redirect_uri")
    state = fields.Selection(
        [("new", "Not authorised"), ("authorised", "Authorised"), ("reauth", "Reconnect needed")],
        "Status",
        required=True,
        default="new",
        readonly=True,
        copy=False,
    )
    reason = ReasonText(readonly=True, copy=False)
    access_expires_at = fields.Datetime("Access Token Ends", readonly=True, copy=False)
    refresh_expires_at = fields.Datetime("Consent Ends", readonly=True, copy=False)
    accepts_narrower = fields.Boolean(
        "Accept a Consent That Reaches Less",
        copy=False,
        groups="base.group_system",
        help="The next consent takes effect though it does not reach the organisations of other companies that use "
        "this app: those have to be connected again. It is valid for one consent.",
    )
    connection_ids = fields.One2many("xero.connection", "credential_id")
    key_state = fields.Selection(
        [
            ("none", "No secrets"),
            ("current", "Sealed with the newest key"),
            ("old", "Sealed with an older key"),
            ("foreign", "Sealed with a key that this server does not have"),
        ],
        "Sealed Secrets",
        compute="_compute_key_state",
        exportable=False,
    )
    key_progress = fields.Char("Keys", compute="_compute_key_progress", exportable=False)

    def init(self):
        self.env.cr.execute("ALTER TABLE xero_credential ADD COLUMN IF NOT EXISTS vault text")
        self._init_webhook_tokens()

    def _init_webhook_tokens(self):
        """Give an address to the credentials of databases that knew no webhooks."""
        self.env.cr.execute("SELECT id FROM xero_credential WHERE webhook_token IS NULL")
        for [credential_id] in self.env.cr.fetchall():
            self.env.cr.execute(
                "UPDATE xero_credential SET webhook_token = %s WHERE id = %s",
                [secrets.token_urlsafe(24), credential_id],
            )
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS xero_credential_webhook_token_key ON xero_credential (webhook_token)"
        )

    def _register_hook(self):
        """Extend: say at the start what is wrong with the server's options."""
        super()._register_hook()
        xero_gate.warn_of_addresses(self.env)
        self._warn_of_keys()

    def write(self, vals):
        # Tokens are renewed all day, and allow the same as before.
        allows_another = "scopes" in vals and any(credential.scopes != vals["scopes"] for credential in self)
        result = super().write(vals)
        if allows_another or {"webhook_token", "active", "client_id"} & vals.keys():
            self.env.registry.clear_cache()
        return result

    def _scopes_to_ask(self) -> list[str]:
        """Return the permissions that a consent is asked for: those of the app, and what its connections have use for
        besides.
        """
        further = {scope for connection in self.connection_ids for scope in connection._further_scopes()}
        return list(dict.fromkeys([*self.requested_scopes.split(), *sorted(further)]))

    def _app_id(self) -> str:
        """Return the client id as Xero compares it: credentials with the same one are of the same app."""
        return (self.client_id or "").strip().lower()

    @api.constrains("company_id")
    def _check_connections(self):
        self.with_context(active_test=False).connection_ids._check_credential_company()

    # === SECRETS === #

    @api.depends_context("uid")
    def _compute_write_only(self):
        for credential in self:
            credential.client_secret = False
            credential.webhook_key = False

    def _inverse_client_secret(self):
        self._seal_field("client_secret")

    def _inverse_webhook_key(self):
        self._seal_field("webhook_key")

    def _seal_field(self, name):
        for credential in self:
            value = (credential[name] or "").strip()
            if value:
                try:
                    xero_secrets.enter(credential, {name: value})
                except errors.Barred as barred:
                    raise UserError(str(barred)) from barred
                credential.sudo()[f"{name}_set"] = True
        self.invalidate_recordset([name])
        # Whether there is a key is part of the addresses.
        self.env.registry.clear_cache()

    # === WEBHOOKS === #

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "").rstrip("/")
        for credential in self:
            credential.webhook_url = f"{base}/xero/webhook/{credential.webhook_token}"

    @api.model
    @tools.ormcache()
    def _webhook_addresses(self) -> dict:
        """Return ``{token: Address}`` of the credentials that have a key. One cached value: forged posts cost no query
        and no place in the cache."""
        keyed = self.sudo().search([("webhook_key_set", "=", True)])
        of_app = keyed.grouped(lambda row: row._app_id())
        return {
            credential.webhook_token: Address(credential.id, tuple((of_app[credential._app_id()] - credential).ids))
            for credential in keyed
        }

    # === KEYS === #

    def _compute_key_state(self):
        for credential in self:
            if not credential.id or not self._is_sealed(credential.id):
                credential.key_state = "none"
            elif not xero_secrets.can_read(credential):
                credential.key_state = "foreign"
            else:
                credential.key_state = "current" if self._is_sealed(credential.id, current=True) else "old"

    def _is_sealed(self, credential_id, current=False):
        prefix = xero_vault.current_prefix() if current else ""
        query = SQL("SELECT 1 FROM xero_credential WHERE id = %s AND starts_with(vault, %s)", credential_id, prefix)
        return bool(self.env.execute_query(query))

    def _compute_key_progress(self):
        try:
            current, every = xero_secrets.key_progress(self.env)
        except xero_vault.VaultError:
            self.key_progress = False
        else:
            self.key_progress = self.env._(
                "%(current)s of %(every)s apps are sealed with the newest key of this server.",
                current=current,
                every=every,
            )

    def _warn_of_keys(self):
        """Say in the log of a server that starts what is wrong with its keys."""
        for trouble in xero_vault.troubles():
            _logger.error("%s", trouble)
        foreign = xero_secrets.unreadable(self.env)
        if foreign:
            _logger.error(
                "The secrets of %s of the Xero apps in this database were sealed with a key that this server does not "
                "have: it leaves their work to others",
                len(foreign),
            )

    def action_reseal(self):
        """Seal the secrets of all apps with the newest key of this server, for a person who has just given it one."""
        self.check_access("write")
        self._check_system()
        try:
            xero_secrets.reseal(self.env)
        except errors.Barred as barred:
            raise UserError(str(barred)) from barred
        self.invalidate_recordset(["key_state", "key_progress"])
        return True

    def action_start_over(self):
        """Drop secrets whose key is lost, so that they can be entered anew."""
        self._check_system()
        self.check_access("write")
        for credential in self:
            try:
                xero_secrets.forget_unreadable(credential)
            except errors.Barred as barred:
                raise UserError(str(barred)) from barred
            credential.sudo().write(
                {
                    "client_secret_set": False,
                    "webhook_key_set": False,
                    "state": "new",
                    "reason": False,
                    "access_expires_at": False,
                    "refresh_expires_at": False,
                }
            )
            credential.message_post(body=self.env._("The secrets could not be read any more and were dropped."))
        return True

    def _check_system(self):
        refusal = self.env._("Only a system administrator decides about keys: they concern every company.")
        check_role(self.env, SYSTEM_ADMINISTRATOR, refusal)

    @api.autovacuum
    def _gc_old_keys(self):
        """Seal with the newest key what an older one has sealed, so that it can be taken away some day."""
        try:
            current, every = xero_secrets.key_progress(self.env)
            done = xero_secrets.reseal(self.env) if current < every else 0
        except xero_vault.VaultError:
            return None
        return done, done and every - current - done

    # === CONSENT === #

    def _compute_redirect_uri(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "").rstrip("/")
        self.redirect_uri = f"{base}/xero/oauth/callback"

    @api.model
    def _read_state(self, state: str) -> dict | None:
        """Return what a signed consent state carries, ``None`` for a forged, expired or foreign one.

        :param state: as it came with Xero's redirect
        :return: ``nonce``, and ids of ``connection``, ``credential`` and ``user``
        """
        try:
            payload = tools.verify_hash_signed(self.env(su=True), "xero_connector-consent", state or "")
        except (ValueError, IndexError):
            # Not even the shape of a signed token.
            return None
        if not payload or payload.get("user") != self.env.uid:
            return None
        return payload

    def _park(self, reason: str) -> None:
        """Stop using this consent until a person renews it; the alerts of its connections tell people, soon.

        :param reason: translated
        """
        self.write({"state": "reauth", "reason": reason})
        _logger.info("Credential %s needs a new consent", self.id)

    @api.model
    def _cron_keepalive(self):
        """Renew consents that nothing used for a while: one ends after 60 days without use, of which alerts warn."""
        now = fields.Datetime.now()
        for credential in self.search([("state", "=", "authorised"), ("grant_type", "=", "authorization_code")]):
            idle_since = credential.access_expires_at
            if idle_since and idle_since > now - timedelta(days=1):
                continue
            try:
                xero_gate.credential_token(credential)
            except errors.XeroError as error:
                _logger.info("Credential %s could not be renewed: %s", credential.id, type(error).__name__)
