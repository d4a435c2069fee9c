"""What only a bank transaction of Xero's says of something that is read under another name."""

from odoo import api, fields, models

from ...mappers.values import lower


class XeroBankSighting(models.Model):
    """Xero tells neither the bank account of an over- or prepayment nor what arrived of a transfer into another
    currency, but in the bank transaction that it is (Xero: Prepayments; Bank transfers). It is kept until it is used.
    """

    _name = "xero.bank.sighting"
    _inherit = ["xero.company.guard"]
    _description = "Xero Bank Sighting"
    _order = "id"
    _rec_name = "xero_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    xero_type = fields.Char("Element", required=True, readonly=True)
    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    account_id = fields.Many2one("xero.account", "Bank Account", ondelete="cascade", readonly=True)
    amount = fields.Float(digits=(16, 2), readonly=True, help="In the currency of the bank account.")

    _element_unique = models.UniqueIndex("(connection_id, xero_type, xero_id)")

    @api.model
    def _learn(self, connection, seen: dict) -> dict:
        """Keep what was seen; a fixed number of queries for any number of them.

        :param seen: ``{(Xero's type, id): (id of the bank account, amount as a number)}``
        :return: ``{(type, id in small letters): row}`` of those that are new, or were seen on another account
        """
        accounts = self.env["xero.account"].search(
            [("connection_id", "=", connection.id), ("xero_id", "in", [bank for bank, _amount in seen.values()])]
        )
        by_id, known = {account.xero_id.lower(): account.id for account in accounts}, self._seen(connection, seen)
        news, missing = {}, []
        for (kind, xero_id), (bank, amount) in seen.items():
            key, row = (kind, lower(xero_id)), known.get((kind, lower(xero_id)))
            values = {"account_id": by_id.get(lower(bank), False), "amount": float(amount or 0)}
            if row is None:
                missing.append({"connection_id": connection.id, "xero_type": kind, "xero_id": key[1], **values})
            elif row.account_id.id != values["account_id"] or row.amount != values["amount"]:
                row.write(values)
                news[key] = row
        made = self.create(missing)
        return news | {(row.xero_type, row.xero_id): row for row in made}

    @api.model
    def _seen(self, connection, keys) -> dict:
        """Return ``{(type, id in small letters): row}`` of what was seen; one query.

        :param keys: pairs (Xero's type, id)
        """
        ids = [lower(xero_id) for _kind, xero_id in keys]
        rows = self.search([("connection_id", "=", connection.id), ("xero_id", "in", ids)]) if ids else self
        return {(row.xero_type, row.xero_id): row for row in rows}
