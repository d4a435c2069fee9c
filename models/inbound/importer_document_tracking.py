"""Tracking comes back as analytic distribution; what Odoo knows nothing of stays in Xero."""

from collections import defaultdict
from dataclasses import replace

from odoo import models

from ...mappers.document.canonical import tracking_of
from ...mappers.document.together import shares_of, shares_text
from ...mappers.shares import distribution_of, keys_of
from ...mappers.values import amount


class _Tracked:
    """The tracking of the lines of one document.

    :param accounts: ``{option id or name: analytic account id}``
    :param own: what Odoo itself would say of lines, by their ids
    """

    def __init__(self, env, accounts, own):
        self.env, self.accounts, self.own = env, accounts, own
        self.plans = env["account.analytic.account"].browse(accounts.values()).root_plan_id
        self._places = env["decimal.precision"].precision_get("Percentage Analytic")

    def is_own(self, line, text) -> bool:
        """Whether Odoo says ``text`` of ``line`` itself, but for what it knows nothing of."""
        return line.id in self.own and self._known(self.own[line.id]) == self._known(text)

    def _known(self, text) -> list:
        shares = shares_of(text) or [(text.split(), None)]
        found = defaultdict(int)
        for options, net in shares:
            found[tuple(sorted(key for key in options if key in self.accounts))] += net or 0
        return sorted(found.items()) if len(found) > 1 else [*found]

    def distribution(self, line, shares):
        """Return the distribution of ``line`` by ``shares``; ``None`` for amounts that make no percentages.

        An option of several accounts is the one that the line has.
        """
        if not sum(net for _options, net in shares):
            return None
        present = line.analytic_distribution or {}
        own = self.env["account.analytic.account"].browse({one for ids, _percent in keys_of(present) for one in ids})
        plan_of = {one.id: one.root_plan_id.id for one in own.exists() if one.root_plan_id in self.plans}
        plan_of |= {one: 0 for one in self.accounts.values() if one not in plan_of}
        parts = [
            (tuple(self.accounts[key] for key in options if key in self.accounts), net) for options, net in shares
        ]
        return distribution_of(parts, present, plan_of, self._places)


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    def _write_tracking(self, connection, move, state) -> None:
        """Give each line of ``move`` the analytic accounts that its options stand for, where they differ.

        :param state: its lines are those of ``move``; where a line has parts, its tracking is what
            ``together.shares_text`` writes
        """
        accounts = self._tracked_accounts(connection)
        lines = self._told_lines(move)
        told = state.tracking
        if not accounts or len(lines) != len(state.lines):
            return
        tracked = _Tracked(self.env, accounts, self._own_tracking(connection, move))
        for line, text in zip(lines, told or [""] * len(lines)):
            if line.display_type != "product" or tracked.is_own(line, text):
                continue
            if shares := shares_of(text):
                distribution = tracked.distribution(line, shares)
            else:
                wanted = {accounts[key] for key in text.split() if key in accounts}
                distribution = self._distribution(line.analytic_distribution, wanted, tracked.plans)
            if distribution is not None:
                line.analytic_distribution = distribution or False

    def _own_tracking(self, connection, move) -> dict:
        """Return what Odoo itself would say of the tracking of the lines of ``move``, by their ids."""
        out = self._outgoing(connection, move).get(move.id)
        if out is None or not out.payload:
            return {}
        rows = self._document_element(connection, self.env["xero.link"], out.payload, out.total)["LineItems"]
        told, parts = tracking_of(rows) or [""] * len(rows), defaultdict(list)
        for line_id, row, options in zip(out.line_ids, rows, told):
            parts[line_id].append((options, amount(row.get("LineAmount"))))
        return {line_id: shares_text(found) for line_id, found in parts.items()}

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
                # Shares that were not told to Xero: it says nothing about them.
                return None
            changed |= set(ours.ids) != wanted
            ids = sorted({*(accounts - ours).ids, *wanted})
            name = ",".join(map(str, ids))
            if name:
                merged[name] = merged.get(name, 0.0) + percent
        return merged if changed else None


