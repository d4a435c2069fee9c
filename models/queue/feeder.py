"""What fills the queue besides what people do: webhooks, histories, and what the sweep looks for."""

from odoo import models
from odoo.tools import SQL


class XeroFeeder(models.AbstractModel):
    """One source of jobs. A new one is a model that inherits this one and implements the hooks it has use for; workers
    and the sweep find it. Of those that have news the first spares the others the question.

    ``connection`` is the ``xero.connection`` that is served. Every hook runs as superuser inside a transaction of the
    worker or the sweep, which commits it, and calls nobody.
    """

    _name = "xero.feeder"
    _inherit = "xero.hook"
    _description = "Xero Feeder"

    # === HOOKS OF A DRAIN === #

    def _before_claim(self, connection) -> None:
        """Queue what came for ``connection``, before jobs are chosen: each time, so it must be cheap.

        What it queues may be claimed in the same transaction.
        """

    def _has_news(self, connection) -> bool:
        """Queue more, or see that more came, when there was no job to choose.

        :return: whether it is worth choosing again. Always ``True`` would keep the drain running until its time is over
        """
        return False

    def _after_drain(self, connection) -> None:
        """Write down what ended with the jobs of this drain."""

    # === HOOKS OF THE SWEEP === #

    def _begin_sweep(self, connection) -> int:
        """Take over documents of ``connection`` before the sweep looks for them.

        It is not asked before the two books are matched.

        :return: how many of this feeder's documents wait
        """
        return 0

    def _left_to_it_sql(self, scope) -> SQL | None:
        """Return a condition on ``account_move m``, of the documents that the sweep leaves to this feeder; ``None`` if
        there are none.

        :param scope: ``Scope`` of ``connection/xero_connection``, as ``xero.connection._scope`` returns it
        """
        return None

    def _end_sweep(self) -> None:
        """Queue what the sweep of documents and contacts does not find, for all connections, once a night."""
