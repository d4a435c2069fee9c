"""Connecting a company to an organisation: consent, choice, facts, disconnection."""

import logging
from contextlib import closing
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ...xero_api import dates, errors, shape
from ...xero_api.elements import rows
from ..link.explain import explain
from . import database as xero_database
from . import gate as xero_gate
from .xero_connection import GATHERING_STATES

_logger = logging.getLogger(__name__)

# Ledger and cashbook editions have no invoicing to push to.
FACTS_EVERY = timedelta(hours=20)
# Where each fact comes from.
FACTS = {
    "tenant_name": "Name",
    "currency_code": "BaseCurrency",
    "country_code": "CountryCode",
    "short_code": "ShortCode",
    "edition": "Edition",
    "organisation_class": "Class",
    "timezone": "Timezone",
    "is_demo_company": "IsDemoCompany",
    "period_lock_date": "PeriodLockDate",
    "year_lock_date": "EndOfYearLockDate",
    "tax_basis": "SalesTaxBasis",
}
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
        held = self._held()
        if held.state == "ask" or not held and self.tenant_id and self._other_database():
            # Whoever connects makes this database the real one: what becomes of the other is asked first.
            return self.action_recover()
        if self.credential_id.grant_type == "client_credentials":
            return self._connect_without_consent()
        try:
            url = xero_gate.consent_url(self)
        except errors.Barred as barred:
            raise UserError(str(barred)) from barred
        return {"type": "ir.actions.act_url", "target": "self", "url": url}

    def _check_administrator(self):
        self._check_own_company()
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("xero_connector.group_xero_manager"):
            raise UserError(self.env._("Only a Xero administrator connects companies."))

    def _connect_without_consent(self):
        try:
            xero_gate.credential_token(self.credential_id.sudo(), claim=True)
            action = self._offer_organisations()
        except errors.XeroError as error:
            raise UserError(self.env._("Xero refused the connection: %s", explain(self.env, error))) from error
        # A custom connection is linked at once.
        return self._after_connecting() if action.get("res_model") == self._name else action

    def _after_connecting(self):
        """Return the action that goes on after a consent: the next step of a room that has one, else this form."""
        self.ensure_one()
        steps = (hook._next_step(self) for hook in self.env["xero.connection.hook"]._all())
        return next(filter(None, steps), None) or self._get_records_action()

    def _offer_organisations(self, auth_event_id=None):
        """Link the one organisation of a consent, or ask a person to choose by name.

        :return: the action to go on with
        """
        organisations = xero_gate.organisations(self.credential_id.sudo(), auth_event_id)
        if not organisations and auth_event_id:
            # A repeated consent adds nothing new: offer what the consent reaches.
            organisations = xero_gate.organisations(self.credential_id.sudo())
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
        if not self.tenant_id:
            self.sudo().state = "choose"
        if len(free) == 1 and not self.tenant_id:
            self._link_organisation(free[0])
            return self._get_records_action()
        return self._choose_action(free)

    def _free_organisations(self, organisations):
        taken = self.sudo().search([("tenant_id", "!=", False), ("state", "!=", "disconnected"), ("id", "!=", self.id)])
        return [found for found in organisations if found["tenantId"] not in taken.mapped("tenant_id")]

    def _choose_action(self, organisations):
        wizard = self.env["xero.connect.wizard"].sudo().create(
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
        return wizard.with_env(self.env)._get_records_action(
            target="new", name=self.env._("Choose the Xero organisation")
        )

    def action_choose(self, tenant_id=None):
        """Let a person choose the organisation by its name, or link ``tenant_id`` when a program knows it already."""
        self.ensure_one()
        self._check_administrator()
        try:
            organisations = xero_gate.organisations(self.credential_id.sudo())
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
                    company=named(self.company_id.name),
                    old=named(self.tenant_name),
                    new=named(organisation["tenantName"]),
                )
            )
        xero_gate.link(self, organisation["tenantId"])
        self.sudo().write(
            {
                "tenant_id": organisation["tenantId"],
                "tenant_connection_id": organisation["id"],
                "tenant_name": organisation["tenantName"],
                **self.sudo()._database_values(),
                # A new organisation holds nothing of ours.
                "server_start": self.server_start if self.tenant_id else xero_database.start(self.env.cr),
                "state": self._state_when_linked(),
                "connected_at": self.connected_at or fields.Datetime.now(),
                "reason": False,
                "paused_until": False,
                "pause_reason": False,
            }
        )
        with closing(xero_gate.open_client(self.sudo())) as client:
            self.sudo()._refresh_organisation(client)
            self.env["xero.mapping.service"]._read_lists(self.sudo(), client)
        self._resume_credential()
        for hook in self.env["xero.connection.hook"]._all():
            hook._linked(self)

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
        reached = {found["tenantId"] for found in xero_gate.organisations(credential)}
        served = credential.connection_ids.filtered(lambda connection: connection.tenant_id in reached)
        for connection in served.filtered(lambda connection: connection.state == "reauth"):
            connection.write({"state": connection._state_when_linked(), "reason": False})
        self._park_unreached((credential.connection_ids - served).filtered(lambda one: one.state == "connected"))
        self.env["xero.sync.job"]._retry_permitted(self | served)
        self.env["xero.sync.runner"]._wake((self | served).ids)

    def _park_unreached(self, connections):
        for connection in connections:
            reason = self.env._(
                "The consent given for %(other)s does not reach %(name)s. Connect again as somebody in Xero who has "
                "both, or give this company a credential of its own.",
                other=named(self.tenant_name),
                name=named(connection.tenant_name),
            )
            connection.write({"state": "reauth", "reason": reason})
        if connections:
            self.env["xero.alert"].sudo()._keep_up(connections)

    # === FACTS === #

    def action_check(self):
        """Ask Xero who it is: proves the token, the organisation and the way there, and reads the facts anew."""
        self._check_administrator()
        self.env["xero.click"]._begin(self, "facts")
        for connection in self:
            try:
                with closing(xero_gate.open_client(connection.sudo())) as client:
                    connection.sudo()._refresh_organisation(client)
            except errors.XeroError as error:
                raise UserError(
                    self.env._(
                        "%(name)s does not answer: %(reason)s",
                        name=named(connection.name),
                        reason=explain(self.env, error),
                    )
                ) from error
            if connection.state == "reauth":
                connection.sudo().write({"state": connection._state_when_linked(), "reason": False})
                self.env["xero.sync.runner"]._wake(connection.ids)
            self.env["xero.sync.job"]._retry_permitted(connection)
        return self._notice(self.env._("Connected to %s.", ", ".join(map(named, self.mapped("tenant_name")))))

    def action_pull(self):
        """Read accounts, tax rates and currencies now, and have the worker read everything that changed in Xero."""
        self._check_administrator()
        self.env["xero.click"]._begin(self, "lists")
        for connection in self:
            try:
                with closing(xero_gate.open_client(connection.sudo())) as client:
                    connection.sudo()._refresh_organisation(client)
                    self.env["xero.mapping.service"]._read_lists(connection.sudo(), client)
            except errors.XeroError as error:
                raise UserError(
                    self.env._(
                        "%(name)s could not be read: %(reason)s",
                        name=named(connection.name),
                        reason=explain(self.env, error),
                    )
                ) from error
        for hook in self.env["xero.connection.hook"]._all():
            hook._pull(self)
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
        found = rows(client.get("Organisation").data, "Organisation")
        organisation = found[0] if found else {}
        if (
            organisation.get("Edition") in EDITIONS_WITHOUT_INVOICING
            or organisation.get("Version") in EDITIONS_WITHOUT_INVOICING
        ):
            raise UserError(
                self.env._(
                    "%s is a ledger or cashbook edition: it has no invoices to sync.", named(organisation.get("Name"))
                )
            )
        # What is odd in them, or left out, changes none of the facts that are known.
        odd = {path[0] for path, _what in shape.faults("Organisation", organisation)}
        told = {name: value for name, value in organisation.items() if name not in odd}
        values = self._organisation_values(told)
        self.write({name: value for name, value in values.items() if FACTS.get(name, "") not in odd})

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

    def _refresh_actions(self, client) -> None:
        """Read what plan and person allow; one call. What Xero does not name stays unknown."""
        self.ensure_one()
        found = rows(client.get("Organisation", xero_id="Actions").data, "Actions")
        status = {row["Name"]: row.get("Status") for row in found if isinstance(row.get("Name"), str)}
        refused = sorted(name for name, word in status.items() if name and word != "ALLOWED")
        currencies = status.get("UseMulticurrency")
        self.write(
            {
                "multi_currency": {None: "unknown", "ALLOWED": "allowed"}.get(currencies, "refused"),
                "actions_refused": refused,
            }
        )

    # === DISCONNECT === #

    def action_disconnect(self):
        """End the connection in Xero too. Links stay, so that reconnecting sends nothing twice.

        On what is, or may be, a copy of the database the consent is only forgotten: the live one goes on.
        """
        self._check_administrator()
        for connection in self:
            connection.sudo()._disconnect()

    def _disconnect(self):
        held = self._held()
        if held or self._other_database():
            held.state = "copy"
            self._forget_here()
        else:
            self._end_in_xero()
        self.write({"state": "disconnected", "reason": False, "tenant_connection_id": False})

    def _forget_here(self):
        """Forget the consent in this database, unless another company of it lives by it."""
        if not self._others_living(self.credential_id):
            try:
                xero_gate.forget_here(self.credential_id)
            except errors.Barred as barred:
                raise UserError(str(barred)) from barred

    def _others_living(self, credentials):
        """Return the connections of ``credentials``, other than this one, that are cut off without a consent."""
        others = credentials.with_context(active_test=False).connection_ids - self
        return others.filtered(lambda one: one.state in ("choose", *GATHERING_STATES))

    def _end_in_xero(self):
        """Tell Xero, which ends all that this person's consent to the app serves, if nothing else lives by it; else
        this organisation alone.
        """
        credential = self.credential_id
        try:
            if credential.grant_type == "authorization_code":
                xero_gate.end_connection(self)
                if self._is_consent_shared():
                    self._forget_here()
                else:
                    xero_gate.forget(credential)
        except errors.ReauthRequired:
            _logger.info("Connection %s was already cut off in Xero", self.id)
        except errors.XeroError as error:
            told = self.env._("Xero could not be informed: %s Try again.", explain(self.env, error))
            raise UserError(told) from error

    def _is_consent_shared(self) -> bool:
        """Whether something else in this database lives by a consent to the same app: a revocation ends every consent
        of its person, whichever record and company holds it.
        """
        same = self.credential_id._app_id()
        rows = self.env["xero.credential"].with_context(active_test=False).search([("client_id", "!=", False)])
        rows = rows.filtered(lambda row: row._app_id() == same)
        authorised = (rows - self.credential_id).filtered(lambda row: row.state == "authorised")
        return bool(authorised or self._others_living(rows))
