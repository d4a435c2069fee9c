"""Works of a lane besides documents and elements: large ones in slices, between which other work has its turn."""

from odoo import api, models

from .xero_sync_job import SWEEP

# Where a task stands after a slice: at its end; there is more to do; the day's last calls are for people.
DONE, AGAIN, HELD = "done", "again", "held"


class XeroTask(models.AbstractModel):
    """One kind of work that the workers of a lane do. A new one is a model that inherits this one, names itself and
    implements :meth:`_task_slice`; workers find it. Tasks go on while documents wait for the matching.

    ``connection`` is the ``xero.connection`` that it is for, ``drain`` the worker's :class:`~.drain.Drain`.
    """

    _name = "xero.task"
    _inherit = "xero.hook"
    _description = "Xero Task"

    # As jobs store it and people read it.
    _task = None
    # OAuth permissions that it needs besides those of every consent (Xero: Scopes), and the field of the connection
    # that says whether it is used.
    _scopes = ()
    _switch = None

    @api.model
    def _named(self, name: str):
        """Return the task of a name.

        :param name: as in ``_task``
        :return: the model, without records
        :raise KeyError: there is none (any more)
        """
        return {task._task: task for task in self.env["xero.task"]._all()}[name]

    @api.model
    def _enqueue(self, connection, priority=SWEEP) -> None:
        """Queue this task for ``connection``; a job of it that waits already is reused.

        :param priority: lower is sooner: ``CLICK``, ``EVENT``, ``SWEEP`` or ``HISTORY`` of ``queue/xero_sync_job``
        """
        self.env["xero.sync.job"].sudo()._enqueue_task(connection, self, priority)

    @api.model
    def _carry_out(self, drain, jobs) -> None:
        """Work in slices until ``jobs`` (claimed, of this task) are done or their time is over.

        :param jobs: running, of this task; one in practice
        :raise XeroError: as :meth:`_task_slice`
        """
        drain.begin_slice()
        stands = self._task_slice(drain)
        while stands == AGAIN and not drain.is_slice_over():
            stands = self._task_slice(drain)
        drain.transaction(self.env["xero.sync.runner"]._end_slice, jobs.ids, stands)

    def _is_switched_on(self, connection) -> bool:
        """Whether the settings of ``connection`` have a use for it."""
        return not self._switch or bool(connection[self._switch])

    # === TO IMPLEMENT === #

    def _task_slice(self, drain) -> str:
        """Do some of what waits for this task, in transactions of ``drain``: as little as makes sense alone.

        What takes longer looks at ``drain.is_slice_over()``. It comes again where it stopped, also when the worker was
        killed.

        :return: ``DONE``, ``AGAIN`` or ``HELD``
        :raise XeroError: what concerns the whole organisation: the job waits for the end of its pause. What Xero says
            of this work alone fails the job
        """
        raise NotImplementedError
