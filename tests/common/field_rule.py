"""Field rules for tests."""

from odoo import Command


class RulesMixin:
    """Makes rules on ``self.connection``; ``in_use`` ones as if they had been tried."""

    def rule(self, target, path=None, in_use=True, **values):
        target = self.env.ref(f"xero_connector.target_{target}")
        source = values.pop("source", "field" if path else "constant")
        table = values.pop("table", None)
        if table:
            source, values["value_ids"] = "table", [Command.create(row) for row in table]
        rule = self.env["xero.field.rule"].create(
            {
                "name": values.pop("name", target.label),
                "connection_id": self.connection.id,
                "document": target.document,
                "target_id": target.id,
                "source": source,
                "path": path,
                **values,
            }
        )
        if in_use:
            rule.sudo().write({"state": "active", "was_used": True})
        return rule

    def category(self, name, *options, status="ACTIVE"):
        """Return a tracking category as it is read from Xero, with these options."""
        connection = {"connection_id": self.connection.id}
        category = self.env["xero.tracking.category"].sudo().create(
            {**connection, "status": status, "name": name, "xero_id": name}
        )
        self.env["xero.tracking.option"].sudo().create(
            [
                {"status": "ACTIVE", "name": option, "xero_id": f"{name} {option}", "category_id": category.id}
                | connection
                for option in options
            ]
        )
        return category

    def theme(self, name):
        return self.env["xero.branding.theme"].search(
            [("connection_id", "=", self.connection.id), ("name", "=", name)]
        )
