from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..mappers.text import named

# What the login server says when the person, or the app's settings, stopped the consent.
REFUSALS = {
    "access_denied": "The consent was not given in Xero.",
    "unauthorized_client": "Xero does not let this app ask for these permissions. Check the scopes of the app.",
    "invalid_scope": "Xero does not know one of the permissions asked for. Check the scopes of the app.",
}


class XeroOAuth(http.Controller):
    @http.route("/xero/oauth/callback", type="http", auth="user", methods=["GET"], readonly=False)
    def callback(self, code=None, state=None, error=None, **_kwargs):
        """Take the browser back from Xero's consent page and go on with the connection it was for."""
        payload = request.env["xero.credential"]._read_state(state)
        if not payload:
            return self._page(
                request.env._("This link is not valid any more. Open the connection in Odoo and click Connect again."),
                status=400,
            )
        connection = request.env["xero.connection"].browse(payload["connection"]).exists()
        if not connection or not connection.has_access("write"):
            return self._page(request.env._("You may not connect this company."), status=403)
        if error or not code:
            return self._page(self._refusal(error), connection)
        try:
            action = request.env["xero.consent"]._complete(connection, code, payload["nonce"])
        except UserError as refused:
            return self._page(str(refused), connection)
        return request.redirect(self._address(connection, action))

    def _refusal(self, error):
        return REFUSALS.get(error) or request.env._(
            "Xero ended the consent: %s", named(error) or request.env._("it sent no code")
        )

    def _address(self, connection, action):
        """Return where to go on: the choice of the organisation, the guide, or the connection."""
        if action.get("res_model") == "xero.connect.wizard":
            return f"/odoo/action-xero_connector.action_xero_connect_wizard/{action['res_id']}"
        if action.get("res_model") == "xero.setup":
            return f"/odoo/xero-setup/{action['res_id']}"
        return f"/odoo/action-xero_connector.action_xero_connection/{connection.id}"

    def _page(self, message, connection=None, status=200):
        return request.render(
            "xero_connector.oauth_message",
            {
                "message": message,
                "address": self._address(connection, {}) if connection else "/odoo",
            },
            status=status,
        )
