from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .xero_link import GONE_STATUSES
from .xero_sync_job import CLICK, EVENT

REASONS_SHOWN = 5
# Messages name other documents and people: customers in the portal and employees without accounting see none.
XERO_USER = "xero_connector.group_xero_user"
SYNC_STATES = [
    ("not_synced", "Not synced"),
    ("queued", "Queued"),
    ("sending", "Sending"),
    ("synced", "In Xero"),
    ("failed", "Failed"),
    ("conflict", "Conflict"),
]


class XeroSyncMixin(models.AbstractModel):
    """What a synced record shows of Xero. Nothing is stored on the record: workers never write business rows."""

    _name = "xero.sync.mixin"
    _description = "Xero Sync Mixin"

    xero_sync_state = fields.Selection(
        SYNC_STATES,
        "Xero Status",
        compute="_compute_xero_sync",
        search="_search_xero_sync_state",
        compute_sudo=True,
        groups=XERO_USER,
    )
    xero_sync_message = fields.Text("Xero Message", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_number = fields.Char("Number in Xero", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_url = fields.Char("Xero Address", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_has_fix = fields.Boolean(compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_can_sync = fields.Boolean(compute="_compute_xero_can_sync", compute_sudo=True, groups=XERO_USER)

    # === HOOKS === #

    def _xero_company(self):
        """Return the company whose connection serves this record."""
        raise NotImplementedError

    def _xero_refusal(self, scope) -> str | None:
        """Return why this record is not synced under ``scope`` (a ``Scope``), as a sentence; ``None`` when it is."""
        raise NotImplementedError

    def _xero_changed(self) -> None:
        """Queue those of ``self`` that Xero should know of after a change; no query where nobody is connected."""
        raise NotImplementedError

    def _xero_created(self) -> None:
        """Queue those of the new ``self`` that Xero should know of."""
        self._xero_changed()

    # === COMPUTE === #

    @api.depends_context("company")
    def _compute_xero_sync(self):
        links, jobs = self._xero_links(), self._xero_open_jobs()
        for record in self:
            link, job = links.get(record.id), jobs.get(record.id)
            record.xero_number = link and link.xero_number
            record.xero_url = link and link.url
            record.xero_sync_state = self._xero_state(link, job)
            record.xero_sync_message = job._reason_in_words() if job else link and link.message
            record.xero_has_fix = bool(job and job.fix_action)
            self._set_xero_id(record, link)

    def _set_xero_id(self, record, link):
        """Set the field that carries Xero's id of this kind of record."""

    @api.model
    def _xero_state(self, link, job) -> str:
        """Return the status a person sees: the open job's if there is one, else what was last agreed."""
        if job:
            waiting_for_person = job.state in ("failed", "dead") or job.blocked_by_id.state in ("failed", "dead")
            return "sending" if job.state == "running" else "failed" if waiting_for_person else "queued"
        if not link or link.xero_status in GONE_STATUSES:
            return "not_synced"
        return {"synced": "synced", "error": "failed", "conflict": "conflict", "to_sync": "queued"}.get(
            link.state, "not_synced"
        )

    def _xero_connection_ids(self) -> dict:
        """Return ``{record id: connection id}`` of the records whose company is connected, or was."""
        connections = {}
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            connection = self.env["xero.connection"]._any_for_company(company)
            if connection:
                connections.update(dict.fromkeys(records.ids, connection.id))
        return connections

    def _xero_links(self):
        connections = self._xero_connection_ids()
        links = self.env["xero.link"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", list(connections)),
                ("connection_id", "in", list(set(connections.values()))),
            ]
        )
        return {link.res_id: link for link in links if connections[link.res_id] == link.connection_id.id}

    def _xero_open_jobs(self):
        connections = self._xero_connection_ids()
        jobs = self.env["xero.sync.job"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", list(connections)),
                ("state", "not in", ("done", "cancelled")),
                ("operation", "in", ("push", "void")),
            ]
        )
        # One under way says more than one that waits.
        ordered = jobs.sorted(lambda job: (job.state == "running", job.id))
        return {job.res_id: job for job in ordered if connections[job.res_id] == job.connection_id.id}

    def _compute_xero_can_sync(self):
        Connection = self.env["xero.connection"]
        for record in self:
            scope = Connection._scope(record._xero_company().id)
            record.xero_can_sync = bool(scope and not record._xero_refusal(scope))

    # === SEARCH AND GROUP === #

    def _xero_state_sql(self, alias: str) -> SQL:
        """Return the status of ``_xero_state`` as an SQL expression over the table ``alias``."""
        return SQL(
            """
            COALESCE(
                (SELECT CASE WHEN j.state = 'running' THEN 'sending'
                             WHEN j.state IN ('failed', 'dead') OR blocker.state IN ('failed', 'dead') THEN 'failed'
                             ELSE 'queued' END
                   FROM xero_sync_job j LEFT JOIN xero_sync_job blocker ON blocker.id = j.blocked_by_id
                  WHERE j.res_model = %(model)s AND j.res_id = %(record)s AND j.state NOT IN ('done', 'cancelled')
                    AND j.operation IN ('push', 'void') AND j.connection_id = ANY(%(connections)s)
                  ORDER BY j.state = 'running' DESC, j.id DESC LIMIT 1),
                (SELECT CASE WHEN l.xero_status IN %(gone)s THEN 'not_synced'
                             WHEN l.state = 'error' THEN 'failed' WHEN l.state = 'to_sync' THEN 'queued'
                             WHEN l.state IN ('synced', 'conflict') THEN l.state ELSE 'not_synced' END
                   FROM xero_link l
                  WHERE l.res_model = %(model)s AND l.res_id = %(record)s AND l.connection_id = ANY(%(connections)s)
                  LIMIT 1),
                'not_synced')
            """,
            model=self._name,
            record=SQL.identifier(alias, "id"),
            gone=GONE_STATUSES,
            connections=self._xero_visible_connections(),
        )

    @api.model
    def _xero_visible_connections(self) -> list[int]:
        """Return the connections that serve the companies the user has switched on."""
        connections = self.env["xero.connection"]
        return list({connections._any_for_company(company).id for company in self.env.companies} - {False})

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "xero_sync_state":
            self._check_field_access(self._fields["xero_sync_state"], "read")
            return self._xero_state_sql(alias)
        return super()._field_to_sql(alias, field_expr, query)

    def _search_xero_sync_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        matching = SQL(
            "(SELECT id FROM %s WHERE %s = ANY(%s))",
            SQL.identifier(self._table),
            self._xero_state_sql(self._table),
            [str(state) for state in value],
        )
        return [("id", "in", matching)]

    def _search_xero_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        matching = SQL(
            "(SELECT res_id FROM xero_link WHERE res_model = %s AND xero_id = ANY(%s) AND connection_id = ANY(%s))",
            self._name,
            [xero_id for xero_id in value if xero_id],
            self._xero_visible_connections(),
        )
        found = [("id", "in", matching)]
        if False not in value:
            return found
        linked = SQL(
            "(SELECT res_id FROM xero_link WHERE res_model = %s AND xero_id IS NOT NULL AND connection_id = ANY(%s))",
            self._name,
            self._xero_visible_connections(),
        )
        return ["|", ("id", "not in", linked), *found]

    # === EVENTS === #

    def _xero_tell(self, vals=None) -> None:
        """Queue what Xero should know of, unless it came from there: new records, or what writing ``vals`` changes.

        Models call it last in their own ``create`` and ``write``: here it would run before what those do after super.
        """
        if self.env.context.get("xero_no_sync"):
            return
        if vals is None:
            self._xero_created()
        elif not self.env["xero.mapper"]._tracked(self._name)[0].isdisjoint(vals):
            self._xero_changed()

    @api.ondelete(at_uninstall=False)
    def _xero_queue_removal(self):
        """What is deleted in Odoo goes in Xero too: documents are voided or deleted, contacts archived."""
        if self.env.context.get("xero_no_sync"):
            return
        links = (
            self.env["xero.link"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("xero_id", "!=", False),
                    ("state", "!=", "ignored"),
                ]
            )
        )
        self.env["xero.sync.job"].sudo()._enqueue_gone(links)

    # === ACTIONS === #

    def action_xero_sync(self):
        """Queue these records ahead of background work; a worker sends them within seconds.

        :raise UserError: a record is not synced, with the reason and what to do
        """
        self._xero_check_person()
        self._xero_sync_asked()
        return True

    def _xero_sync_asked(self, runs=None) -> None:
        """Queue what a person asked for.

        :param runs: ``{connection id: run}`` that the jobs are part of
        """
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            scope = self.env["xero.connection"]._scope(company.id)
            if not scope:
                raise UserError(
                    self.env._("%s is not connected to Xero. Connect it under Settings, Xero.", company.name)
                )
            refusals = [refusal for record in records if (refusal := record._xero_refusal(scope))]
            if refusals:
                raise UserError("\n".join(refusals))
            records._xero_let_in(scope.connection_id)
            run = (runs or {}).get(scope.connection_id)
            records._xero_enqueue(scope, CLICK, run.id if run else None)

    def _xero_let_in(self, connection_id: int) -> None:
        """Take back that a person took these out of the sync."""
        links = self.env["xero.link"].sudo()
        links.search(
            [
                ("connection_id", "=", connection_id),
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "=", "ignored"),
            ]
        ).write({"state": "to_sync", "message": False})

    def action_xero_sync_selected(self):
        """Queue those of many records that can be synced, and say what was left out and why.

        :return: a notification for the screen
        """
        self._xero_check_person()
        ready, reasons = self.browse(), []
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            scope = self.env["xero.connection"]._scope(company.id)
            if not scope:
                reasons.append(self.env._("%s is not connected to Xero.", company.name))
                continue
            refusals = {record: record._xero_refusal(scope) for record in records}
            ready |= self.browse([record.id for record, refusal in refusals.items() if not refusal])
            reasons += filter(None, refusals.values())
        ready._xero_sync_asked(ready._xero_new_runs())
        return self._xero_selection_notice(len(ready), reasons)

    def _xero_new_runs(self) -> dict:
        """Return a run for each connection that is to get several of these records, so that they can be followed, and
        undone, together.
        """
        counts = {}
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            connection = self.env["xero.connection"]._for_company(company)
            counts[connection] = counts.get(connection, 0) + len(records)
        Run = self.env["xero.run"]
        return {connection.id: Run._of_selection(connection) for connection, count in counts.items() if count > 1}

    def _xero_selection_notice(self, queued: int, reasons: list[str]) -> dict:
        lines = reasons[:REASONS_SHOWN]
        if len(reasons) > REASONS_SHOWN:
            lines.append(self.env._("… and %s more.", len(reasons) - REASONS_SHOWN))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if reasons else "success",
                "title": self.env._("%s queued for Xero", queued),
                "message": "\n".join(lines),
                "sticky": bool(reasons),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_xero_preview(self):
        """Show what syncing these records would do in Xero; nothing is sent."""
        return self.env["xero.preview"]._open_for(self)

    def _xero_check_person(self):
        if not self.env.su and not self.env.user.has_group("xero_connector.group_xero_user"):
            raise AccessError(self.env._("Only Xero users send documents to Xero."))
        self.check_access("read")

    def _xero_enqueue(self, scope, priority=EVENT, run_id=None) -> None:
        """Queue ``self`` under ``scope`` in this transaction and wake the worker; one insert for each Xero type."""
        Job = self.env["xero.sync.job"].sudo()
        for mapper in self.env["xero.mapper"]._for_model(self._name):
            records = mapper._handles(self)
            Job._enqueue(
                scope.connection_id,
                mapper,
                [(record.id, record._xero_company().id) for record in records],
                priority=priority,
                run_id=run_id,
            )
        self.env["xero.sync.runner"]._wake([scope.connection_id])
        self.invalidate_recordset(["xero_sync_state", "xero_sync_message", "xero_has_fix"], flush=False)

    def action_xero_open(self):
        """Open the record in Xero."""
        self.ensure_one()
        self._xero_check_person()
        if not self.xero_url:
            raise UserError(self.env._("This record is not in Xero yet."))
        return {"type": "ir.actions.act_url", "url": self.xero_url, "target": "new"}

    def action_xero_conflict(self):
        """Open the review of what both sides hold of this record."""
        self.ensure_one()
        self._xero_check_person()
        conflict = self.env["xero.conflict"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("state", "=", "open")], limit=1
        )
        if not conflict:
            raise UserError(self.env._("Nothing waits to be settled here any more."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Conflict with Xero"),
            "res_model": conflict._name,
            "res_id": conflict.id,
            "views": [(False, "form")],
        }

    def action_xero_fix(self):
        """Open the screen that fixes the failure of this record."""
        self.ensure_one()
        self._xero_check_person()
        job = self.sudo()._xero_open_jobs().get(self.id)
        return job.with_user(self.env.user).action_fix() if job else True

    def action_xero_jobs(self):
        """Open the jobs of these records."""
        self._xero_check_person()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job")
        return {**action, "domain": [("res_model", "=", self._name), ("res_id", "in", self.ids)], "context": {}}
