"""The world of the tests of bank money: two bank accounts on both sides, and what moves through them in Xero."""

from odoo import Command, fields

from .payment import PaymentCommon


class BankCommon(PaymentCommon):
    TYPES = (*PaymentCommon.TYPES, "BankTransaction", "BankTransfer")
    # Of the connection, before the consent: what is switched on is asked for.
    switches = {"sync_bank": True, "sync_transfers": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.write(cls.switches)
        cls.second_bank = cls.company_data["default_journal_bank"].copy({"name": "Savings", "code": "SAV"})
        cls.aussie_bank = cls.env["account.journal"].create(
            {"name": "Aussie", "code": "AUB", "type": "bank", "currency_id": cls.env.ref("base.AUD").id}
        )
        cls.env.ref("base.AUD").active = True
        cls.connection.inbound_contacts = "create"

    def setUp(self):
        super().setUp()
        self.contact = self.person("create_contact", Name="The Bank")["ContactID"]

    def connect(self, connection=None, tenant=None):
        """The second bank account is in the organisation's base currency too."""
        values = {"code": "091", "CurrencyCode": self.organisation["BaseCurrency"]}
        self.simulator.control(f"/organisations/{tenant or self.tenant}/act/edit_account", **values)
        super().connect(connection, tenant)

    def line(self, amount="10", account="404", tax="NONE", text="Fee", **values):
        return {
            "Description": text,
            "Quantity": "1",
            "UnitAmount": amount,
            "AccountCode": account,
            "TaxType": tax,
            **values,
        }

    def spend(self, *lines, kind="SPEND", account="090", date="2026-03-10", **values):
        """A person books money in Xero; returns the bank transaction."""
        values = {"LineAmountTypes": "Exclusive", "Reference": "", **values}
        return self.person(
            "bank_money",
            Type=kind,
            contact=self.contact,
            account=account,
            Date=date,
            LineItems=list(lines) or [self.line()],
            **values,
        )

    def entry_of(self, element, id_field="BankTransactionID"):
        """Return the entry in Odoo that stands for Xero's ``element``; empty for none."""
        self.env.invalidate_all()
        link = self.env["xero.link"].search(
            [("connection_id", "=", self.connection.id), ("xero_id", "=", element[id_field])]
        )
        return self.env["account.move"].browse(link.res_id if link.res_model == "account.move" else []).exists()

    def booked(self, move):
        """Return what ``move`` books: ``{account: (amount in its currency, balance)}``."""
        return {
            line.account_id: (round(line.amount_currency, 2), round(line.balance, 2)) for line in move.line_ids
        }

    def account_of(self, code):
        """Return the Odoo account that lines of Xero's account ``code`` go to."""
        row = self.connection.account_mapping_ids.filtered(
            lambda row: row.xero_account_id.code == code and row.state == "confirmed"
        )
        return row[:1].account_id

    def statement_line(self, amount, date="2026-03-10", journal=None, **values):
        """Make a statement line as a person does."""
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": (journal or self.bank).id,
                "date": fields.Date.to_date(date),
                "amount": amount,
                "payment_ref": "By hand",
                **values,
            }
        )

    def map_code(self, code, account):
        """Let lines of Xero's account ``code`` go to ``account``."""
        found = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", code)])
        row = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account)
        if not row:
            row = self.env["xero.mapping.account"].create(
                {"connection_id": self.connection.id, "account_id": account.id, "xero_account_id": found.id}
            )
        row.write({"xero_account_id": found.id, "state": "confirmed"})
        (self.connection.account_mapping_ids - row).filtered(lambda other: other.xero_account_id == found).unlink()
        return row

    def add_tax(self, percent, use, tax_type, **values):
        """Return a tax of Odoo's, on an account of its own, that stands for Xero's ``tax_type``."""
        account = self.env["account.account"].create(
            {"name": f"Tax {use}", "code": f"25{len(use)}0", "account_type": "liability_current"}
        )
        tags = self.env["account.account.tag"].create(
            [{"name": f"{use} {part}", "applicability": "taxes"} for part in ("base", "tax")]
        )
        parts = [
            Command.clear(),
            Command.create({"repartition_type": "base", "tag_ids": tags[0].ids}),
            Command.create({"repartition_type": "tax", "account_id": account.id, "tag_ids": tags[1].ids}),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": f"Tax {percent} {use}",
                "amount": percent,
                "type_tax_use": use,
                "invoice_repartition_line_ids": parts,
                "refund_repartition_line_ids": parts,
                **values,
            }
        )
        rate = self.env["xero.tax.rate"].search(
            [("connection_id", "=", self.connection.id), ("tax_type", "=", tax_type)]
        )
        self.connection.tax_mapping_ids.filtered(lambda row: row.xero_tax_rate_id == rate).unlink()
        self.env["xero.mapping.tax"].create(
            {
                "connection_id": self.connection.id,
                "tax_ids": [Command.set(tax.ids)],
                "type_tax_use": use,
                "xero_tax_rate_id": rate.id,
                "state": "confirmed",
            }
        )
        return tax
