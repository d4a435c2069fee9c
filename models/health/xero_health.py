"""What the health page shows, and what can be done from it."""

from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..link.access import ACCOUNTANT, XERO_ADMINISTRATOR, XERO_USER, check_role
from ..link.notice import notice
from ..queue.xero_sync_job import CLICK, FAILED
from . import checks, forecast
from . import texts as words
from .check import flow_level, silent_after
from .facts import LOOK_BACK, old_draft_domain

# A retry of all is one statement for each of these many jobs.
RETRY_AT_ONCE = 5000
MONEY_GROUPS = f"account.group_account_readonly,{ACCOUNTANT}"


class XeroHealth(models.AbstractModel):
    """It takes connections, reads them with the rights of the system, and shows no more than the user may see."""

    _name = "xero.health"
    _description = "Xero Health"

    @api.model
    def _in_short(self, connections) -> dict:
        """Return ``{connection id: (level, what is not well, in sentences)}``.

        :param connections: ``xero.connection``
        :return: the level is one of ``check.LEVELS``
        """
        short = {}
        for connection_id, facts in self.env["xero.health.facts"]._read(connections).items():
            findings = checks.judge(facts)
            sentences = [checks.sentence(self.env, finding) for finding in findings if finding.level != "ok"]
            short[connection_id] = (checks.worst(findings), "\n".join(sentences))
        return short

    # === PAGE === #

    @api.model
    def get_page(self) -> dict:
        """Return the health of every connection of the companies that are switched on, as plain data.

        About 20 queries whatever the number of connections, and no call to Xero.

        :raise AccessError: the user is no Xero user
        """
        check_role(self.env, XERO_USER, self.env._("Only Xero users see the health of connections."))
        connections = self.env["xero.connection"].search([("active", "=", True)])
        return {
            "connections": self._of(connections),
            "is_manager": self._is_manager(),
            "levels": dict(connections._fields["health_level"]._description_selection(self.env)),
            "flows": words.flow_labels(self.env),
        }

    def _sees_money(self) -> bool:
        """Whether the user may know what the company is owed and owes: clerks see their documents alone."""
        return self.env.su or self.env.user.has_groups(MONEY_GROUPS)

    def _books(self, connection) -> dict:
        """Return what the last reconciliation of ``connection`` found, as far as the user may see it.

        :return: empty before the first; ``sums`` (label, amounts of Odoo and Xero, difference, in words) for those who
            see the company's money
        """
        report = connection.last_reconciliation_id
        if not report:
            return {}
        money, sees_money = report.currency_id.format, self._sees_money()
        verdicts = dict(report._fields["verdict"]._description_selection(self.env))
        sides = (
            (self.env._("Receivable"), report.receivable_odoo, report.receivable_xero, report.receivable_difference),
            (self.env._("Payable"), report.payable_odoo, report.payable_xero, report.payable_difference),
        )
        return {
            "verdict": report.verdict,
            "text": report.verdict_text if sees_money else verdicts.get(report.verdict),
            "at": fields.Datetime.to_string(report.as_of) if report.as_of else False,
            "sums": [
                {
                    "label": label,
                    "odoo": money(ours),
                    "xero": money(theirs),
                    "difference": money(gap),
                    "differs": not report.currency_id.is_zero(gap),
                }
                for label, ours, theirs, gap in (sides if sees_money else ())
            ],
        }

    def _is_manager(self) -> bool:
        return self.env.su or self.env.user.has_group(XERO_ADMINISTRATOR)

    def _is_for_user(self, action) -> bool:
        return self.env.su or not action.group or self.env.user.has_group(action.group)

    @api.model
    def _of(self, connections) -> list[dict]:
        """Return the health of ``connections``, one plain dict for each."""
        if not connections:
            return []
        companies, now, sudo = self.env.companies, fields.Datetime.now(), connections.sudo()
        reader, charts = self.env["xero.health.facts"], self.env["xero.health.charts"]
        jobs, done = reader._jobs(sudo, companies), reader._done(sudo, now - LOOK_BACK, companies)
        facts = reader._read(connections, companies, jobs, done)
        calls, history = charts._calls(sudo, now), charts._history(sudo, now, companies)
        return [
            self._of_one(
                connection,
                facts[connection.id],
                jobs[connection.id],
                done[connection.id],
                calls[connection.id],
                history[connection.id],
            )
            for connection in connections
        ]

    def _of_one(self, connection, facts, jobs, done, calls, history) -> dict:
        findings = checks.judge(facts)
        return {
            "id": connection.id,
            "name": connection.name,
            "company": connection.sudo().company_id.name,
            "level": checks.worst(findings),
            "is_linked": facts.state != "new",
            "checks": [self._check(finding) for finding in findings],
            "flows": [self._flow(facts, flow) for flow in facts.flows],
            "failures": self._failures(jobs),
            "books": self._books(connection),
            "queue": self._forecast_of_queue(facts, done),
            "usage": self._usage(facts, calls),
            "charts": self.env["xero.health.charts"]._series(facts, done, calls, history),
        }

    def _check(self, finding) -> dict:
        actions = words.page_actions(self.env)
        return {
            "topic": finding.topic,
            "label": checks.label(self.env, finding.topic),
            "level": finding.level,
            "text": checks.sentence(self.env, finding),
            "advice": checks.advice(self.env, finding),
            "actions": [
                {"name": name, **asdict(actions[name])} for name in finding.actions if self._is_for_user(actions[name])
            ],
        }

    def _flow(self, facts, flow) -> dict:
        level = flow_level(facts, flow)
        return {
            "name": flow.name,
            "last": fields.Datetime.to_string(flow.last) if flow.last else False,
            "level": level,
            "text": self._flow_text(facts, flow, level),
        }

    def _flow_text(self, facts, flow, level):
        if level != "ok" and flow.every is None:
            return self.env._("Waits since %s.", words.moment(self.env, flow.waiting_since))
        if flow.every is None:
            return self.env._("When something happens")
        minutes = round(flow.every.total_seconds() / 60)
        often = (
            self.env._("Every %s hours", minutes // 60) if minutes >= 120 else self.env._("Every %s minutes", minutes)
        )
        if level == "ok":
            return often
        hours = round(silent_after(facts, flow).total_seconds() / 3600)
        return self.env._("%(often)s; people are notified after %(hours)s hours.", often=often, hours=hours)

    def _failures(self, jobs) -> list[dict]:
        """Return what failed by reason, the most frequent first."""
        labels = dict(self.env["xero.sync.job"]._fields["failure_type"]._description_selection(self.env))
        todos, counts, oldest = words.failure_todos(self.env), {}, {}
        for state, kind, _operation, _type, count, made, _due, _heartbeat in jobs:
            if state in FAILED:
                counts[kind] = counts.get(kind, 0) + count
                oldest[kind] = min(oldest.get(kind) or made, made)
        return [
            {
                "type": kind or False,
                "label": labels.get(kind) or self.env._("No reason kept"),
                "count": count,
                "oldest": fields.Datetime.to_string(oldest[kind]),
                "advice": todos.get(kind, ""),
            }
            for kind, count in sorted(counts.items(), key=lambda pair: -pair[1])
        ]

    def _forecast_of_queue(self, facts, done) -> dict:
        hour_ago = fields.Datetime.subtract(facts.now, hours=1)
        rate = sum(count for hour, _type, count, _newest in done if hour >= hour_ago)
        left = forecast.backlog_done_in(facts, rate)
        return {
            "waiting": facts.waiting,
            "blocked": facts.blocked,
            "failed": facts.failed,
            "oldest": fields.Datetime.to_string(facts.oldest_at) if facts.oldest_at else False,
            "done_at": fields.Datetime.to_string(facts.now + left) if left else False,
        }

    def _usage(self, facts, calls) -> dict:
        hours = 3
        recent = sum(count for hour, count in calls.items() if hour > fields.Datetime.subtract(facts.now, hours=hours))
        usage = forecast.day_end(facts, recent, hours)
        if usage:
            usage["ends_at"] = fields.Datetime.to_string(usage["ends_at"]) if usage["ends_at"] else False
            usage["seen_at"] = fields.Datetime.to_string(facts.limits_at)
        return usage or {}

    # === ACTIONS: what the page's buttons call; a person names connections by their ids === #

    @api.model
    def _named(self, connection_ids):
        """Return the connections that a person names, which are for a Xero user to see.

        :param connection_ids: whatever the person's program sent
        :raise AccessError, MissingError, UserError: they are not for the user, gone, or no ids
        """
        self.env["xero.sync.job"]._check_person()
        if not isinstance(connection_ids, list) or not all(type(one) is int for one in connection_ids):
            raise UserError(self.env._("Name connections by a list of their ids."))
        connections = self.env["xero.connection"].browse(connection_ids)
        connections.check_access("read")
        return connections

    def _failed_domain(self, connections, failure_type):
        domain = [("connection_id", "in", connections.ids), ("state", "in", FAILED)]
        if failure_type is None:
            return domain
        if failure_type not in (False, *self.env["xero.sync.job"]._fields["failure_type"].get_values(self.env)):
            raise UserError(self.env._("Nothing failed for this reason any more."))
        return [*domain, ("failure_type", "=", failure_type)]

    @api.model
    def action_open_failed(self, connection_ids, failure_type=None) -> dict:
        """Return the action that opens the failed jobs of these connections.

        :param failure_type: only those of this reason; ``False`` for those without any, ``None`` for all
        """
        domain = self._failed_domain(self._named(connection_ids), failure_type)
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job_failed")
        return {**action, "domain": domain, "context": {}}

    @api.model
    def action_retry_failed(self, connection_ids, failure_type=None) -> dict:
        """Put the failed jobs of these connections that the user may see back to the queue; return a notice.

        :param failure_type: as for :meth:`action_open_failed`
        """
        domain = self._failed_domain(self._named(connection_ids), failure_type)
        jobs = self.env["xero.sync.job"].search(domain, limit=RETRY_AT_ONCE)
        if not jobs:
            raise UserError(self.env._("Nothing failed for this reason any more."))
        jobs.action_retry()
        return notice(self.env._("%s jobs are tried again.", len(jobs)), reload=False)

    @api.model
    def action_read_again(self, connection_ids) -> dict:
        """Have the worker read everything that changed in Xero, ahead of background work; return a notice. Makes no
        call itself.
        """
        connections = self._named(connection_ids)
        self.env["xero.click"]._begin(connections, "changes")
        for connection in connections.sudo():
            for inbound in self.env["xero.inbound"]._all():
                if inbound._is_polled(connection):
                    self.env["xero.sync.job"].sudo()._enqueue_poll(connection, inbound._xero_type, priority=CLICK)
            self.env["xero.task.organisation"]._enqueue(connection, CLICK)
        self.env["xero.sync.runner"]._wake(connections.ids)
        return notice(self.env._("Xero is being read; what changed appears within a minute."), reload=False)

    @api.model
    def action_open_drafts(self, connection_ids) -> dict:
        """Return the action that shows the documents of these connections that have been drafts again for long."""
        links = self.env["xero.link"].search(old_draft_domain(self._named(connection_ids)))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Drafts That Xero Keeps"),
            "res_model": "account.move",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", links.mapped("res_id"))],
        }

    @api.model
    def action_open_reconciliation(self, connection_ids) -> dict:
        """Return the action that opens the last report of a connection, or all its reports where none is done."""
        connection = self._named(connection_ids).ensure_one()
        if report := connection.last_reconciliation_id:
            return report._get_records_action()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_reconciliation")
        return {**action, "domain": [("connection_id", "=", connection.id)]}

    @api.model
    def action_webhook_guide(self, connection_ids) -> dict:
        """Return the action that shows how webhooks are set up, with the address to copy."""
        connection = self._named(connection_ids).ensure_one()
        connection._check_administrator()
        return connection._get_records_action(
            target="new",
            name=self.env._("Set up webhooks"),
            views=[(self.env.ref("xero_connector.xero_connection_view_form_webhook").id, "form")],
        )
