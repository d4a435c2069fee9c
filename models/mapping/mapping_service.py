"""What is done with the mappings of a connection as a whole: read, suggest, make what is missing, accept."""

from dataclasses import replace

from odoo import api, models

from ...xero_api.elements import whole_list

# The lists that are read as they are, by Xero's names.
LISTS = {
    "Accounts": "xero.account",
    "TaxRates": "xero.tax.rate",
    "Currencies": "xero.currency",
    "BrandingThemes": "xero.branding.theme",
}


class XeroMappingService(models.AbstractModel):
    """What it knows of each kind of mapping it is told by the kinds (see ``xero.mapping.mixin``)."""

    _name = "xero.mapping.service"
    _description = "Xero Mapping Service"

    # === READING === #

    @api.model
    def _read_lists(self, connection, client) -> None:
        """Read accounts, tax rates, currencies, branding themes and tracking categories of ``connection`` (one call
        each); bring its mappings up to date.

        :param connection: one connection, with the rights to write it
        :param client: an open ``XeroClient`` of this connection
        :raise XeroError: Xero cannot be read; nothing has changed then
        """
        # Archived categories too: documents may bear them.
        tracking = client.get("TrackingCategories", params={"includeArchived": "true"})
        answers = {resource: whole_list(client.get(resource).data, resource) for resource in LISTS}
        categories = whole_list(tracking.data, "TrackingCategories")
        for resource, model in LISTS.items():
            connection.env[model]._refresh(connection, answers[resource])
        connection.env["xero.tracking.category"]._refresh_with_options(connection, categories)
        if not connection.rounding_account_id:
            connection.rounding_account_id = connection.env["xero.account"].search(
                [("connection_id", "=", connection.id), ("system_account", "=", "ROUNDING"), ("status", "=", "ACTIVE")],
                limit=1,
            )
        self._refresh(connection)

    @api.model
    def _refresh(self, connections) -> None:
        """Suggest again what nobody has confirmed in the mappings of ``connections``.

        :param connections: ``xero.connection``, with the rights to write them
        """
        for connection in connections:
            for kind in connection.env["xero.mapping.mixin"]._all():
                kind._refresh(connection)

    @api.model
    def _accept(self, connections) -> int:
        """Confirm what is sure among the suggestions of ``connections``, as the user who asks.

        :param connections: ``xero.connection``
        :return: how many suggestions are left for a person to decide
        """
        left = 0
        for kind in self.env["xero.mapping.mixin"]._all():
            rows = kind.search([("connection_id", "in", connections.ids), ("state", "=", "suggested")])
            left += len(rows._confirm_sure())
        return left

    # === MISSING MAPPINGS === #

    @api.model
    def _ensure(self, connection, problems) -> bool:
        """Make the mapping rows that ``problems`` of mappers ask for, with suggestions.

        :param connection: one ``xero.connection``
        :param problems: ``Problem`` of ``mappers/outgoing``; those that ask for no row, or name one, are left out
        :return: whether one of them can be used at once, so that preparing again gets further
        """
        asked = [problem.missing for problem in problems if problem.missing and not problem.res_id]
        return self._ensure_missing(connection, asked)

    @api.model
    def _ensure_missing(self, connection, asked) -> bool:
        """Make the mapping rows for ``asked`` (``Problem.missing``), with suggestions; as :meth:`_ensure`.

        :param asked: each begins with the kind, as in ``Problem.missing``
        """
        usable = False
        for kind in self.env["xero.mapping.mixin"]._all():
            keys = sorted({missing[1:] for missing in asked if missing[0] == kind._missing_kind})
            if keys:
                usable |= "confirmed" in kind.sudo()._ensure_missing(connection, keys).mapped("state")
        return usable

    @api.model
    def _locate(self, connection, problem):
        """Return ``problem`` with the mapping row that fixes it, where it was found before there was a row.

        :param problem: ``Problem`` of ``mappers/outgoing``
        """
        if not problem.missing or problem.res_id:
            return problem
        row = self._missing_row(connection, problem.missing)
        return replace(problem, model=row._name, res_id=row.id or None)

    @api.model
    def _missing_row(self, connection, missing: tuple):
        """Return the mapping row for ``missing`` of a problem; empty when there is none yet."""
        return self.env["xero.mapping.mixin"]._for_missing(missing).sudo()._missing_row(connection, missing[1:])
