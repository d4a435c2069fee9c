"""How a company comes to its organisation and leaves it: consent, choice, disconnection."""

import logging
from contextlib import closing

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ...xero_api import deadline, errors
from ..link.explain import explain
from . import database as xero_database
from . import gate as xero_gate
from .xero_connection import GATHERING_STATES

_logger = logging.getLogger(__name__)

# A person waits for it, and a choice of more is made by name.
LOOK_SECONDS, MOST_LOOKED_AT = 10, 20


class XeroConsent(models.AbstractModel):
    """The way from a person's consent in Xero to a connected company, and back.

    Each method takes ``connection``, the one connection that it is about, as the asker has it: what a person may not
    see or change there raises Odoo's ``AccessError``. Organisations are elements of Xero's list of connections
    (``tenantId``, ``id``, ``tenantName``).
    """

    _name = "xero.consent"
    _description = "Xero Consent"

    # === CONSENT === #

    @api.model
    def _begin(self, connection) -> dict:
        """Return the action that begins the connection: Xero's consent page, or for a custom connection what follows
        it.

        :raise UserError: the consent cannot be asked for, with the reason
        """
        if connection.credential_id.grant_type == "client_credentials":
            return self._begin_custom(connection)
        try:
            url = xero_gate.consent_url(connection)
        except errors.Barred as barred:
            raise UserError(str(barred)) from barred
        return {"type": "ir.actions.act_url", "target": "self", "url": url}

    def _begin_custom(self, connection):
        try:
            xero_gate.credential_token(connection.credential_id.sudo(), claim=True)
            action = self._offer_organisations(connection)
        except errors.XeroError as error:
            raise UserError(self.env._("Xero refused the connection: %s", explain(self.env, error))) from error
        # A custom connection is linked at once.
        return self._after_connecting(connection) if action.get("res_model") == connection._name else action

    @api.model
    def _after_connecting(self, connection) -> dict:
        """Return the action that goes on after a consent: the next step of a room that has one, else the form."""
        steps = (hook._next_step(connection) for hook in self.env["xero.connection.hook"]._all())
        return next(filter(None, steps), None) or connection._get_records_action()

    @api.model
    def _complete(self, connection, code: str, nonce: str) -> dict:
        """Take what Xero's consent page sent back.

        :param code: Xero's authorization code
        :param nonce: what this browser's consent began with
        :return: the action to go on with
        :raise UserError: the connection is not completed, with the reason
        """
        try:
            event = xero_gate.complete_consent(connection.credential_id.sudo(), code, nonce)
            action = self._offer_organisations(connection, event)
        except errors.XeroError as error:
            _logger.info("Connection %s was not completed: %s", connection.id, type(error).__name__)
            raise UserError(explain(self.env, error)) from error
        return self._after_connecting(connection) if action.get("res_model") == connection._name else action

    @api.model
    def _choose_one(self, connection, organisation: dict) -> dict:
        """Link the organisation that a person chose; return the action to go on with.

        :raise UserError: as :meth:`_link`, or Xero does not answer
        """
        try:
            self._link(connection, organisation)
        except errors.XeroError as error:
            raise UserError(self.env._("Xero did not answer: %s", explain(self.env, error))) from error
        return self._after_connecting(connection)

    # === CHOICE === #

    @api.model
    def _offer_organisations(self, connection, auth_event_id: str | None = None) -> dict:
        """Link the one organisation of a consent, or ask a person to choose by name.

        :param auth_event_id: Xero's id of the consent; ``None`` for all that the credential reaches
        :return: the action to go on with
        :raise XeroError: no organisation is free, or Xero does not answer
        """
        organisations = xero_gate.organisations(connection.credential_id.sudo(), auth_event_id)
        if not organisations and auth_event_id:
            # A repeated consent adds nothing new: offer what the consent reaches.
            organisations = xero_gate.organisations(connection.credential_id.sudo())
        known = next((found for found in organisations if found["tenantId"] == connection.tenant_id), None)
        if known:
            return self._link(connection, known)
        free = self._free(connection, organisations)
        if not free:
            raise errors.XeroError(
                self.env._(
                    "Xero returned no organisation that is free to connect. Tick one on the consent page, "
                    "or disconnect it from its other company first."
                )
            )
        if not connection.tenant_id:
            connection.sudo().state = "choose"
        if len(free) == 1 and not connection.tenant_id:
            return self._link(connection, free[0])
        return self._choose_action(connection, free)

    @api.model
    def _choose(self, connection, tenant_id: str | None = None) -> dict:
        """Let a person choose among the organisations that the consent reaches.

        :param tenant_id: the choice, when a program knows it already
        :return: the action to go on with
        :raise UserError: none is free, this one is not, or Xero does not answer
        """
        try:
            organisations = xero_gate.organisations(connection.credential_id.sudo())
        except errors.XeroError as error:
            raise UserError(self.env._("Xero did not name its organisations: %s", explain(self.env, error))) from error
        free = self._free(connection, organisations)
        if not free:
            raise UserError(
                self.env._("This consent reaches no organisation that is free. Click Connect and tick one.")
            )
        if not tenant_id:
            return self._choose_action(connection, free)
        chosen = next((found for found in free if found["tenantId"] == tenant_id), None)
        if not chosen:
            raise UserError(self.env._("This consent does not reach that organisation, or another company has it."))
        return self._link(connection, chosen)

    def _free(self, connection, organisations):
        living = [("tenant_id", "!=", False), ("state", "!=", "disconnected"), ("id", "!=", connection.id)]
        taken = connection.sudo().search(living).mapped("tenant_id")
        return [found for found in organisations if found["tenantId"] not in taken]

    def _look_at(self, connection, organisations) -> dict:
        """Return what tells ``organisations`` apart besides their names, by tenant id. Who does not answer in time can
        be chosen all the same.
        """
        facts = {}
        with deadline.within(LOOK_SECONDS):
            for found in organisations[:MOST_LOOKED_AT]:
                tenant = found["tenantId"]
                try:
                    facts[tenant] = xero_gate.look(connection, tenant, self.env["xero.organisation"]._look)
                except errors.XeroError as error:
                    _logger.info("An organisation to choose told nothing of itself: %s", type(error).__name__)
        return facts

    def _choose_action(self, connection, organisations):
        facts = self._look_at(connection, organisations)
        wizard = self.env["xero.connect.wizard"].sudo().create(
            {
                "connection_id": connection.id,
                "line_ids": [
                    fields.Command.create(
                        {
                            "tenant_id": found["tenantId"],
                            "tenant_connection_id": found["id"],
                            "name": found["tenantName"],
                            **facts.get(found["tenantId"], {}),
                        }
                    )
                    for found in organisations
                ],
            }
        )
        return wizard.with_env(self.env)._get_records_action(
            target="new", name=self.env._("Choose the Xero organisation")
        )

    # === LINKING === #

    @api.model
    def _link(self, connection, organisation: dict) -> dict:
        """Bind the company to ``organisation`` and read what it is; return the action that opens the connection.

        :raise UserError: its edition has no invoicing, or documents of this company are in another organisation
        :raise XeroError: Xero does not answer
        """
        connection.ensure_one()
        self._check_same(connection, organisation)
        xero_gate.link(connection, organisation["tenantId"])
        own = connection.sudo()
        own.write(
            {
                "tenant_id": organisation["tenantId"],
                "tenant_connection_id": organisation["id"],
                "tenant_name": organisation["tenantName"],
                **own.env["xero.hold"]._database_values(),
                # A new organisation holds nothing of ours.
                "server_start": own.server_start if own.tenant_id else xero_database.start(self.env.cr),
                "state": own._state_when_linked(),
                "connected_at": own.connected_at or fields.Datetime.now(),
                "connected_by_id": self.env.uid,
                "reason": False,
                "paused_until": False,
                "pause_reason": False,
            }
        )
        self._read(own)
        self._resume_credential(connection)
        for hook in self.env["xero.connection.hook"]._all():
            hook._linked(connection)
        return connection._get_records_action()

    def _read(self, connection):
        """Read what the organisation is. A consent that is given anew is good although Xero is busy just then: what was
        read before is kept, and the worker reads it again.
        """
        try:
            with self.env.cr.savepoint(), closing(xero_gate.open_client(connection)) as client:
                self.env["xero.organisation"]._refresh(connection, client)
                self.env["xero.mapping.service"]._read_lists(connection, client)
        except (errors.Unavailable, errors.RateLimited):
            if not connection.facts_at:
                raise
            connection.facts_at = False

    def _check_same(self, connection, organisation):
        if connection.tenant_id in (False, organisation["tenantId"]):
            return
        links = self.env["xero.link"].sudo()
        if links.search_count([("connection_id", "=", connection.id), ("xero_id", "!=", False)], limit=1):
            raise UserError(
                self.env._(
                    "%(company)s has documents in %(old)s. Archive this connection and make a new one for %(new)s.",
                    company=named(connection.company_id.name),
                    old=named(connection.tenant_name),
                    new=named(organisation["tenantName"]),
                )
            )

    def _resume_credential(self, connection):
        """A renewed consent serves the organisations it reaches. Another person's may not reach them all: the others
        of the credential cannot go on, and say why.
        """
        credential = connection.credential_id.sudo()
        reached = {found["tenantId"] for found in xero_gate.organisations(credential)}
        served = credential.connection_ids.filtered(lambda one: one.tenant_id in reached)
        for resumed in served.filtered(lambda one: one.state == "reauth"):
            resumed.write({"state": resumed._state_when_linked(), "reason": False})
        unreached = (credential.connection_ids - served).filtered(lambda one: one.state == "connected")
        self._park_unreached(connection, unreached)
        self.env["xero.sync.job"]._retry_permitted(connection | served)
        self.env["xero.sync.runner"]._wake((connection | served).ids)

    def _park_unreached(self, connection, unreached):
        for parked in unreached:
            reason = self.env["xero.reason"]._(
                "The consent given for %(other)s does not reach %(name)s. Connect again as somebody in Xero who has "
                "both, or give this company a credential of its own.",
                other=named(connection.tenant_name),
                name=named(parked.tenant_name),
            )
            parked.write({"state": "reauth", "reason": reason})
        if unreached:
            self.env["xero.alert"].sudo()._refresh_alerts(unreached)

    # === END === #

    @api.model
    def _end(self, connection) -> None:
        """Disconnect; ``connection`` as superuser. What is, or may be, a copy only forgets: the live database goes on.

        :raise UserError: Xero could not be informed
        """
        held = connection._held()
        if held or connection._other_database():
            held.state = "copy"
            self._forget_here(connection)
        else:
            self._end_in_xero(connection)
        connection.write({"state": "disconnected", "reason": False, "tenant_connection_id": False})

    @api.model
    def _forget_here(self, connection) -> None:
        """Forget the consent in this database, unless another company of it lives by it.

        :raise UserError: this server cannot open the secrets
        """
        if not self._others_living(connection, connection.credential_id):
            try:
                xero_gate.forget_here(connection.credential_id)
            except errors.Barred as barred:
                raise UserError(str(barred)) from barred

    def _others_living(self, connection, credentials):
        """Return the connections of ``credentials``, other than this one, that are cut off without a consent."""
        others = credentials.with_context(active_test=False).connection_ids - connection
        return others.filtered(lambda one: one.state in ("choose", *GATHERING_STATES))

    def _end_in_xero(self, connection):
        """Tell Xero, which ends all that this person's consent to the app serves, if nothing else lives by it; else
        this organisation alone.
        """
        credential = connection.credential_id
        try:
            if credential.grant_type == "authorization_code":
                xero_gate.end_connection(connection)
                if self._is_consent_shared(connection):
                    self._forget_here(connection)
                else:
                    xero_gate.forget(credential)
        except errors.ReauthRequired:
            _logger.info("Connection %s was already cut off in Xero", connection.id)
        except errors.XeroError as error:
            told = self.env._("Xero could not be informed: %s Try again.", explain(self.env, error))
            raise UserError(told) from error

    def _is_consent_shared(self, connection) -> bool:
        """Whether something else in this database lives by a consent to the same app: a revocation ends every consent
        of its person, whichever record and company holds it.
        """
        same = connection.credential_id._app_id()
        rows = self.env["xero.credential"].sudo().with_context(active_test=False).search([("client_id", "!=", False)])
        rows = rows.filtered(lambda row: row._app_id() == same)
        authorised = (rows - connection.credential_id).filtered(lambda row: row.state == "authorised")
        return bool(authorised or self._others_living(connection, rows))
