from odoo import api, models
from odoo.tools import SQL


class XeroStockSource(models.AbstractModel):
    """One kind of what stock journals are made of. A new one is a model that inherits this one; collecting finds it.

    ``connection`` is the ``xero.connection`` that is served.
    """

    _name = "xero.stock.source"
    _inherit = "xero.hook"
    _description = "Xero Stock Source"

    # The choice of ``stock_journals`` that it belongs to.
    _mode = None

    @api.model
    def _rows_sql(self, connection, companies) -> SQL:
        """Return a query of everything that belongs in stock journals since ``connection.stock_from``, each row with
        another ``source_model, source_id, part``.

        :param companies: ``res.company`` that the connection serves
        :return: with the columns ``source_model, source_id, part, company_id, document_model, document_id, document,
            date, account_id, balance, analytic_distribution``: the day counts in the company's time zone, ``balance``
            is a debit in the company's currency, ``part`` a text where a source has several rows, else empty, and
            ``document`` the number that people know it by
        """
        raise NotImplementedError

    @api.model
    def _union_sql(self, connection, companies) -> SQL:
        """Return the rows of all sources of the connection's mode in one query, as :meth:`_rows_sql`.

        :param companies: ``res.company`` that the connection serves
        """
        sources = [source for source in self._all() if source._mode == connection.stock_journals]
        # Not all: two sources may have the same row.
        return SQL(" UNION ").join(SQL("(%s)", source._rows_sql(connection, companies)) for source in sources)
