"""Tracking comes back as analytic distribution; what Odoo knows nothing of stays in Xero."""

import re

from odoo import api, models

from ..mappers.tracking import keep_foreign

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    # === XERO TO ODOO === #

    def _change(self, connection, link, move, view, changed, lines=None):
        """Extend: tracking comes back as analytic distribution, also on documents that are paid or locked."""
        super()._change(connection, link, move, view, changed, lines)
        if changed & {"tracking", "lines"}:
            self._write_tracking(connection, move, view)

    def _make(self, connection, element, view, books):
        move = super()._make(connection, element, view, books)
        self._write_tracking(connection, move, view)
        return move

    def _write_tracking(self, connection, move, view) -> None:
        """Give each line of ``move`` the analytic accounts that its options stand for, where they differ."""
        accounts = self._tracked_accounts(connection)
        lines = self._told_lines(move)
        told = view.get("tracking") or []
        if not accounts or len(lines) != len(view.get("lines") or []):
            return
        plans = self.env["account.analytic.account"].browse(accounts.values()).root_plan_id
        for line, options in zip(lines, told or [""] * len(lines)):
            wanted = {accounts[key] for key in options.split() if key in accounts}
            distribution = self._distribution(line.analytic_distribution, wanted, plans)
            if line.display_type == "product" and distribution is not None:
                line.analytic_distribution = distribution or False

    def _view_of(self, connection, link, out):
        """Extend: categories that Odoo knows nothing of are no difference between the sides."""
        view, base = super()._view_of(connection, link, out), link.remote_view or {}
        told = base.get("tracking")
        if not told or "lines" not in view or len(view["lines"]) != len(told):
            return view
        mapping = self.env["xero.mapping.tracking"]
        own, categories = mapping._own_categories(connection), mapping._categories_of(connection)
        foreign = [[key for key in line.split() if categories.get(key, "").lower() not in own] for line in told]
        mine = view.get("tracking") or [""] * len(told)
        merged = [" ".join(sorted({*line.split(), *kept})) for line, kept in zip(mine, foreign)]
        return {**view, "tracking": merged} if any(merged) else view

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
        """Return the distribution with ``wanted`` in place of what is whole of ``plans``; ``None`` for no change."""
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


class XeroConflictLine(models.Model):
    _inherit = "xero.conflict.line"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name") == "tracking":
                vals.update({side: self._named_options(vals.get(side)) for side in ("base", "odoo", "xero")})
        return super().create(vals_list)

    def _named_options(self, text):
        """Return ``text`` with the names of options in place of their ids."""
        ids = ID.findall(text or "")
        options = self.env["xero.tracking.option"].sudo().search([("xero_id", "in", ids)]) if ids else []
        names = {option.xero_id.lower(): option.display_name for option in options}
        return ID.sub(lambda found: names.get(found[0].lower(), found[0]), text or "")

    def _labels(self):
        return {**super()._labels(), "tracking": self.env._("Tracking")}


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _screen_updates(self, connection, client, mapper, items):
        """Extend: what is tracked in categories that Odoo does not know stays as people in Xero chose it."""
        items = super()._screen_updates(connection, client, mapper, items)
        # Where only details of lines go, that is in them already.
        with_lines = [item for item in items if item.payload.get("LineItems") and "Type" in item.payload]
        links = self.env["xero.link"]._map(
            connection, mapper._xero_type, mapper._odoo_model, [item.res_id for item in with_lines]
        )
        tracked = {res_id for res_id, link in links.items() if (link.remote_view or {}).get("tracking")}
        if not tracked:
            return items
        own = self.env["xero.mapping.tracking"]._own_categories(connection)
        return [self._with_foreign(item, links[item.res_id], own) if item.res_id in tracked else item for item in items]

    def _with_foreign(self, item, link, own):
        view = link.remote_view
        categories = self.env["xero.mapping.tracking"]._categories_of(link.connection_id)
        lines = [
            {
                "Description": line.get("description"),
                "Tracking": [
                    {"TrackingOptionID": key, "TrackingCategoryID": categories[key]}
                    for key in options.split()
                    if key in categories
                ],
            }
            for line, options in zip(view.get("lines") or [], view["tracking"])
        ]
        return item._replace(payload=keep_foreign(item.payload, lines, own))
