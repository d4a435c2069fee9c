"""Going through every screen: in a language written from right to left, in a wide and in a phone-wide window."""

import json
import shutil

MODULE = "@xero_connector/../tests/tours/xero_screens"
LANGUAGE = "he_IL"
RICH = {
    "xero.match.line": [("candidate_ids", "!=", False)],
    "xero.preview.line": [("kind", "=", "out_invoice")],
    "res.partner": [("xero_contact_id", "!=", False)],
}
"""Which records show most."""


class ScreensMixin:
    def screens(self):
        """Return what the menus and buttons lead to: lists that hold something, and a record of each model's form."""
        own = [("res_model", "=like", "xero.%"), ("target", "=", "current")]
        actions = self.env["ir.actions.act_window"].search(own)
        actions = actions.filtered(lambda action: self.env[action.res_model].search_count([], limit=1))
        found = [{"name": action.xml_id, "action": action.xml_id} for action in actions]
        found.append({"name": "health", "action": "xero_connector.action_xero_health"})
        for model in dict.fromkeys((*actions.mapped("res_model"), "xero.match.line", "account.move", "res.partner")):
            records = self.env[model].with_context(active_test=False)
            views = self.env["ir.ui.view"].search_count([("model", "=", model), ("type", "=", "form")], limit=1)
            if views and (record := records.search(RICH.get(model, []), limit=1)):
                action = record._get_records_action()
                found.append({"name": f"a {model}", "action": action})
        return found

    def walk(self, *sizes):
        """Look at every screen in windows of ``sizes``, from right to left."""
        if not shutil.which("rtlcss"):
            self.skipTest("rtlcss is not installed: Odoo cannot mirror its style sheets")
        self.env["res.lang"]._activate_lang(LANGUAGE)
        self.admin.lang = LANGUAGE
        self.matched()
        self.make_trouble()
        code = f"odoo.loader.modules.get({json.dumps(MODULE)}).walk({json.dumps(self.screens())})"

        def look(browser):
            for size in sizes:
                browser.resize(*size)
                troubles = browser.run(code)
                self.assertFalse(troubles, f"{size}\n" + "\n".join(troubles))

        self.browse("/odoo", look, self.admin)

    def make_trouble(self):
        """Leave something on every screen."""
        strange = self.env["account.move"].union(*self.world.strange.values())
        strange.action_xero_preview()
        self.env["xero.reconciliation"]._request(self.connection)
        strange.action_xero_sync()
        self.drain()
