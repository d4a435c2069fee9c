"""What tests of items share: an organisation that takes them."""

from uuid import uuid4

from odoo.addons.xero_connector.models.connection import gate as xero_gate
from odoo.addons.xero_connector.xero_api import codec


class ItemCommon:
    """Mixed into a test case that has a connection."""

    def connect(self, connection=None, tenant=None):
        self.credential.requested_scopes = f"{self.credential.requested_scopes} accounting.settings"
        super().connect(connection, tenant)
        (connection or self.connection).item_policy = "first"

    def make_product(self, code="CH-1", name="Chair", **values):
        return self.env["product.product"].create({"name": name, "default_code": code, "lst_price": 50, **values})

    def with_client(self, call):
        client = xero_gate.open_client(self.connection.sudo())
        try:
            return call(client).data["Items"]
        finally:
            client.close()

    def items(self):
        return self.with_client(lambda client: client.get("Items"))

    def item(self, code, name, **values):
        """A person enters an item in Xero; returns its id."""
        body = codec.dumps({"Items": [{"Code": code, "Name": name, **values}]})
        [made] = self.with_client(lambda client: client.put("Items", body, idempotency_key=str(uuid4())))
        return made["ItemID"]
