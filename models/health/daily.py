"""Once a day the people named on a connection hear what waits for them."""

import logging

from markupsafe import Markup

from odoo import api, models

from ...mappers.text import named
from ..queue.drain import BEGIN_ANEW
from . import checks
from .check import Finding

_logger = logging.getLogger(__name__)

# (page of Odoo, topic of the check that words it, which of its sentences)
PAGES = (
    ("/odoo/xero-failed", "failures", "failed"),
    ("/odoo/xero-conflicts", "conflicts", "open"),
    ("/odoo/xero-accounts-mapping", "mapping", "gaps"),
    ("/odoo/xero-quarantine", "quarantine", "odd"),
)


class XeroDaily(models.AbstractModel):
    """Tells by Odoo's own notifications, in the inbox or by e-mail as each person has chosen; counts and kinds of
    reasons, never what is on a document. Nothing is told where nothing waits.
    """

    _name = "xero.daily"
    _description = "Xero Daily Message"

    @api.model
    def _cron_tell(self) -> None:
        """Tell the people of all connections; a copied database tells nobody, and no call is made to Xero."""
        own = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        connections = self.env["xero.connection"].search([("database_uuid", "=", own), ("state", "!=", "new")])
        facts = self.env["xero.health.facts"]._read(connections)
        for connection in connections:
            try:
                with self.env.cr.savepoint():
                    self._tell(connection, facts[connection.id])
            except BEGIN_ANEW:
                raise
            except Exception:
                _logger.exception("The people of connection %s could not be told what waits", connection.id)

    @api.model
    def _tell(self, connection, facts) -> None:
        waiting = self._waiting(facts)
        if not waiting:
            return
        for person in self.env["xero.alert"]._people(connection):
            told = connection.with_context(lang=person.lang, tz=person.tz)
            told.message_notify(
                partner_ids=person.partner_id.ids,
                subject=self._subject(told.env, connection, waiting),
                body=self._body(told, waiting),
                force_send=False,
            )

    @api.model
    def _waiting(self, facts) -> dict:
        """Return ``{topic: how many wait}``, without what nothing waits of."""
        counts = {
            "failures": facts.failed,
            "conflicts": facts.conflicts,
            "mapping": facts.mapping_gaps,
            "quarantine": facts.quarantined,
        }
        return {topic: count for topic, count in counts.items() if count}

    def _subject(self, env, connection, waiting) -> str:
        documents = waiting.get("failures", 0) + waiting.get("conflicts", 0)
        if documents == 1:
            return env._("Xero, %s: 1 document waits for you", named(connection.name))
        if documents:
            return env._(
                "Xero, %(name)s: %(count)s documents wait for you", name=named(connection.name), count=documents
            )
        return env._("Xero, %s: something waits for you", named(connection.name))

    def _body(self, connection, waiting) -> Markup:
        rows = Markup().join(
            Markup('<li><a href="%s">%s</a>%s</li>')
            % (
                page,
                checks.sentence(connection.env, Finding(topic, code=code, values={"count": waiting[topic]})),
                self._reasons(connection) if topic == "failures" else "",
            )
            for page, topic, code in PAGES
            if topic in waiting
        )
        return Markup("<ul>%s</ul>") % rows

    @api.model
    def _reasons(self, connection) -> Markup:
        """Return what failed by kind of reason, with what to do, in the language of ``connection``."""
        jobs = connection.env["xero.health.facts"]._jobs(connection.sudo(), None)[connection.id]
        rows = connection.env["xero.health"]._failures(jobs)
        return Markup("<ul>%s</ul>") % Markup().join(
            Markup("<li>%s × <strong>%s</strong>: %s</li>") % (row["count"], row["label"], row["advice"])
            for row in rows
        )
