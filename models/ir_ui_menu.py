from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """Extend: *Set Up* is the first entry until a company of the user is connected, the overview from then on.

        Odoo caches it for each user: whoever links an organisation, or ends a connection, clears that.
        """
        linked = (
            self.env["xero.connection"]
            .sudo()
            .search_count(
                [("company_id", "parent_of", self.env.user.company_ids.ids), ("tenant_id", "!=", False)], limit=1
            )
        )
        hidden = self.env.ref(f"xero_connector.menu_xero_{'begin' if linked else 'overview'}", raise_if_not_found=False)
        return [*super()._load_menus_blacklist(), *(hidden.ids if hidden else [])]
