"""Incidents: what people are told of once, while it lasts."""

import logging
from datetime import datetime

from markupsafe import Markup
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models

from ...mappers.reason import pack, unpack
from ...mappers.text import named
from ..queue.drain import BEGIN_ANEW
from . import checks
from .check import Finding

_logger = logging.getLogger(__name__)


class XeroAlert(models.Model):
    """One incident of a connection: one to-do and one e-mail when it begins, repeated daily at most, and closed by
    itself.

    It keeps the finding, not its words: each reader gets them in the own language. Findings hold counts, moments and
    Xero's or our reason, and never what is on a document.
    """

    _name = "xero.alert"
    _inherit = ["xero.company.guard"]
    _description = "Xero Alert"
    _order = "opened_at desc, id desc"
    _rec_name = "title"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True, index=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    topic = fields.Selection(
        [
            ("connection", "Connection"),
            ("consent", "Consent"),
            ("workers", "Workers"),
            ("queue", "Queue"),
            ("failures", "Failed jobs"),
            ("silence", "Reading from Xero"),
            ("calls", "Calls to Xero"),
            ("webhook", "Webhooks"),
            ("quarantine", "Quarantine"),
            ("marks", "Marks in Xero"),
            ("books", "Reconciliation"),
        ],
        required=True,
        readonly=True,
    )
    code = fields.Char(required=True, readonly=True)
    values = fields.Json(readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")], "Status", required=True, default="open", readonly=True
    )
    opened_at = fields.Datetime("Since", required=True, default=fields.Datetime.now, readonly=True)
    told_at = fields.Datetime("Last Notified", readonly=True)
    told_count = fields.Integer("Times Notified", readonly=True)
    closed_at = fields.Datetime("Over Since", readonly=True)
    activity_id = fields.Many2one("mail.activity", "To-Do", readonly=True, ondelete="set null", copy=False)
    title = fields.Char(compute="_compute_words")
    message = fields.Text(compute="_compute_words")
    advice = fields.Text("What to Do", compute="_compute_words")
    url = fields.Char(compute="_compute_url")

    _open_unique = models.UniqueIndex("(connection_id, topic) WHERE state = 'open'")

    @api.depends("topic", "code", "values")
    @api.depends_context("lang", "tz")
    def _compute_words(self):
        for alert in self:
            finding = Finding(alert.topic, code=alert.code, values=alert._finding_values())
            alert.title = f"{named(alert.connection_id.sudo().name)}: {checks.label(self.env, alert.topic)}"
            alert.message = checks.sentence(self.env, finding)
            alert.advice = checks.advice(self.env, finding)

    def _compute_url(self):
        for alert in self:
            alert.url = f"{alert.get_base_url()}/odoo/xero-health"

    def _finding_values(self) -> dict:
        return {name: self._finding_value(value) for name, value in (self.values or {}).items()}

    def _finding_value(self, value):
        if isinstance(value, dict):
            return datetime.fromisoformat(value["moment"])
        return unpack(self.env, value) if isinstance(value, str) else value

    @api.model
    def _stored_values(self, values: dict) -> dict:
        return {name: self._stored_value(value) for name, value in values.items()}

    @api.model
    def _stored_value(self, value):
        if isinstance(value, datetime):
            return {"moment": value.isoformat()}
        return pack(self.env, value) if isinstance(value, str) else value

    # === KEEPING UP === #

    @api.model
    def _cron_alert(self) -> None:
        """Open and close incidents of all connections; some fifteen queries while nothing changes, no call to Xero."""
        own = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        # A copied database tells nobody: its people are those of the live one.
        connections = self.env["xero.connection"].search([("database_uuid", "=", own), ("state", "!=", "new")])
        self.search([("state", "=", "open"), ("connection_id.active", "=", False)])._close()
        self.env["xero.hold"]._look(connections)
        try:
            self._refresh_alerts(connections)
        except BEGIN_ANEW:
            self.env.cr.rollback()
            _logger.info("Somebody else wrote at the same time: incidents are looked at again in a minute")

    @api.model
    def _refresh_alerts(self, connections) -> None:
        """Open and close incidents of ``connections``, in the caller's transaction; a fault here stops nobody else.

        :param connections: ``xero.connection``, as superuser
        :raise SerializationFailure, DeadlockDetected: the caller's transaction has to begin again
        """
        # What the caller wrote is not for a savepoint here to lose.
        self.env.flush_all()
        facts = self.env["xero.health.facts"]._read(connections)
        alerts = self.search([("state", "=", "open"), ("connection_id", "in", connections.ids)])
        for connection in connections:
            try:
                with self.env.cr.savepoint():
                    of_connection = alerts.filtered(lambda alert, owner=connection: alert.connection_id == owner)
                    self._update(connection, facts[connection.id], of_connection)
            except BEGIN_ANEW:
                raise
            except UniqueViolation:
                _logger.info("Another worker opened the same incident of connection %s", connection.id)
                self.env.invalidate_all(flush=False)
            except Exception:
                _logger.exception("The alerts of connection %s could not be brought up to date", connection.id)
                self.env.invalidate_all(flush=False)

    @api.model
    def _update(self, connection, facts, alerts) -> None:
        """Make the open incidents of ``connection`` those that ``facts`` call for."""
        open_by_topic = {alert.topic: alert for alert in alerts}
        findings = checks.judge(facts, frozenset(open_by_topic))
        due = [finding for finding in findings if finding.alert and self._is_notified(connection, finding)]
        wanted = {finding.topic: finding for finding in due}
        for topic, alert in open_by_topic.items():
            if topic not in wanted:
                alert._close()
        for topic, finding in wanted.items():
            alert = open_by_topic.get(topic) or self._open(connection, topic, finding)
            alert._renew(finding)

    @api.model
    def _open(self, connection, topic, finding):
        return self.create(
            {
                "connection_id": connection.id,
                "topic": topic,
                "code": finding.code,
                "values": self._stored_values(finding.values),
            }
        )

    def _renew(self, finding) -> None:
        """Keep the newest facts, and tell people when they were not told for a day, or a week of the books."""
        now = fields.Datetime.now()
        if self.told_at and self.told_at > now - checks.CHECKS[self.topic].told_every:
            return
        self.write(
            {
                "code": finding.code,
                "values": self._stored_values(finding.values),
                "told_at": now,
                "told_count": self.told_count + 1,
            }
        )
        people = self._people(self.connection_id)
        self._remind(people)
        self._mail(people)

    @api.model
    def _people(self, connection):
        """Return the users to tell: those chosen who are active and may see ``connection``, else administrators.

        :param connection: one ``xero.connection``
        :return: ``res.users``
        """
        connection.ensure_one()
        chosen = connection.sudo().alert_user_ids.filtered(lambda user: self._may_be_told(connection, user))
        if chosen:
            return chosen
        managers = self.env.ref("xero_connector.group_xero_manager").sudo().all_user_ids
        return managers.filtered(lambda user: self._may_be_told(connection, user)).sorted("id")

    @api.model
    def _may_be_told(self, connection, user) -> bool:
        return (
            user.active
            and not user.share
            and connection.company_id in user.company_ids
            and user.has_group("xero_connector.group_xero_user")
        )

    @api.model
    def _is_notified(self, connection, finding) -> bool:
        """Whether people of ``connection`` want to hear of ``finding`` at all; a place for other modules to say no."""
        return bool(checks.CHECKS[finding.topic].told_every)

    def _remind(self, people) -> None:
        """Leave one to-do on the connection, for the first of ``people``; one that is open already stays."""
        if not people or (self.activity_id and self.activity_id.active):
            return
        # Without the e-mail that Odoo sends for each new activity: ours says more.
        told = self.with_context(lang=people[0].lang, tz=people[0].tz)
        connection = self.connection_id.with_context(mail_activity_quick_update=True, lang=people[0].lang)
        self.activity_id = connection.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=checks.label(told.env, told.topic),
            note=told._note(),
            user_id=people[0].id,
        )

    def _note(self) -> Markup:
        """Return the words of the to-do; of failures with the reasons, which whoever does it begins with."""
        text = " ".join(filter(None, (self.message, self.advice)))
        reasons = self.env["xero.daily"]._reasons(self.connection_id) if self.topic == "failures" else ""
        return Markup("<p>%s</p>%s") % (text, reasons)

    def _mail(self, people) -> None:
        """Queue the e-mail to each of ``people`` in the own language."""
        template = self.env.ref("xero_connector.mail_template_xero_alert", raise_if_not_found=False)
        if not template:
            return
        for person in people.filtered("email"):
            template.with_context(lang=person.lang, tz=person.tz, xero_lang=person.lang).send_mail(
                self.id, email_values={"recipient_ids": [(4, person.partner_id.id)], "email_to": False}
            )

    def _close(self) -> None:
        """The incident is over: say so on its to-do."""
        for alert in self:
            alert.write({"state": "closed", "closed_at": fields.Datetime.now()})
            activity = alert.activity_id
            if activity.active:
                told = alert.with_context(lang=activity.user_id.lang)
                activity.with_context(mail_activity_quick_update=True).action_feedback(
                    feedback=told.env._("Over: everything is healthy again.")
                )


class XeroAlertHook(models.AbstractModel):
    """Whoever connects is told of troubles, until somebody else is chosen."""

    _name = "xero.alert.hook"
    _inherit = "xero.connection.hook"
    _description = "Xero Connection Hook"

    @api.model
    def _linked(self, connection):
        if not connection.sudo().alert_user_ids and self.env["xero.alert"]._may_be_told(connection, self.env.user):
            connection.sudo().alert_user_ids = self.env.user
