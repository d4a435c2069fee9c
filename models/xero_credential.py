import logging
import secrets
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..xero_api import errors, oauth
from ..xero_api.endpoints import Endpoints
from . import xero_vault
from .xero_explain import explain

_logger = logging.getLogger(__name__)

# Access tokens live 30 minutes. Renewing with a third of that left keeps a slow batch from meeting an expiry.
RENEW_BEFORE = timedelta(minutes=10)
# Refresh tokens live 60 days from their last use.
CONSENT_LIFETIME = timedelta(minutes=15)
SECRET_FIELDS = ("client_secret", "webhook_key")


class XeroCredential(models.Model):
    """One Xero app and one consent. Its tokens serve every organisation of that consent.

    Secrets live in the column ``vault``, which is no field: nothing that goes through the ORM can read it.
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
    requested_scopes = fields.Text(required=True, default=lambda self: " ".join(oauth.DEFAULT_SCOPES))
    scopes = fields.Char("Granted Scopes", readonly=True, copy=False)
    redirect_uri = fields.Char("Redirect URI", compute="_compute_redirect_uri")
    state = fields.Selection(
        [("new", "Not authorised"), ("authorised", "Authorised"), ("reauth", "Reconnect needed")],
        required=True,
        default="new",
        readonly=True,
        copy=False,
    )
    reason = fields.Text(readonly=True, copy=False)
    access_expires_at = fields.Datetime("Access Token Ends", readonly=True, copy=False)
    refresh_expires_at = fields.Datetime("Consent Ends", readonly=True, copy=False)
    connection_ids = fields.One2many("xero.connection", "credential_id")

    def init(self):
        self.env.cr.execute("ALTER TABLE xero_credential ADD COLUMN IF NOT EXISTS vault text")

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
                credential._vault_update({name: value})
                credential[f"{name}_set"] = True
        self.invalidate_recordset([name])

    def _vault(self, lock: bool = False) -> dict:
        """Return the decrypted secrets; with ``lock`` the row stays locked until the end of the transaction."""
        self.ensure_one()
        query = SQL(
            "SELECT vault FROM xero_credential WHERE id = %s %s", self.id, SQL("FOR NO KEY UPDATE") if lock else SQL()
        )
        # Losing the race for the row is part of the plan, nothing to log.
        self.env.cr.execute(query, log_exceptions=False)
        row = self.env.cr.fetchone()
        try:
            return xero_vault.unseal(row[0] if row else None)
        except xero_vault.VaultError as error:
            raise errors.ReauthRequired(
                message=self.env._(
                    "The secrets of %(name)s were stored with another server's key. Enter them again and reconnect.",
                    name=self.name,
                )
            ) from error

    def _vault_update(self, values: dict) -> None:
        """Store ``values`` over the present secrets; ``None`` removes one."""
        self.flush_recordset()
        try:
            stored = self._vault(lock=True)
        except errors.ReauthRequired:
            stored = {}
        stored = {key: value for key, value in {**stored, **values}.items() if value is not None}
        self.env.cr.execute(
            SQL("UPDATE xero_credential SET vault = %s WHERE id = %s", xero_vault.seal(stored), self.id)
        )

    # === CONSENT === #

    def _compute_redirect_uri(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "").rstrip("/")
        self.redirect_uri = f"{base}/xero/oauth/callback"

    @api.model
    def _endpoints(self) -> Endpoints:
        """Return the base addresses of Xero, Xero's own unless a system parameter says otherwise."""
        parameters = self.env["ir.config_parameter"].sudo()
        chosen = {
            name: parameters.get_param(f"xero_connector.{name}") for name in ("login_url", "identity_url", "api_url")
        }
        try:
            return Endpoints(**{name: value for name, value in chosen.items() if value})
        except ValueError as error:
            raise UserError(
                self.env._("A system parameter xero_connector.*_url holds no web address: %s", error)
            ) from error

    def _consent_url(self, connection) -> str:
        """Return the address of Xero's consent page for ``connection``.

        The state is signed, expires and is good for one use by the present user; the PKCE verifier stays here.
        """
        self.ensure_one()
        if not self.client_secret_set:
            raise UserError(self.env._("Enter the client secret of %(name)s first.", name=self.name))
        verifier, challenge = oauth.pkce_pair()
        nonce = secrets.token_urlsafe(16)
        self._vault_update({"consent": {"nonce": nonce, "verifier": verifier}})
        payload = {"nonce": nonce, "connection": connection.id, "credential": self.id, "user": self.env.uid}
        state = tools.hash_sign(self.env(su=True), "xero_connector-consent", payload, expiration=CONSENT_LIFETIME)
        return oauth.authorize_url(
            self._endpoints(),
            self.client_id,
            self.redirect_uri,
            self.requested_scopes.split(),
            state,
            challenge,
        )

    @api.model
    def _read_state(self, state: str) -> dict | None:
        """Return what a signed consent state carries, ``None`` for a forged, expired or foreign one."""
        try:
            payload = tools.verify_hash_signed(self.env(su=True), "xero_connector-consent", state or "")
        except (ValueError, IndexError):
            # Not even the shape of a signed token.
            return None
        if not payload or payload.get("user") != self.env.uid:
            return None
        return payload

    def _complete_consent(self, code: str, nonce: str) -> str | None:
        """Exchange ``code`` for tokens, stored in their own committed transaction.

        :return: the authentication event of this consent, which filters the organisations it added
        :raise XeroError: Xero refused, or the state was used before
        """
        self.ensure_one()
        with self.env.registry.cursor() as cr:
            own = self.with_env(self.env(cr=cr, su=True))
            vault = own._vault(lock=True)
            consent = vault.get("consent") or {}
            if not consent or not secrets.compare_digest(consent["nonce"], nonce):
                raise errors.XeroError(
                    self.env._("This consent was already used or a newer one was begun. Click Connect again.")
                )
            own._vault_update({"consent": None})
            cr.commit()
            tokens = oauth.exchange_code(
                own._endpoints(),
                own.client_id,
                vault["client_secret"],
                code,
                own.redirect_uri,
                consent["verifier"],
            )
            own._store_tokens(tokens)
            cr.commit()
        self.invalidate_recordset()
        return tokens.auth_event_id

    def _store_tokens(self, tokens) -> None:
        """Write renewed tokens; connections that waited for them go on."""
        self._vault_update(
            {
                "access_token": tokens.access_token,
                "refresh_token": tokens.refresh_token,
                "expires_at": fields.Datetime.to_string(tokens.expires_at),
            }
        )
        values = {
            "access_expires_at": tokens.expires_at,
            "refresh_expires_at": tokens.refresh_expires_at,
        }
        if tokens.scopes:
            values["scopes"] = " ".join(sorted(tokens.scopes))
        if self.state != "authorised":
            values.update(state="authorised", reason=False)
        self.write(values)

    # === ACCESS TOKEN === #

    def _access_token(self, stale: str | None = None) -> tuple[str, object]:
        """Return ``(access token, its end in UTC)``, renewed when little of its life is left.

        :param stale: a token that Xero has just refused; renewed even when its time is not over
        :raise ReauthRequired: a person must consent again; the credential is parked and an administrator told
        :raise Unavailable: Xero's identity server does not answer; the stored refresh token stays good
        """
        self.ensure_one()
        for _attempt in range(5):
            with self.env.registry.cursor() as cr:
                own = self.with_env(self.env(cr=cr, su=True))
                own._check_not_parked()
                try:
                    return own._live_token(stale) or own._renew(stale)
                except SerializationFailure:
                    # Another worker renewed while we waited for the row: a new transaction sees its token.
                    cr.rollback()
        raise errors.Unavailable(self.env._("The token of %(name)s is being renewed by others.", name=self.name))

    def _live_token(self, stale, lock=False):
        vault = self._vault(lock)
        token, expires_at = vault.get("access_token"), fields.Datetime.to_datetime(vault.get("expires_at"))
        if token and token != stale and expires_at and expires_at - RENEW_BEFORE > fields.Datetime.now():
            return token, expires_at
        return None

    def _check_not_parked(self):
        if self.state == "reauth":
            raise errors.ReauthRequired(message=self.reason or self.env._("Reconnect to Xero."))

    def _renew(self, stale):
        """Renew under the row lock, so that one worker asks and the others find the answer."""
        renewed = self._live_token(stale, lock=True)
        if renewed:
            return renewed
        self._check_not_parked()
        try:
            tokens = self._request_tokens(self._vault())
        except (errors.ReauthRequired, errors.AppMisconfigured) as error:
            self._park(explain(self.env, error))
            self.env.cr.commit()
            raise
        self._store_tokens(tokens)
        self.env.cr.commit()
        _logger.info("Renewed the access token of credential %s", self.id)
        return tokens.access_token, tokens.expires_at

    def _request_tokens(self, vault):
        if self.grant_type == "client_credentials":
            return oauth.client_credentials(
                self._endpoints(),
                self.client_id,
                vault.get("client_secret"),
                self.requested_scopes.split(),
            )
        if not vault.get("refresh_token"):
            raise errors.ReauthRequired(
                message=self.env._("Nobody has connected %(name)s to Xero yet.", name=self.name)
            )
        return oauth.refresh(self._endpoints(), self.client_id, vault.get("client_secret"), vault["refresh_token"])

    def _park(self, reason: str) -> None:
        """Stop using this consent until a person renews it; the alerts of its connections tell people, soon."""
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
                credential._access_token()
            except errors.XeroError as error:
                _logger.info("Credential %s could not be renewed: %s", credential.id, type(error).__name__)

    # === ORGANISATIONS === #

    def _organisations(self, auth_event_id: str | None = None) -> list[dict]:
        """Return the organisations this consent reaches: ``id``, ``tenantId``, ``tenantName`` of each."""
        token, _expires_at = self._access_token()
        return oauth.list_connections(self._endpoints(), token, auth_event_id)

    def _forget(self) -> None:
        """Drop every token and the consent at Xero; the client id and secret stay."""
        vault = self._vault()
        if vault.get("refresh_token"):
            oauth.revoke(self._endpoints(), self.client_id, vault.get("client_secret"), vault["refresh_token"])
        self._vault_update({"access_token": None, "refresh_token": None, "expires_at": None, "consent": None})
        self.write(
            {"state": "new", "reason": False, "scopes": False, "access_expires_at": False, "refresh_expires_at": False}
        )
