from odoo import api, models


class XeroHook(models.AbstractModel):
    """How a room adds to one below it: the lower one has a hook, a model that inherits this one, and calls whatever
    inherits that hook under a name of its own.
    """

    _name = "xero.hook"
    _description = "Xero Hook"

    # Lower is asked first.
    _rank = 50

    @api.model
    def _all(self) -> list:
        """Return every model that inherits this hook, in the order of asking.

        :return: models, without records
        """
        names = self.env.registry.descendants([self._name], "_inherit") - {self._name}
        return sorted((self.env[name] for name in names), key=lambda hook: (hook._rank, hook._name))
