from odoo import api, models


class XeroConnectionHook(models.AbstractModel):
    """What other rooms do when something happens to a connection, which knows none of them."""

    _name = "xero.connection.hook"
    _inherit = "xero.hook"
    _description = "Xero Connection Hook"

    # === TO IMPLEMENT === #

    @api.model
    def _linked(self, connection) -> None:
        """Do what follows when the user of the environment has linked an organisation.

        :param connection: the one connection, as that user has it
        """

    @api.model
    def _pull(self, connections) -> None:
        """Queue what is to be read beside the lists of the organisations, which a person has just had read."""

    @api.model
    def _facts_read(self, connection) -> None:
        """Do what follows when the lane's worker has read facts and lists of ``connection``, in its transaction."""

    @api.model
    def _is_undecided(self, connection) -> bool:
        """Return whether what existed before ``connection`` has to stay until a person decides something."""
        return False

    @api.model
    def _next_step(self, connection) -> dict | None:
        """Return the action that a person goes on with after a consent; ``None`` leaves it to others, and at last to
        the form of ``connection``.
        """
        return None
