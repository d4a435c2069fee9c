"""Connecting a company to an organisation: consent, choice, facts, disconnection."""

import logging
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..xero_api import dates, errors, oauth
from ..xero_api.client import XeroClient
from .xero_credential import RENEW_BEFORE
from .xero_explain import explain

_logger = logging.getLogger(__name__)

# Ledger and cashbook editions have no invoicing to push to.
FACTS_EVERY = timedelta(hours=20)
EDITIONS_WITHOUT_INVOICING = ("PARTNER", "CASHBOOK", "LEDGER")


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    # === CONNECT === #

    def action_connect(self):
        """Begin the connection.

        :return: an action: Xero's consent page, or for a custom connection what follows it
        """
        self.ensure_one()
        self._check_administrator()
        if self.credential_id.grant_type == "client_credentials":
            return self._connect_without_consent()
        return {"type": "ir.actions.act_url", "target": "self", "url": self.credential_id.sudo()._consent_url(self)}

    def _check_administrator(self):
        self._check_own_company()
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("xero_connector.group_xero_manager"):
            raise UserError(self.env._("Only a Xero administrator connects companies."))

    def _connect_without_consent(self):
        try:
            self.credential_id.sudo()._access_token()
            return self._offer_organisations()
        except errors.XeroError as error:
            raise UserError(self.env._("Xero refused the connection: %s", explain(self.env, error))) from error

    def _offer_organisations(self, auth_event_id=None):
        """Link the one organisation of a consent, or ask a person to choose by name.

        :return: the action to go on with
        """
        organisations = self.credential_id.sudo()._organisations(auth_event_id)
        if not organisations and auth_event_id:
            # A repeated consent adds nothing new: offer what the consent reaches.
            organisations = self.credential_id.sudo()._organisations()
        known = next((found for found in organisations if found["tenantId"] == self.tenant_id), None)
        if known:
            self._link_organisation(known)
            return self._get_records_action()
        free = self._free_organisations(organisations)
        if not free:
            raise errors.XeroError(
                self.env._(
                    "Xero returned no organisation that is free to connect. Tick one on the consent page, "
                    "or disconnect it from its other company first."
                )
            )
        self.write({"state": "choose"} if not self.tenant_id else {})
        if len(free) == 1 and not self.tenant_id:
            self._link_organisation(free[0])
            return self._get_records_action()
        return self._choose_action(free)

    def _free_organisations(self, organisations):
        taken = self.sudo().search([("tenant_id", "!=", False), ("state", "!=", "disconnected"), ("id", "!=", self.id)])
        return [found for found in organisations if found["tenantId"] not in taken.mapped("tenant_id")]

    def _choose_action(self, organisations):
        wizard = self.env["xero.connect.wizard"].create(
            {
                "connection_id": self.id,
                "line_ids": [
                    fields.Command.create(
                        {
                            "tenant_id": found["tenantId"],
                            "tenant_connection_id": found["id"],
                            "name": found["tenantName"],
                        }
                    )
                    for found in organisations
                ],
            }
        )
        return wizard._get_records_action(target="new", name=self.env._("Choose the Xero organisation"))

    def action_choose(self, tenant_id=None):
        """Let a person choose the organisation by its name, or link ``tenant_id`` when a program knows it already."""
        self.ensure_one()
        self._check_administrator()
        try:
            organisations = self.credential_id.sudo()._organisations()
        except errors.XeroError as error:
            raise UserError(self.env._("Xero did not name its organisations: %s", explain(self.env, error))) from error
        free = self._free_organisations(organisations)
        if not free:
            raise UserError(
                self.env._("This consent reaches no organisation that is free. Click Connect and tick one.")
            )
        if tenant_id:
            return self._link_known(free, tenant_id)
        return self._choose_action(free)

    def _link_known(self, organisations, tenant_id):
        chosen = next((found for found in organisations if found["tenantId"] == tenant_id), None)
        if not chosen:
            raise UserError(self.env._("This consent does not reach that organisation, or another company has it."))
        self._link_organisation(chosen)
        return self._get_records_action()

    def _link_organisation(self, organisation: dict) -> None:
        """Bind this company to ``organisation`` (an element of Xero's connection list) and read what it is.

        :raise UserError: its edition has no invoicing, or documents of this company are in another organisation
        """
        self.ensure_one()
        if self.tenant_id and self.tenant_id != organisation["tenantId"] and self._has_links():
            raise UserError(
                self.env._(
                    "%(company)s has documents in %(old)s. Archive this connection and make a new one for %(new)s.",
                    company=self.company_id.name,
                    old=self.tenant_name,
                    new=organisation["tenantName"],
                )
            )
        parameters = self.env["ir.config_parameter"].sudo()
        self.sudo().write(
            {
                "tenant_id": organisation["tenantId"],
                "tenant_connection_id": organisation["id"],
                "tenant_name": organisation["tenantName"],
                "database_uuid": parameters.get_param("database.uuid"),
                "state": "connected",
                "connected_at": self.connected_at or fields.Datetime.now(),
                "reason": False,
                "paused_until": False,
                "pause_reason": False,
            }
        )
        client = self.sudo()._client()
        try:
            self.sudo()._refresh_organisation(client)
            self.sudo()._refresh_reference(client)
        finally:
            client.close()
        self._resume_credential()

    def _has_links(self):
        return bool(
            self.env["xero.link"]
            .sudo()
            .search_count([("connection_id", "=", self.id), ("xero_id", "!=", False)], limit=1)
        )

    def _resume_credential(self):
        """A renewed consent serves the organisations it reaches. Another person's may not reach them all: the others
        of the credential cannot go on, and say why.
        """
        credential = self.credential_id.sudo()
        reached = {found["tenantId"] for found in credential._organisations()}
        served = credential.connection_ids.filtered(lambda connection: connection.tenant_id in reached)
        served.filtered(lambda connection: connection.state == "reauth").write({"state": "connected", "reason": False})
        self._park_unreached((credential.connection_ids - served).filtered(lambda one: one.state == "connected"))
        self.env["xero.sync.job"]._retry_permitted(self | served)
        self.env["xero.sync.runner"]._wake((self | served).ids)

    def _park_unreached(self, connections):
        for connection in connections:
            reason = self.env._(
                "The consent given for %(other)s does not reach %(name)s. Connect again as somebody in Xero who has "
                "both, or give this company a credential of its own.",
                other=self.tenant_name,
                name=connection.tenant_name,
            )
            connection.write({"state": "reauth", "reason": reason})
        if connections:
            self.env["xero.alert"].sudo()._keep_up(connections)

    # === FACTS === #

    def action_check(self):
        """Ask Xero who it is: proves the token, the organisation and the way there, and reads the facts anew."""
        self._check_administrator()
        for connection in self:
            client = connection.sudo()._client()
            try:
                connection.sudo()._refresh_organisation(client)
            except errors.XeroError as error:
                raise UserError(
                    self.env._(
                        "%(name)s does not answer: %(reason)s", name=connection.name, reason=explain(self.env, error)
                    )
                ) from error
            finally:
                client.close()
            if connection.state == "reauth":
                connection.sudo().write({"state": "connected", "reason": False})
                self.env["xero.sync.runner"]._wake(connection.ids)
            self.env["xero.sync.job"]._retry_permitted(connection)
        return self._notice(self.env._("Connected to %s.", ", ".join(self.mapped("tenant_name"))))

    def action_pull(self):
        """Read the organisation's chart of accounts, tax rates and currencies anew."""
        self._check_administrator()
        for connection in self:
            client = connection.sudo()._client()
            try:
                connection.sudo()._refresh_organisation(client)
                connection.sudo()._refresh_reference(client)
            except errors.XeroError as error:
                raise UserError(
                    self.env._(
                        "%(name)s could not be read: %(reason)s", name=connection.name, reason=explain(self.env, error)
                    )
                ) from error
            finally:
                client.close()
        return self._notice(self.env._("Accounts, taxes and currencies are up to date."))

    def _notice(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _refresh_organisation(self, client) -> None:
        """Read the organisation's facts; one call that Xero does not count as egress."""
        self.ensure_one()
        organisation = (client.get("Organisation").data.get("Organisations") or [{}])[0]
        if (
            organisation.get("Edition") in EDITIONS_WITHOUT_INVOICING
            or organisation.get("Version") in EDITIONS_WITHOUT_INVOICING
        ):
            raise UserError(
                self.env._("%s is a ledger or cashbook edition: it has no invoices to sync.", organisation.get("Name"))
            )
        self.write(self._organisation_values(organisation))

    @api.model
    def _organisation_values(self, organisation: dict) -> dict:
        lock, year_lock = (dates.parse_xero(organisation.get(name)) for name in ("PeriodLockDate", "EndOfYearLockDate"))
        return {
            "tenant_name": organisation.get("Name") or self.tenant_name,
            "currency_code": organisation.get("BaseCurrency"),
            "country_code": organisation.get("CountryCode"),
            "short_code": organisation.get("ShortCode"),
            "edition": organisation.get("Edition"),
            "organisation_class": organisation.get("Class"),
            "timezone": organisation.get("Timezone"),
            "is_demo_company": bool(organisation.get("IsDemoCompany")),
            "period_lock_date": lock and lock.date(),
            "year_lock_date": year_lock and year_lock.date(),
            "tax_basis": organisation.get("SalesTaxBasis"),
            "facts_at": fields.Datetime.now(),
        }

    # === CLIENT === #

    def _client(self, on_call=None) -> XeroClient:
        """Return a fresh client for this organisation; the caller closes it."""
        self.ensure_one()
        credential, held = self.credential_id, {}

        def access_token(force: bool) -> str:
            if force or not held or held["until"] <= fields.Datetime.now():
                token, expires_at = credential._access_token(stale=held.get("token") if force else None)
                held.update(token=token, until=self._use_until(expires_at))
            return held["token"]

        return XeroClient(
            credential._endpoints(),
            self.tenant_id or "",
            access_token,
            on_call=on_call,
            correlation_id=str(uuid.uuid4()),
        )

    @api.model
    def _use_until(self, expires_at):
        """Return when to look for a renewed token again: when the credential itself would renew it."""
        return expires_at - RENEW_BEFORE

    # === DISCONNECT === #

    def action_disconnect(self):
        """End the connection in Xero too. Links stay, so that reconnecting sends nothing twice."""
        self._check_administrator()
        for connection in self:
            connection._disconnect()

    def _disconnect(self):
        credential = self.credential_id.sudo()
        others = (credential.connection_ids - self).filtered(
            lambda connection: connection.state in ("connected", "reauth")
        )
        try:
            if credential.grant_type == "authorization_code":
                token, _expires_at = credential._access_token()
                if self.tenant_connection_id:
                    oauth.delete_connection(credential._endpoints(), token, self.tenant_connection_id)
                if not others:
                    credential._forget()
        except errors.ReauthRequired:
            _logger.info("Connection %s was already cut off in Xero", self.id)
        except errors.XeroError as error:
            raise UserError(self.env._("Xero could not be told: %s Try again.", explain(self.env, error))) from error
        self.sudo().write({"state": "disconnected", "reason": False, "tenant_connection_id": False})
