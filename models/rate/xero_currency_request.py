"""Currencies that people want the organisation to have. Xero never takes one away again, so a person asks by name."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...mappers.text import named
from ...xero_api import codec, errors
from ...xero_api.elements import whole_list
from ..link.access import ACCOUNTANT, check_role
from ..link.notice import notice
from ..link.reason import ReasonText
from ..queue.task import DONE
from ..queue.xero_sync_job import CLICK

# What a consent must allow for it (Xero: Currencies, PUT).
SCOPE = "accounting.settings"


class XeroCurrencyRequest(models.Model):
    """One currency for one organisation, and what became of it."""

    _name = "xero.currency.request"
    _inherit = ["xero.company.guard"]
    _description = "Add a Currency to Xero"
    _order = "id desc"
    _rec_name = "currency_id"

    connection_id = fields.Many2one(
        "xero.connection",
        "Organisation",
        required=True,
        ondelete="cascade",
        default=lambda self: self._own_connection(),
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, ondelete="cascade", domain=[("active", "=", True)])
    state = fields.Selection(
        [("new", "Not asked for"), ("waiting", "Being added"), ("added", "In Xero"), ("refused", "Not added")],
        "Status",
        required=True,
        default="new",
        readonly=True,
    )
    reason = ReasonText(readonly=True)
    is_held = fields.Boolean("In Xero Already", compute="_compute_outlook")
    is_permitted = fields.Boolean(compute="_compute_outlook")

    _waiting = models.UniqueIndex("(connection_id, currency_id) WHERE state = 'waiting'")

    @api.model
    def _own_connection(self):
        return self.env["xero.connection"].search([("company_id", "=", self.env.company.id)], limit=1)

    @api.depends("connection_id", "currency_id")
    def _compute_outlook(self):
        for request in self:
            own = [("connection_id", "=", request.connection_id.id), ("code", "=", request.currency_id.name)]
            request.is_held = bool(request.currency_id and self.env["xero.currency"].search_count(own, limit=1))
            request.is_permitted = not request.connection_id._lacks([SCOPE])

    def write(self, vals):
        """Extend: what was asked for stays what it was.

        :raise UserError: a person changes a request that was sent
        """
        if not self.env.su and any(request.state != "new" for request in self):
            raise UserError(self.env._("What was resolved cannot be changed any more."))
        return super().write(vals)

    def action_add(self):
        """Have the worker add the currency to the organisation, for ever.

        :raise AccessError: the user is no accountant
        :raise UserError: the organisation has it already, or the consent does not allow it
        """
        self.ensure_one()
        check_role(self.env, ACCOUNTANT, self.env._("Accountants decide which currencies Xero has. Ask one of them."))
        self.connection_id._check_own_company()
        values = {"currency": self.currency_id.name, "organisation": named(self.connection_id.tenant_name)}
        if self.is_held:
            raise UserError(self.env._("%(organisation)s has %(currency)s already.", **values))
        if not self.is_permitted:
            raise UserError(
                self.env._(
                    "The consent lets Odoo read the settings of %(organisation)s, not change them. Add %(currency)s in "
                    "Xero (Settings, Currencies), or have an administrator add the permission accounting.settings to "
                    "the Xero app and connect again.",
                    **values,
                )
            )
        request = self.sudo()
        request.env.cr.execute(
            SQL(
                """UPDATE xero_currency_request r SET state = 'waiting', reason = NULL
                    WHERE id = %s AND NOT EXISTS (SELECT FROM xero_currency_request o
                          WHERE o.connection_id = r.connection_id AND o.currency_id = r.currency_id
                                AND o.state = 'waiting')""",
                self.id,
            )
        )
        request.invalidate_recordset()
        self.env["xero.task.currencies"]._enqueue(self.connection_id, CLICK)
        self.env["xero.sync.runner"].sudo()._wake(self.connection_id.ids)
        shown = notice(self.env._("%(currency)s is being added to %(organisation)s.", **values))
        shown["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return shown


class XeroTaskCurrencies(models.AbstractModel):
    """Adds the currencies that are asked for: a call to see what is there, and one for each that is not."""

    _name = "xero.task.currencies"
    _inherit = "xero.task"
    _description = "Xero Task: Currencies"

    _task = "Currencies"
    _rank = 3

    def _task_slice(self, drain):
        waiting = self._waiting(drain.connection)
        if waiting:
            held = {row.get("Code") for row in whole_list(drain.client.get("Currencies").data, "Currencies")}
            for request_id, code in waiting:
                # Asked again after a lost answer it is there, and nothing is sent.
                refusal = None if code in held else self._add(drain, code)
                drain.transaction(self._take, drain, request_id, refusal)
        return DONE

    def _waiting(self, connection) -> list[tuple]:
        requests = self.env["xero.currency.request"].search(
            [("connection_id", "=", connection.id), ("state", "=", "waiting")]
        )
        return [(request.id, request.currency_id.name) for request in requests]

    def _add(self, drain, code):
        """Return why Xero refused ``code``; ``None`` when it was added."""
        try:
            drain.client.put(
                "Currencies", codec.dumps({"Code": code}), idempotency_key=f"{drain.key_prefix}-currency-{code}"
            )
        except errors.ValidationRejected as error:
            return " ".join(error.messages)
        except errors.Forbidden:
            return self.env["xero.reason"]._("The consent does not allow it: %s is missing.", SCOPE)
        return None

    def _take(self, drain, request_id, refusal):
        drain.record_calls()
        request = self.env["xero.currency.request"].browse(request_id)
        request.write({"state": "refused" if refusal else "added", "reason": refusal or False})
        if refusal:
            self._tell_refused(request)
            return
        # What waits for the currency goes when the lists are read.
        self.env["xero.task.organisation"]._enqueue(drain.connection, CLICK)

    def _tell_refused(self, request):
        """Tell whoever asked for it: the dialog is closed by then."""
        notices, user = self.env["xero.feeder.failure"], request.create_uid
        if not notices._hears(user, request):
            return
        reason = request.with_context(lang=user.lang).reason
        title = request.with_context(lang=user.lang).env._(
            "%(currency)s was not added to %(organisation)s",
            currency=request.currency_id.name,
            organisation=named(request.connection_id.name),
        )
        body = Markup("<p>%s</p>") % reason
        notices._try_telling(user, notices._notify, request.connection_id, user, title, body, reason)
