"""Holding connections while it is not known whether this database is the one that works with Xero."""

import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from . import database as xero_database
from . import gate as xero_gate
from .xero_connection import GATHERING_STATES

_logger = logging.getLogger(__name__)

FALSE_MARKS_NOTED_EVERY = timedelta(hours=1)


class XeroHold(models.AbstractModel):
    """Stops all work on connections and lets it go on; the way out is a recovery (``xero.recovery``)."""

    _name = "xero.hold"
    _description = "Xero Hold"

    @api.model
    def _begin(self, connections, kind: str, reason: str) -> None:
        """Stop all work on the organisations at once, until a person has found out what this database is.

        It is committed at once, whatever becomes of the caller's transaction; the next call to Xero is refused already.

        :param kind: ``copy``, ``moved`` or ``ahead``
        :param reason: what was seen, in a sentence for people
        """
        # What the caller has written must not come after it.
        connections.flush_recordset(["state", "reason"])
        for connection in connections:
            with self.env.registry.cursor() as cr:
                own = connection.with_env(api.Environment(cr, SUPERUSER_ID, {}))
                own.env["xero.recovery"]._open(own, kind, reason)
                own.env.flush_all()
                cr.commit()
        connections.invalidate_recordset(["state", "reason"], flush=False)

    @api.model
    def _found_ahead(self, connection, xero_type: str, elements: list[dict]) -> None:
        """Elements of Xero bear our own signature for records that this database never had, or has otherwise: it is
        older than what it sent, such as a restored backup.
        """
        _logger.info("Xero holds %s %s that this database does not know it sent", len(elements), xero_type)
        self._note_false_marks(connection)
        self._begin(
            connection,
            "ahead",
            self.env["xero.reason"]._(
                "%(count)s elements of Xero (%(type)s) carry the signature of this server for records that this "
                "database does not have, or has otherwise: it is older than what it sent, such as a restored backup.",
                count=len(elements),
                type=xero_type,
            ),
        )

    @api.model
    def _note_false_marks(self, connection) -> None:
        """Remember when there were some, to the hour: a stranger can make a thousand."""
        connection, now = connection.sudo(), fields.Datetime.now()
        if not connection.false_marks_at or connection.false_marks_at < now - FALSE_MARKS_NOTED_EVERY:
            connection.false_marks_at = now

    @api.model
    def _look(self, connections) -> None:
        """Hold those that another database worked with last, though nothing is to be sent at present."""
        for connection in connections.filtered(lambda one: one.state in GATHERING_STATES and not one._held()):
            if other := connection._other_database():
                self._begin(connection, other.kind, str(other))

    @api.model
    def _show(self, connection, recovery) -> None:
        """Let the state say that it is held. Where a worker is writing the row it does so itself, when it ends."""
        free = connection.try_lock_for_update(allow_referencing=True)
        if free.state in GATHERING_STATES:
            free.write({"state": "held", "reason": recovery.reason})

    @api.model
    def _database_values(self) -> dict:
        """Return the columns of a connection that name this database as the one that works with Xero."""
        return {
            "database_uuid": xero_database.uuid(self.env),
            "database_print": xero_database.fingerprint(self.env.cr),
        }

    @api.model
    def _adopt_database(self, connection) -> None:
        """Let this database be the one that works with the organisation: a person said so."""
        connection.write({**self._database_values(), "state": "held"})
        xero_gate.claim(connection.credential_id)

    @api.model
    def _lift(self, connection) -> None:
        """Let the workers go on, in this database and no other."""
        connection.write({"state": "connected", "reason": False, "server_start": xero_database.start(self.env.cr)})
        self.env["xero.sync.runner"]._wake(connection.ids)
