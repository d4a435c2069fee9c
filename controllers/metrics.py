import hmac

from odoo import http
from odoo.http import request

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class XeroMetrics(http.Controller):
    @http.route("/xero/metrics", type="http", auth="public", methods=["GET"], csrf=False, save_session=False)
    def metrics(self):
        """Return queue and limits in Prometheus' text format, to whoever holds the token of the system parameter
        ``xero_connector.metrics_token``; without that parameter the page does not exist."""
        token = request.env["ir.config_parameter"].sudo().get_param("xero_connector.metrics_token")
        if not token:
            return request.make_response("", status=404)
        given = request.httprequest.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return request.make_response("", status=401)
        lines = request.env["xero.metrics"].sudo()._lines()
        return request.make_response("\n".join(lines) + "\n", headers=[("Content-Type", CONTENT_TYPE)])
