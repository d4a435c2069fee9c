import logging

from odoo import api, fields, models
from odoo.addons.xero_connector.mappers.text import named
from odoo.addons.xero_connector.models.link.access import XERO_USER
from odoo.addons.xero_connector.models.link.trace import log_unexpected
from odoo.addons.xero_connector.models.queue.drain import BEGIN_ANEW
from odoo.addons.xero_connector.models.queue.xero_sync_job import EVENT
from odoo.addons.xero_connector.models.xero_status_mixin import sync_states

from ..mappers.divide import MODES, divide
from ..mappers.till_books import TillReader

_logger = logging.getLogger(__name__)


class PosSession(models.Model):
    _name = "pos.session"
    _inherit = ["pos.session", "xero.sync.mixin"]

    xero_sync_state = fields.Selection(sync_states("Voided in Xero"))
    xero_document_id = fields.Char(
        "Xero ID", compute="_compute_xero_sync", search="_search_xero_id", compute_sudo=True, groups=XERO_USER
    )
    # Whoever reads the traffic of a till sells there: accountants read sessions, and not this.
    access_token = fields.Char(groups="point_of_sale.group_pos_user")
    xero_till_name = fields.Char("Till", related="config_id.name", groups=XERO_USER)
    xero_differences = fields.Selection(
        [(mode, mode) for mode in MODES],
        readonly=True,
        copy=False,
        groups=XERO_USER,
        help="How differences go to Xero: as the connection said when this session was queued first.",
    )
    xero_part_ids = fields.One2many("xero.payment.part", "pos_session_id", "Payments in Xero", groups=XERO_USER)

    # === STATUS === #

    def _set_xero_ids(self, links):
        links = links.filtered(lambda link: link.res_model == self._name)
        self.xero_number = ", ".join(filter(None, links.mapped("xero_number")))
        self.xero_document_id = ", ".join(filter(None, links.mapped("xero_id")))

    def _xero_company(self):
        return self.company_id

    def _xero_debtor_accounts(self):
        """Return the ``account.account`` that the till is owed on until its money is booked."""
        methods = self.sudo().config_id.payment_method_ids.with_context(active_test=False)
        return methods.receivable_account_id | self.company_id.account_default_pos_receivable_account_id

    def _xero_mode(self, connection) -> str:
        """Return how differences that were counted go to the organisation of ``connection``, one of ``MODES``."""
        return self.sudo().xero_differences or connection.till_differences

    def _xero_parts(self):
        return self.sudo().xero_part_ids

    def _xero_standings(self):
        """A session may be two documents, and each of its payments is one of its own."""
        found = {}
        connections = self._xero_connection_ids()
        domain = [("res_model", "=", self._name), ("res_id", "in", list(connections))]
        links = self.env["xero.link"].search([*domain, ("connection_id", "in", list({*connections.values()}))])
        jobs = self.env["xero.sync.job"].search(
            [*domain, ("state", "not in", ("done", "cancelled")), ("operation", "in", ("push", "void"))]
        )
        open_jobs = {
            (job.res_id, job.xero_type): job for job in jobs.sorted(lambda job: (job.state == "running", job.id))
        }
        for link in links.filtered(lambda link: connections[link.res_id] == link.connection_id.id).sorted("id"):
            job = open_jobs.pop((link.res_id, link.xero_type), jobs.browse())
            found.setdefault(link.res_id, []).append((link, job))
        for (res_id, _type), job in open_jobs.items():
            found.setdefault(res_id, []).append((links.browse(), job))
        return self._xero_with_payments(found)

    def _xero_with_payments(self, found: dict) -> dict:
        """Return ``found`` with the payments of which people should know: those that are not in Xero yet."""
        parts = self._xero_parts().filtered(lambda part: not part.over)
        standings = parts._xero_standings()
        for part in parts:
            waiting = [(link, job) for link, job in standings.get(part.id, ()) if job]
            if waiting:
                found.setdefault(part.pos_session_id.id, []).extend(waiting)
        return found

    # === SCOPE === #

    def _xero_refusal(self, scope):
        self.ensure_one()
        session, say = self.sudo(), self.env["xero.reason"]
        if "SessionInvoice" in scope.off:
            return say._("Tills are switched off in the Xero settings of this company.")
        if session.state != "closed":
            return say._("%s is not closed: it goes to Xero when it is.", named(session.name))
        if not session.move_id:
            return say._("%s has no journal entry: nothing was sold.", named(session.name))
        if session.move_id.journal_id.id in scope.excluded_journals:
            return say._(
                "%(session)s: the journal %(journal)s is left out of the sync.",
                session=named(session.name),
                journal=named(session.move_id.journal_id.name),
            )
        return None

    def _xero_time_in_scope(self, scope) -> bool:
        """Whether this session is recent enough to be synced without being asked for."""
        entry = self.move_id
        if scope.sync_from:
            return entry.date >= scope.sync_from
        return entry.create_date >= scope.connected_at

    def _xero_concerns(self, scope) -> bool:
        """Whether a change of this session concerns Xero: it is recent, or in Xero already."""
        if self._xero_refusal(scope):
            return False
        return self._xero_time_in_scope(scope) or bool(self.xero_document_id)

    @api.model
    def _xero_divided(self, entries_of: dict) -> dict:
        """Return ``{record: (reader, documents by side)}`` of what becomes of closing entries, by the present setting.

        :param entries_of: ``{record: (account.move, res.currency)}``
        """
        reader = TillReader(self.env["account.move"].sudo().union(*(entry for entry, _currency in entries_of.values())))
        connections, found = self.env["xero.connection"].sudo(), {}
        serving = {company: connections._any_for_company(company) for company in reader.entries.company_id}
        for record, (entry, currency) in entries_of.items():
            connection = serving[entry.company_id]
            mode = entry.pos_session_ids[:1]._xero_mode(connection) or MODES[0]
            found[record] = reader, divide(reader.till(entry, currency), mode)
        return found

    def _xero_with(self, side: str, xero_type: str):
        """Return those of these that have a document in the direction ``side``, or a link of ``xero_type``."""
        sold = self.sudo().filtered("move_id")
        divided = self._xero_divided({session: (session.move_id, session.currency_id) for session in sold})
        linked = self.env["xero.link"].sudo().search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        known = set(linked.filtered(lambda link: link.xero_type == xero_type).mapped("res_id"))
        wanted = {session.id for session, (_reader, papers) in divided.items() if side in papers}
        return self.filtered(lambda session: session.id in wanted | known)

    # === EVENTS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "closed":
            self._xero_closed()
        else:
            self._xero_tell(vals)
        return result

    def _xero_closed(self) -> None:
        """Queue closed sessions. Nobody is kept from closing a till by what has to do with Xero: whatever goes wrong is
        logged, and the sweep of the night queues them.
        """
        try:
            with self.env.cr.savepoint():
                self._xero_tell({"state": "closed"})
        except BEGIN_ANEW:
            raise
        except Exception as error:  # noqa: BLE001 -- see above
            log_unexpected(_logger, error, "Queueing the sessions %s for Xero failed", self.ids)

    def _xero_created(self):
        """Nothing was sold yet."""

    def _xero_changed(self):
        closed = self.sudo().filtered(lambda session: session.state == "closed")
        for company, sessions in closed.grouped("company_id").items():
            scope = self.env["xero.connection"]._scope(company.id)
            if scope and "SessionInvoice" not in scope.off:
                due = sessions.filtered(lambda session, scope=scope: session._xero_concerns(scope))
                due._xero_enqueue(scope)

    def _xero_enqueue(self, scope, priority=EVENT, run_id=None):
        self.config_id._xero_make_contacts()
        self._xero_keep_mode(scope)
        super()._xero_enqueue(scope, priority, run_id)
        self.env["xero.payment.part"]._refresh_tills(self.sudo().move_id)

    def _xero_keep_mode(self, scope):
        """A setting that is changed later changes nothing about sessions that Xero has already."""
        connection = self.env["xero.connection"].sudo().browse(scope.connection_id)
        links = self.env["xero.link"].sudo().search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        kept = {link.res_id for link in links if link._is_alive()}
        changing = self.sudo().filtered(
            lambda session: (
                session.xero_differences != connection.till_differences
                and not (session.xero_differences and session.id in kept)
            )
        )
        changing.xero_differences = connection.till_differences
