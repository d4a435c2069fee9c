from odoo import api, models


class XeroConnectionHook(models.AbstractModel):
    """What other rooms do when something happens to a connection, which knows none of them.

    ``connection`` is one ``xero.connection``. Hooks queue what takes calls; an error of theirs fails what they are told
    of.
    """

    _name = "xero.connection.hook"
    _inherit = "xero.hook"
    _description = "Xero Connection Hook"

    # === TO IMPLEMENT === #

    @api.model
    def _linked(self, connection) -> None:
        """Do what follows when the user of the environment has linked an organisation.

        Its facts and lists have been read in this transaction.

        :param connection: the one connection, as that user has it
        """

    @api.model
    def _pull(self, connections) -> None:
        """Queue what is to be read beside the lists of the organisations, which a person has just had read.

        :param connections: ``xero.connection``, as the person has them who asked
        """

    @api.model
    def _facts_read(self, connection) -> None:
        """Do what follows when the lane's worker has read facts and lists of ``connection``, in its transaction.

        :param connection: as superuser
        """

    @api.model
    def _called(self, credential) -> None:
        """Do what follows when Xero has called the webhook address of ``credential``, or somebody else has: at most
        once a minute, in the transaction of the call, which is to take milliseconds.

        :param credential: ``xero.credential``, as superuser
        """

    @api.model
    def _is_undecided(self, connection) -> bool:
        """Return whether what existed before ``connection`` has to stay until a person decides something.

        It is asked for each sweep and on screens, so it must be cheap.
        """
        return False

    @api.model
    def _next_step(self, connection) -> dict | None:
        """Return the action that a person goes on with after a consent; ``None`` leaves it to others, and at last to
        the form of ``connection``.

        :return: an action as Odoo's client takes it
        """
        return None
