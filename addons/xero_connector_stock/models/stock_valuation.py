"""What no move says of the value of stock: new prices, landed costs, differences to bills."""

from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.addons.xero_connector.mappers.values import booked

from .stock_collector import VALUATION


class XeroStockValuation(models.AbstractModel):
    """Once a day, where stock journals are made from moves, books what the value of stock is more or less than what its
    moves came to, against the account for stock variation. So stock in Xero is what it is worth in Odoo.
    """

    _name = "xero.stock.valuation"
    _description = "Xero Stock Valuation"

    def _level(self, connection, locks) -> None:
        """Bring the stock in Xero to its value in Odoo, for each of the companies whose day is over.

        The first time it is what the accountant has as opening balance.

        :param connection: ``xero.connection``, as superuser
        :param locks: by ``res.company`` that it serves, the last day that is locked
        """
        if connection.stock_journals != "moves":
            return
        levels = dict(connection.stock_levels or {})
        for company in locks:
            today = self.env["xero.stock.collector"]._today(company)
            kept = levels.get(str(company.id))
            if kept and kept["day"] >= fields.Date.to_string(today):
                continue
            gaps = self._gaps(connection, company)
            if kept:
                opening = {int(account_id): Decimal(amount) for account_id, amount in kept["opening"].items()}
                self._book(connection, company, today - timedelta(days=1), gaps, opening, locks)
            opening = kept["opening"] if kept else {account.id: str(gap) for account, gap in gaps.items()}
            levels[str(company.id)] = {"day": fields.Date.to_string(today), "opening": opening}
        connection.stock_levels = levels

    def _gaps(self, connection, company) -> dict:
        """Return ``{account of stock: Decimal}``: its value in Odoo now, less all that stock journals hold of it."""
        worth = company.with_company(company).stock_value()
        held = dict(
            self.env["xero.period.line"]._read_group(
                [("connection_id", "=", connection.id), ("company_id", "=", company.id)],
                ["account_id"],
                ["balance:sum"],
            )
        )
        places = company.currency_id.decimal_places
        return {
            account: booked(value, places) - booked(held.get(account, 0.0), places)
            for account, value in worth.items()
            if account
        }

    def _book(self, connection, company, day, gaps, opening, locks) -> None:
        """Book what is more or less than when it began, dated ``day``: it counts in that day's period."""
        collector = self.env["xero.stock.collector"]
        lines = []
        for account, gap in gaps.items():
            change = gap - opening.get(account.id, Decimal(0))
            against = account.account_stock_variation_id or company.expense_account_id
            if change and against:
                lines += [(account, "stock", change), (against, "other", -change)]
        if not lines:
            return
        known = [("connection_id", "=", connection.id), ("company_id", "=", company.id), ("date", "=", day)]
        number = self.env["xero.period.line"].search_count([*known, ("source_model", "=", VALUATION)])
        first, _last = collector._bounds(connection, day)
        [journal] = collector._journals(connection, [(first, company.id)], locks).values()
        self.env["xero.period.line"].create(
            [
                {
                    "journal_id": journal.id,
                    "connection_id": connection.id,
                    "company_id": company.id,
                    "source_model": VALUATION,
                    "source_id": company.id,
                    "part": f"{day:%Y-%m-%d} {number} {account.id} {part}",
                    "document": self.env._("Value of stock"),
                    "date": day,
                    "account_id": account.id,
                    "balance": float(amount),
                }
                for account, part, amount in lines
            ]
        )
        journal.is_changed = True
