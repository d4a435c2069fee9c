"""What people do with a connection: its buttons. Those that only open a list are actions of the views."""

from contextlib import closing

from odoo import api, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ...xero_api import errors
from ..link.access import ACCOUNTANT
from ..link.explain import explain
from ..link.notice import notice
from . import gate as xero_gate

# What only a person mends, by connecting again: a worker that meets one stops until then.
CUT = (errors.ReauthRequired, errors.Forbidden, errors.AppMisconfigured)


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    # === CONNECTING === #

    def _check_administrator(self):
        """:raise AccessError, UserError: the user does not administer these connections"""
        self._check_own_company()
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("xero_connector.group_xero_manager"):
            raise UserError(self.env._("Only a Xero administrator connects companies."))

    def _check_accountant(self):
        """:raise AccessError: the user does not decide about the books of these companies"""
        self._check_may_decide()
        self._check_own_company()

    @api.model
    def _of_company(self):
        """Return the connection of the company that is switched on.

        :raise UserError: it is not connected
        """
        connection = self.search([("company_id", "=", self.env.company.id), ("state", "=", "connected")], limit=1)
        if not connection:
            raise UserError(
                self.env._(
                    "%s is not connected to Xero. A Xero administrator connects it.", named(self.env.company.name)
                )
            )
        return connection

    def action_connect(self):
        """Begin the connection: open Xero's consent page, or for a custom connection what follows it."""
        self.ensure_one()
        self._check_administrator()
        held = self._held()
        if held.state == "ask" or not held and self.tenant_id and self._other_database():
            # Whoever connects makes this database the real one: what becomes of the other is asked first.
            return self.action_recover()
        return self.env["xero.consent"]._begin(self)

    def action_choose(self, tenant_id=None):
        """Let a person choose the organisation by its name, or link ``tenant_id`` when a program knows it already."""
        self.ensure_one()
        self._check_administrator()
        return self.env["xero.consent"]._choose(self, tenant_id)

    def action_check(self):
        """Ask Xero who it is: proves the token, the organisation and the way there, and reads the facts again. What
        proves that the connection is cut is kept: it waits for a person, as if a worker had met it.
        """
        self._check_administrator()
        self.env["xero.click"]._begin(self, "facts")
        cut = {}
        for connection in self:
            own = connection.sudo()
            try:
                with closing(xero_gate.open_client(own)) as client:
                    self.env["xero.organisation"]._refresh(own, client)
            except CUT as error:
                cut[connection] = own._cut_by(error)
                continue
            except errors.XeroError as error:
                raise UserError(
                    self.env._(
                        "%(name)s does not answer: %(reason)s",
                        name=named(connection.name),
                        reason=explain(self.env, error),
                    )
                ) from error
            if connection.state == "reauth":
                own.write({"state": own._state_when_linked(), "reason": False})
                self.env["xero.sync.runner"]._wake(connection.ids)
            self.env["xero.sync.job"]._retry_permitted(connection)
        if cut:
            return self._cut_notice(cut)
        return notice(self.env._("Connected to %s.", ", ".join(map(named, self.mapped("tenant_name")))))

    def _cut_by(self, error) -> str:
        """Keep that Xero has cut this connection, and return the reason."""
        reason = explain(self.env, error)
        if self.state in ("connected", "reauth"):
            self._cut_off(reason)
        return reason

    def _cut_notice(self, cut: dict) -> dict:
        """Return the notice that leads to *Reconnect*.

        :param cut: ``{connection: reason}``
        """
        return notice(
            "\n".join(f"{named(connection.name)}: {reason}" for connection, reason in cut.items()),
            kind="danger",
            title=self.env._("Click Reconnect: nothing is sent until then, and nothing is lost"),
            sticky=True,
        )

    def action_pull(self):
        """Read accounts, tax rates and currencies now, and have the worker read everything that changed in Xero."""
        self._check_accountant()
        self.env["xero.click"]._begin(self, "lists")
        cut = {}
        for connection in self:
            own = connection.sudo()
            try:
                with closing(xero_gate.open_client(own)) as client:
                    self.env["xero.organisation"]._refresh(own, client)
                    self.env["xero.mapping.service"]._read_lists(own, client)
            except CUT as error:
                cut[connection] = own._cut_by(error)
            except errors.XeroError as error:
                raise UserError(
                    self.env._(
                        "%(name)s could not be read: %(reason)s",
                        name=named(connection.name),
                        reason=explain(self.env, error),
                    )
                ) from error
        if cut:
            return self._cut_notice(cut)
        for hook in self.env["xero.connection.hook"]._all():
            hook._pull(self)
        return notice(self.env._("Accounts, taxes and currencies are up to date."))

    def action_disconnect(self):
        """End the connection in Xero too. Links stay, so that reconnecting sends nothing twice.

        On what is, or may be, a copy of the database the consent is only forgotten: the live one goes on.
        """
        self._check_administrator()
        for connection in self.sudo():
            connection.env["xero.consent"]._end(connection)

    def action_recover(self):
        """Open the way out of a hold, or the question what this database is."""
        self._check_administrator()
        self.ensure_one()
        if not self._held() and (other := self._other_database()):
            self.env["xero.hold"]._begin(self.sudo(), other.kind, str(other))
        recovery = self._held()
        if not recovery:
            raise UserError(self.env._("Nothing is on hold: this database works with %s.", named(self.name)))
        return recovery.with_env(self.env)._get_records_action(name=self.env._("What Is This Database?"))

    # === GUIDE === #

    def action_setup(self):
        """Open the guide of this connection where it was left."""
        self.ensure_one()
        self._check_administrator()
        return self.env["xero.setup"]._open_for(self)

    # === MATCHING AND RECONCILIATION === #

    def action_match(self):
        """Open the matching of this organisation that is under way, or begin one."""
        self.ensure_one()
        match = self.env["xero.match"]._start(self)
        return match._get_records_action(name=self.env._("Match Records"))

    def action_reconcile(self):
        """Prove that the two books agree: begins a report, which the worker makes, and opens it."""
        self.ensure_one()
        self._check_accountant()
        report = self.env["xero.reconciliation"]._request_by_click(self)
        return report.with_user(self.env.user)._get_records_action()

    # === QUEUE === #

    def action_preview_queue(self):
        """Show what the workers would do next; nothing is sent."""
        self.ensure_one()
        self.check_access("read")
        self._check_own_company()
        return self.env["xero.preview"]._open_for_queue(self.sudo())

    def action_resume(self):
        """Lift a pause now, for a person who knows that Xero answers again; what it said of its limits is over too."""
        self.check_access("write")
        self.env.cr.execute(
            "UPDATE xero_connection SET paused_until = NULL, pause_reason = NULL, pause_count = 0, limits_at = NULL"
            " WHERE id = ANY(%s)",
            [self.ids],
        )
        self.invalidate_recordset(["paused_until", "pause_reason", "pause_count", "limits_at"])
        self.env["xero.sync.runner"]._wake(self.ids)

    def action_release(self):
        """End the hold: what waits is sent, and what changed in Xero is taken over."""
        self._check_administrator()
        self.write({"hold_until_matched": False})
        return True

    # === MAPPINGS === #

    def action_accept_suggestions(self):
        """Confirm what is sure among the suggestions, and show what is left for a person to decide."""
        self._check_accountant()
        left = self.env["xero.mapping.service"]._accept(self)
        return self.action_open_mappings() if left else True

    def action_open_mappings(self):
        """Open what is undecided of this connection, of every kind, for whoever decides; for others, or when nothing
        is undecided, the account mappings.
        """
        undecided = self.filtered("missing_mapping_count") or self.filtered("open_journal_mapping_ids")
        if len(undecided) == 1 and self.env.user.has_group(ACCOUNTANT):
            wizard = self.env["xero.decide.wizard"].create({"connection_id": undecided.id})
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("To Decide"),
                "res_model": wizard._name,
                "res_id": wizard.id,
                "views": [(False, "form")],
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_mapping_account")
        return {
            **action,
            "domain": [("connection_id", "in", self.ids)],
            "context": {"search_default_undecided": bool(undecided)},
        }
