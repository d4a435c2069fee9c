from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..mappers.text import named
from .link.access import XERO_ADMINISTRATOR, XERO_USER, check_one
from .link.notice import notice
from .link.xero_link import GONE_STATUSES, OPEN_STATES
from .queue.xero_sync_job import CLICK, EVENT, SWEEP
from .xero_status_mixin import DRAFT_STATES

REASONS_SHOWN = 5
# Those that only open jobs, and links in ``OPEN_STATES`` or of drafts, give a record.
WAITING_STATES = {"queued", "sending", "failed", "conflict", "draft"}


class XeroSyncMixin(models.AbstractModel):
    """A record that is synced as one element of Xero.

    A model that inherits it calls :meth:`_xero_tell` at the end of its own ``create`` and ``write``. Hooks run in the
    transaction, and with the rights, of whoever changed the records; they call nobody. ``scope`` is a ``Scope`` of
    ``connection/xero_connection``.
    """

    _name = "xero.sync.mixin"
    _inherit = ["xero.status.mixin"]
    _description = "Xero Sync Mixin"

    xero_sync_state = fields.Selection(search="_search_xero_sync_state")
    xero_number = fields.Char("Number in Xero", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)

    # === HOOKS === #

    def _xero_refusal(self, scope) -> str | None:
        """Return why this record is not synced under ``scope`` (a ``Scope``), as a sentence; ``None`` when it is.

        :return: translated, with what to do
        """
        raise NotImplementedError

    def _xero_changed(self) -> None:
        """Queue those of ``self`` that Xero should know of after a change; no query where nobody is connected."""
        raise NotImplementedError

    def _xero_created(self) -> None:
        """Queue those of the new ``self`` that Xero should know of."""
        self._xero_changed()

    def _xero_lives_on(self) -> bool:
        """Return whether others take the place of ``self``, which is being deleted: what is under way is theirs."""
        return False

    # === COMPUTE === #

    def _set_xero_ids(self, links):
        self.xero_number = links.xero_number

    def _compute_xero_can_sync(self):
        Connection = self.env["xero.connection"]
        for record in self:
            company = record._xero_company()
            scope = company._xero_is_of_user() and Connection._scope(company.id)
            record.xero_can_sync = bool(scope and not record._xero_refusal(scope))

    # === SEARCH AND GROUP === #

    def _xero_is_draft_sql(self) -> SQL:
        """Return a condition on the links ``l``: what :meth:`_xero_is_draft` says of their records."""
        return SQL("FALSE")

    def _xero_states_sql(self, links=None) -> SQL:
        """Return a selection of ``res_id`` and ``state``, the status of ``_xero_state``: one row for each record that
        has an open job or a link.

        It is made once for a statement: PostgreSQL, where it expects one document and meets a thousand, would read
        all links a thousand times.

        :param links: SQL condition on the links ``l`` that count; an open job counts without
        """
        return SQL(
            """
            WITH states AS MATERIALIZED (
            SELECT COALESCE(job.res_id, link.res_id) AS res_id, COALESCE(job.state, link.state) AS state
              FROM (SELECT DISTINCT ON (j.res_id) j.res_id,
                           CASE WHEN j.state = 'running' THEN 'sending'
                                WHEN j.state IN ('failed', 'dead') OR blocker.state IN ('failed', 'dead') THEN 'failed'
                                ELSE 'queued' END AS state
                      FROM xero_sync_job j LEFT JOIN xero_sync_job blocker ON blocker.id = j.blocked_by_id
                     WHERE %(jobs)s
                     ORDER BY j.res_id, j.state = 'running' DESC, j.id DESC) job
              FULL JOIN (
                    SELECT l.res_id,
                           COALESCE(MIN(CASE WHEN l.xero_status IN %(gone)s THEN NULL
                                             WHEN l.draft_since IS NOT NULL AND l.state IN %(drafts)s AND %(draft)s
                                             THEN 'draft'
                                             WHEN l.left_open IS NOT NULL AND l.state = 'synced' THEN 'left_open'
                                             WHEN l.state = 'error' THEN 'failed' WHEN l.state = 'to_sync' THEN 'queued'
                                             WHEN l.state IN ('synced', 'conflict') THEN l.state END),
                                    CASE WHEN BOOL_OR(l.xero_status IN %(gone)s) THEN 'gone' ELSE 'not_synced' END)
                           AS state
                      FROM xero_link l
                     WHERE %(of_model)s AND %(links)s
                     GROUP BY l.res_id) link ON link.res_id = job.res_id
            ) SELECT res_id, state FROM states
            """,
            jobs=self._xero_open_jobs_sql(),
            of_model=self._xero_links_sql(),
            gone=GONE_STATUSES,
            drafts=DRAFT_STATES,
            draft=self._xero_is_draft_sql(),
            links=links or SQL("TRUE"),
        )

    @api.model
    def _xero_visible_connections(self) -> list[int]:
        """Return the connections that serve the companies the user has switched on."""
        connections = self.env["xero.connection"]
        return list({connections._any_for_company(company).id for company in self.env.companies} - {False})

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "xero_sync_state":
            self._check_field_access(self._fields["xero_sync_state"], "read")
            return SQL("COALESCE(%s, 'not_synced')", self._xero_joined_state(alias, query))
        return super()._field_to_sql(alias, field_expr, query)

    def _xero_joined_state(self, alias, query) -> SQL:
        if query is None:
            condition = SQL("states.res_id = %s", SQL.identifier(alias, "id"))
            return SQL("(SELECT states.state FROM (%s) states WHERE %s)", self._xero_states_sql(), condition)
        joined = query.make_alias(alias, "xero_states")
        condition = SQL("%s = %s", SQL.identifier(joined, "res_id"), SQL.identifier(alias, "id"))
        query.add_join("LEFT JOIN", joined, SQL("(%s)", self._xero_states_sql()), condition)
        return SQL.identifier(joined, "state")

    def _search_xero_sync_state(self, operator, value):
        """What waits for something is looked for among what is open, never among all documents."""
        if operator != "in":
            return NotImplemented
        asked = {str(state) for state in value}
        found = Domain.FALSE
        if "not_synced" in asked:
            found |= Domain.custom(to_sql=lambda _model, alias, _query: self._xero_nothing_known_sql(alias))
        if known := sorted(asked - {"not_synced"}):
            states = self._xero_states_sql(self._xero_links_of_sql(asked))
            matching = SQL("(SELECT states.res_id FROM (%s) states WHERE states.state = ANY(%s))", states, known)
            found |= Domain("id", "in", matching)
        return found

    def _xero_links_of_sql(self, states) -> SQL | None:
        """Return a condition on the links ``l`` that can give a record one of ``states``; ``None``: any link can."""
        if "synced" in states:
            return None
        conditions = [SQL("l.xero_status IN %s", GONE_STATUSES)] if "gone" in states else []
        if "left_open" in states:
            conditions.append(SQL("l.left_open IS NOT NULL"))
        if WAITING_STATES.intersection(states):
            conditions.append(SQL("l.state IN %s OR l.draft_since IS NOT NULL", OPEN_STATES))
        return SQL("(%s)", SQL(" OR ").join(conditions or [SQL("FALSE")]))

    def _xero_nothing_known_sql(self, alias) -> SQL:
        """Return a condition on the records of ``alias``: no open job and no link says that Xero has them, will,
        or had.
        """
        return SQL(
            """(NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.res_id = %(id)s AND %(jobs)s)
            AND NOT EXISTS (SELECT FROM xero_link l WHERE l.res_id = %(id)s AND %(links)s AND %(living)s))""",
            id=SQL.identifier(alias, "id"),
            jobs=self._xero_open_jobs_sql(),
            links=self._xero_links_sql(),
            living=SQL("(l.state IN %s OR l.xero_status IN %s)", (*OPEN_STATES, "synced"), GONE_STATUSES),
        )

    def _xero_open_jobs_sql(self) -> SQL:
        """Return a condition on the jobs ``j`` that tell the status of a record."""
        return SQL(
            """j.res_model = %s AND j.state NOT IN ('done', 'cancelled') AND j.operation IN ('push', 'void')
               AND j.connection_id = ANY(%s)""",
            self._name,
            self._xero_visible_connections(),
        )

    def _xero_links_sql(self) -> SQL:
        """Return a condition on the links ``l`` that tell the status of a record."""
        return SQL("l.res_model = %s AND l.connection_id = ANY(%s)", self._name, self._xero_visible_connections())

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

    @api.model
    def _xero_is_quiet(self) -> bool:
        """Whether Xero hears nothing of these changes: what workers take from there, and what programs of a Xero
        administrator ask for (context ``xero_no_sync``).
        """
        trusted = self.env.su or self.env.user.has_group(XERO_ADMINISTRATOR)
        return bool(self.env.context.get("xero_no_sync")) and trusted

    def _xero_tell(self, vals=None) -> None:
        """Queue what Xero should know of, unless it came from there: new records, or what writing ``vals`` changes.

        Models call it last in their own ``create`` and ``write``: here it would run before what those do after super.

        :param vals: as of ``write``; ``None``: ``self`` is new
        """
        if self._xero_is_quiet():
            return
        if vals is None:
            self._xero_created()
        elif not self.env["xero.mapper"]._tracked(self._name)[0].isdisjoint(vals):
            self._xero_changed()

    @api.ondelete(at_uninstall=False)
    def _xero_queue_removal(self):
        """What is deleted in Odoo goes in Xero too: documents are voided or deleted, contacts archived."""
        if self._xero_is_quiet():
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
        jobs = self.env["xero.sync.job"].sudo()
        # The last one that is queued counts: what stands there.
        jobs._enqueue_gone(links.sorted(lambda link: link._is_alive()))
        if not self._xero_lives_on():
            jobs._enqueue_gone_under_way(self._name, self.ids)

    # === ACTIONS === #

    def action_xero_sync(self):
        """Queue these records ahead of background work; a worker sends them within seconds.

        :raise UserError: a record is not synced, with the reason and what to do
        """
        self._xero_check_person()
        self._xero_sync_asked()
        return True

    def _xero_sync_asked(self, runs=None) -> bool:
        """Queue what a person asked for.

        :param runs: ``{connection id: run}`` that the jobs are part of
        :return: whether all of it goes ahead of what others do: so much of one person does within an hour
        :raise UserError: something is not synced, or it is more than one person may ask for within an hour
        """
        all_ahead = True
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            scope = self.env["xero.connection"]._scope(company.id)
            if not scope:
                raise UserError(
                    self.env._("%s is not connected to Xero. Connect it under Settings, Xero.", named(company.name))
                )
            refusals = [refusal for record in records if (refusal := record._xero_refusal(scope))]
            if refusals:
                raise UserError("\n".join(refusals))
            connection = self.env["xero.connection"].browse(scope.connection_id)
            ahead = self.env["xero.click"]._ask_sending(connection, len(records))
            records._xero_let_in(scope.connection_id)
            run = (runs or {}).get(scope.connection_id)
            records._xero_enqueue(scope, CLICK if ahead else SWEEP, run.id if run else None)
            all_ahead &= ahead
        return all_ahead

    def _xero_let_in(self, connection_id: int) -> None:
        """Take back that a person took these out of the sync.

        :param connection_id: id of ``xero.connection``
        """
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
        ready, reasons = self._xero_send_ready()
        return self._xero_selection_notice(len(ready), reasons)

    def _xero_send_ready(self, runs=None) -> tuple:
        """Queue those that can be synced.

        :param runs: ``{connection id: run}`` that the jobs are part of; ``None``: a new run where there are several
        :return: the records that are queued, and sentences on what was left out and why
        """
        ready, reasons = self.browse(), []
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            scope = self.env["xero.connection"]._scope(company.id)
            if not scope:
                reasons.append(self.env._("%s is not connected to Xero.", named(company.name)))
                continue
            refusals = {record: record._xero_refusal(scope) for record in records}
            ready |= self.browse([record.id for record, refusal in refusals.items() if not refusal])
            reasons += filter(None, refusals.values())
        if not ready._xero_sync_asked(ready._xero_new_runs() if runs is None else runs):
            reasons.insert(0, self.env._("They are sent after what others post: these are many within an hour."))
        return ready, reasons

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
        """Return the notice of what :meth:`_xero_send_ready` has queued.

        :param queued: how many records
        :param reasons: sentences on what was left out
        """
        lines = reasons[:REASONS_SHOWN]
        if len(reasons) > REASONS_SHOWN:
            lines.append(self.env._("… and %s more.", len(reasons) - REASONS_SHOWN))
        return notice(
            "\n".join(lines),
            kind="warning" if reasons else "success",
            title=self.env._("%s queued for Xero", queued),
            sticky=bool(reasons),
        )

    def action_xero_preview(self):
        """Show what syncing these records would do in Xero; nothing is sent."""
        return self.env["xero.preview"]._open_for(self)

    def _xero_enqueue(self, scope, priority=EVENT, run_id=None) -> None:
        """Queue ``self`` under ``scope`` in this transaction and wake the worker; one insert for each Xero type.

        :param priority: lower is sooner: ``CLICK``, ``EVENT``, ``SWEEP`` or ``HISTORY``
        :param run_id: id of the ``xero.run`` that they are part of
        """
        Job = self.env["xero.sync.job"].sudo()
        for mapper in self.env["xero.mapper"]._for_model(self._name):
            records = mapper._handles(self) if mapper._xero_type not in scope.off else self.browse()
            Job._enqueue(
                scope.connection_id,
                mapper,
                [(record.id, record._xero_company().id) for record in records],
                priority=priority,
                run_id=run_id,
            )
        self.env["xero.sync.runner"]._wake([scope.connection_id])
        self.invalidate_recordset(
            ["xero_sync_state", "xero_sync_message", "xero_has_fix", "xero_must_ask"], flush=False
        )

    def action_xero_conflict(self):
        """Open the review of what both sides hold of this record."""
        check_one(self)
        self._xero_check_person()
        conflict = self.env["xero.conflict"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("state", "=", "open")], limit=1
        )
        if not conflict:
            raise UserError(self.env._("There is nothing left to resolve here."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Conflict with Xero"),
            "res_model": conflict._name,
            "res_id": conflict.id,
            "views": [(False, "form")],
        }
