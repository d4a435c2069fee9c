"""A company whose journal entries go to Xero."""

from decimal import Decimal

from odoo import Command

from . import XeroCommon


class JournalCommon(XeroCommon):
    """The entries of the general journal are sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.general = cls.company_data["default_journal_misc"]
        cls.other_journal = cls.env["account.journal"].create(
            {"name": "Adjustments", "code": "ADJ", "type": "general", "company_id": cls.company.id}
        )
        cls.expense = cls.company_data["default_account_expense"]
        cls.revenue = cls.company_data["default_account_revenue"]
        cls.accrual = cls.env["account.account"].create(
            {"name": "Accruals", "code": "ACCR1", "account_type": "liability_current"}
        )
        cls.connection.write({"sync_journals": True, "entry_journal_ids": [Command.link(cls.general.id)]})

    def map_everything(self, connection):
        super().map_everything(connection)
        self.map_account(self.expense, "429")
        self.map_account(self.revenue, "200")
        self.map_account(self.accrual, "850")

    def map_account(self, account, code, connection=None):
        connection = connection or self.connection
        row = self.env["xero.mapping.account"].sudo()._ensure(connection, account)
        row.xero_account_id = self.xero_account(code, connection)
        row._confirm()
        return row

    def xero_account(self, code, connection=None):
        domain = [("connection_id", "=", (connection or self.connection).id), ("code", "=", code)]
        return self.env["xero.account"].sudo().search(domain)

    def make_entry(self, lines, post=True, journal=None, **values):
        """Return an entry; each line is (account, balance) or a dict of values."""
        commands = [
            Command.create(line if isinstance(line, dict) else {"account_id": line[0].id, "balance": line[1]})
            for line in lines
        ]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-31",
                "journal_id": (journal or self.general).id,
                "line_ids": commands,
                **values,
            }
        )
        if post:
            entry.action_post()
        return entry

    def set_balances(self, entry, *balances):
        """Give the lines of a draft these balances, in their order."""
        lines = entry.line_ids.sorted("id")
        entry.line_ids = [Command.update(line.id, {"balance": one}) for line, one in zip(lines, balances, strict=True)]

    def journal_in_xero(self, record):
        """Return the manual journal of ``record`` as the simulator keeps it."""
        xero_id = self.link_of(record).filtered(lambda link: link.xero_type == "ManualJournal").xero_id
        found = self.simulator.documents(self.tenant, "ManualJournals", ManualJournalID=xero_id) if xero_id else []
        return next(iter(found), None)

    def lines_in_xero(self, record):
        return [
            (line["AccountCode"], Decimal(str(line["LineAmount"])))
            for line in self.journal_in_xero(record)["JournalLines"]
        ]
