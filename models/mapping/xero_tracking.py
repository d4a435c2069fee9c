"""What the organisation tracks: categories and their options, read from Xero and never written there."""

from odoo import api, fields, models

from ...xero_api import shape
from .xero_reference import ACTIVE


class XeroTrackingCategory(models.Model):
    _name = "xero.tracking.category"
    _inherit = "xero.reference"
    _description = "Xero Tracking Category"
    _order = "status, name, id"

    _key = "xero_id"
    _kind = "TrackingCategory"

    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    status = fields.Char(readonly=True)
    option_ids = fields.One2many("xero.tracking.option", "category_id", "Options")

    _xero_unique = models.UniqueIndex("(connection_id, xero_id)")

    def _active_names(self) -> str:
        """Return the names of the options that are active, for people."""
        return ", ".join(option.name for option in self.option_ids if option.status == ACTIVE) or "–"

    def _values(self, element):
        return {
            "xero_id": element.get("TrackingCategoryID"),
            "name": element.get("Name") or element.get("TrackingCategoryID"),
            "status": element.get("Status") or ACTIVE,
        }

    def _awaited_keys(self):
        """Extend: an option can be used again when its category can."""
        return super()._awaited_keys() + self.option_ids._awaited_keys()

    @api.model
    def _refresh_with_options(self, connection, categories: list) -> None:
        """As :meth:`_refresh`, with the options that Xero's ``categories`` hold."""
        self._refresh(connection, categories)
        ids = {row.xero_id: row.id for row in self.search([("connection_id", "=", connection.id)])}
        options = [
            {**option, "category_id": ids[category["TrackingCategoryID"]]}
            for category in shape.readable("TrackingCategory", categories)
            if category["TrackingCategoryID"] in ids
            for option in category.get("Options") or []
        ]
        self.env["xero.tracking.option"]._refresh(connection, options)


class XeroTrackingOption(models.Model):
    _name = "xero.tracking.option"
    _inherit = "xero.reference"
    _description = "Xero Tracking Option"
    _order = "category_id, status, name, id"
    _rec_names_search = ["name", "category_id.name"]

    _key = "xero_id"

    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    status = fields.Char(readonly=True)
    category_id = fields.Many2one(
        "xero.tracking.category", required=True, readonly=True, ondelete="cascade", index=True
    )
    category_status = fields.Char("Category Status", related="category_id.status")

    _xero_unique = models.UniqueIndex("(connection_id, xero_id)")

    @api.depends("name", "category_id.name")
    def _compute_display_name(self):
        for option in self:
            option.display_name = f"{option.category_id.name}: {option.name}"

    def _values(self, element):
        return {
            "xero_id": element.get("TrackingOptionID"),
            "name": element.get("Name") or element.get("TrackingOptionID"),
            "status": element.get("Status") or ACTIVE,
            "category_id": element["category_id"],
        }

    def _update_changed(self, values):
        """Extend: the category is compared by its id."""
        same = values.get("category_id") == self.category_id.id
        return super()._update_changed(
            {key: value for key, value in values.items() if key != "category_id" or not same}
        )
