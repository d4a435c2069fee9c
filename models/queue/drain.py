"""One drain: a worker at work on one organisation, from opening its client until it leaves the lane."""

import time

from psycopg2 import errors as pg_errors

from ..connection import gate as xero_gate

# After these a transaction is good for nothing more, in a savepoint neither: only its caller can begin it again.
BEGIN_ANEW = (pg_errors.SerializationFailure, pg_errors.DeadlockDetected)
CONFLICTS = (*BEGIN_ANEW, pg_errors.UniqueViolation)
TRIES = 10
# Calls in a row that bring nothing, after which the lane waits.
SETBACKS = 3
# What takes longer lets other work of the organisation have its turn, and goes on at its place.
SLICE_SECONDS = 20


class Drain:
    """What all that a worker calls in a lane shares.

    A hook that is given one calls Xero through ``client`` outside any transaction, and writes through
    :meth:`transaction` alone: what it read from the ORM before is read anew afterwards.

    :ivar env: the worker's environment: superuser, on a cursor of its own
    :ivar connection: the one organisation, in that environment
    :ivar ends: when no more is begun, of ``time.monotonic()``
    :ivar client: calls Xero; ``None`` before :meth:`open`
    :ivar key_prefix: what idempotency keys of its calls begin with; empty before :meth:`open`
    :ivar looked_ahead: whether it is known that Xero holds nothing of ours that this database lost
    """

    def __init__(self, connection, ends: float = float("inf")):
        self.env = connection.env
        self.connection = connection
        self.ends = ends
        self.client = None
        self.key_prefix = ""
        self.looked_ahead = False
        self._slice_ends = ends
        # Calls that the audit does not hold yet; so many of them are in the open transaction.
        self._calls = []
        self._recorded = 0
        # Calls in a row that brought nothing although Xero can be read.
        self._setbacks = 0

    # === CLIENT === #

    def open(self) -> None:
        """Open the client.

        :raise XeroError: the organisation may not be called
        """
        self.client = xero_gate.open_client(self.connection, on_call=self._calls.append)
        # Xero keeps idempotency keys per app: database and organisation make them ours alone.
        own, theirs = self.connection.database_uuid or "", self.connection.tenant_id or ""
        self.key_prefix = f"{own[:8]}-{theirs[:8]}"

    def close(self) -> None:
        if self.client:
            self.client.close()

    # === TIME === #

    def begin_slice(self) -> None:
        """Begin what may go on in one go for a while, yet not beyond the worker's own end."""
        self._slice_ends = min(time.monotonic() + SLICE_SECONDS, self.ends)

    def is_slice_over(self) -> bool:
        """Whether what began with :meth:`begin_slice` shall let other work have its turn."""
        return time.monotonic() >= self._slice_ends

    def is_held(self) -> bool:
        """Whether the calls left today are those kept for people; one query."""
        return self.env["xero.sync.runner"]._is_held(self.connection)

    # === TRANSACTIONS === #

    def transaction(self, step, *args):
        """Run ``step`` and commit; begin anew when a user's transaction came in between.

        What Xero answered is in memory and must not be lost to a concurrent edit.

        :param step: may run several times, from the start; it calls nobody, and neither commits nor rolls back
        :param args: handed to ``step``
        :return: what ``step`` returned
        :raise psycopg2.Error: somebody else was faster ten times; whatever else ``step`` raises comes through
        """
        for attempt in range(1, TRIES + 1):
            self._recorded = 0
            try:
                result = step(*args)
                self.env.flush_all()
                self.env.cr.commit()
            except CONFLICTS:
                self.env.cr.rollback()
                if attempt == TRIES:
                    raise
            else:
                del self._calls[: self._recorded]
                self.env.invalidate_all(flush=False)
                return result
        return None

    # === CALLS === #

    def record_calls(self, batch=None) -> None:
        """Write the calls made since the last record to the audit, in the open transaction.

        Called in a ``step`` of :meth:`transaction`: what is rolled back is recorded again.

        :param batch: the stored call whose documents they were for
        """
        calls = self._calls[self._recorded :]
        if calls:
            self.env["xero.sync.runner"]._record_calls(self.connection, calls, batch)
            self._recorded = len(self._calls)

    def is_set_back(self, alone: bool) -> bool:
        """Count a call that brought nothing, unless the one to blame is still looked for among several; return whether
        the lane had better wait.

        :param alone: whether the call was for one record only
        """
        self._setbacks += alone
        return self._setbacks >= SETBACKS

    def made_headway(self) -> None:
        """Note that a call brought something: setbacks are counted anew."""
        self._setbacks = 0
