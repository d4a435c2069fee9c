from odoo import http
from odoo.http import request

from ..models.inbound import webhook_inbox

# Deliveries are small: Xero sends up to some hundred events of a few hundred bytes.
LARGEST = 1_000_000


class XeroWebhook(http.Controller):
    @http.route(
        "/xero/webhook/<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def deliver(self, token):
        """Take a delivery of Xero: prove it, keep its events, say 200 with nothing else, all within milliseconds.

        A wrong signature, an unknown address and an oversized body get the same empty 401. Reading what changed
        is left to the worker.
        """
        length = request.httprequest.content_length
        credential = webhook_inbox.credential_at(request.env, token)
        if length is None or length > LARGEST or not credential:
            return self._answer(401)
        signature = request.httprequest.headers.get("x-xero-signature")
        return self._answer(webhook_inbox.take(credential, token, request.httprequest.get_data(), signature))

    def _answer(self, status):
        response = request.make_response(b"", status=status)
        response.headers.remove("Content-Type")
        return response
