from odoo import models


class XeroExporterPeriodJournal(models.AbstractModel):
    """As journal entries are sent."""

    _name = "xero.exporter.period.journal"
    _inherit = "xero.exporter.journal"
    _description = "Xero Stock Journal Exporter"

    _xero_types = ("PeriodJournal",)
