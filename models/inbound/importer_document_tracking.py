"""Tracking comes back as analytic distribution; what Odoo knows nothing of stays in Xero."""

from dataclasses import replace

from odoo import models


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    def _write_tracking(self, connection, move, state) -> None:
        """Give each line of ``move`` the analytic accounts that its options stand for, where they differ."""
        accounts = self._tracked_accounts(connection)
        lines = self._told_lines(move)
        told = state.tracking
        if not accounts or len(lines) != len(state.lines):
            return
        plans = self.env["account.analytic.account"].browse(accounts.values()).root_plan_id
        for line, options in zip(lines, told or [""] * len(lines)):
            wanted = {accounts[key] for key in options.split() if key in accounts}
            distribution = self._distribution(line.analytic_distribution, wanted, plans)
            if line.display_type == "product" and distribution is not None:
                line.analytic_distribution = distribution or False

    def _with_foreign_tracking(self, connection, base, state):
        """Return Odoo's side with the categories that Odoo knows nothing of: they are no difference.

        :param base: what both last agreed on, a ``DocumentState``
        :param state: the ``DocumentState`` as Odoo would send it
        """
        told = base.tracking
        if not told or len(state.lines) != len(told):
            return state
        mapping = self.env["xero.mapping.tracking"]
        own, categories = mapping._own_categories(connection), mapping._categories_of(connection)
        foreign = [[key for key in line.split() if categories.get(key, "").lower() not in own] for line in told]
        mine = state.tracking or [""] * len(told)
        merged = [" ".join(sorted({*line.split(), *kept})) for line, kept in zip(mine, foreign)]
        return replace(state, tracking=tuple(merged)) if any(merged) else state

    def _tracked_accounts(self, connection) -> dict:
        """Return ``{option id or name: analytic account id}`` of the confirmed mappings; of several the first."""
        rows = self.env["xero.mapping.tracking"].search(
            [("connection_id", "=", connection.id), ("state", "=", "confirmed"), ("xero_option_id", "!=", False)]
        )
        found = {}
        for row in rows:
            option = row.xero_option_id
            named = f"{option.category_id.name}:{option.name}".replace(" ", "_").lower()
            for key in (option.xero_id.lower(), named):
                found.setdefault(key, row.account_id.id)
        return found

    def _distribution(self, present, wanted: set, plans):
        """Return the distribution with ``wanted`` in place of what is whole of ``plans``; ``None`` for no change.

        :param present: what the line has, as ``analytic_distribution``; empty without any
        :param wanted: ids of the analytic accounts that it shall have
        :param plans: the root plans that Xero tracks
        """
        env = self.env["account.analytic.account"]
        present, merged, changed = present or {}, {}, False
        for key, percent in (present or {"": 100.0}).items():
            accounts = env.browse([int(part) for part in key.split(",") if part]).exists()
            ours = accounts.filtered(lambda account: account.root_plan_id in plans)
            if len(present) > 1 and ours and not wanted:
                # Shares cannot be told to Xero, so it says nothing about them.
                return None
            changed |= set(ours.ids) != wanted
            ids = sorted({*(accounts - ours).ids, *wanted})
            name = ",".join(map(str, ids))
            if name:
                merged[name] = merged.get(name, 0.0) + percent
        return merged if changed else None


