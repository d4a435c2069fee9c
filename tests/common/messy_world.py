"""The books of ``messy_books`` in use: entered in Odoo and in the simulated Xero, with documents that nobody has sent.

The same seed gives the same books on both sides. Nothing is linked and nothing is queued.
"""

import random
from datetime import date, timedelta

from odoo import Command

from .messy_books import make_books

SEED, CONTACTS, DOCUMENTS = 7, 150, 170
FIRST_DAY, LOCKED_TO = date(2025, 10, 1), date(2025, 10, 31)
LONG = "Repairs and materials as agreed on site, see the sheets enclosed. " * 75
"""More than Xero takes in a line."""

KINDS = ("out_invoice",) * 7 + ("in_invoice",) * 2 + ("out_refund",)
XERO_TYPES = {"out_invoice": "ACCREC", "in_invoice": "ACCPAY", "out_refund": "ACCRECCREDIT"}
QUIET = {"xero_no_sync": True, "tracking_disable": True, "no_vat_validation": True}


class MessyWorld:
    """``connection`` must be connected; ``act(action, **values)`` is what a person does in its organisation.

    :ivar partners: ``{key in the books: partner}``
    :ivar moves: all documents in Odoo
    :ivar strange: ``{what is wrong: documents}``, a few of each
    """

    def __init__(self, connection, act, seed=SEED):
        self.env = connection.with_context(**QUIET, allowed_company_ids=connection.company_id.ids).env
        self.connection, self.act = connection, act
        self.books = make_books(CONTACTS, seed)
        self.rng = random.Random(seed)
        self.partners, self.contacts, self.strange = {}, {}, {}
        self.moves = self.env["account.move"]

    def make(self):
        """Enter everything, and return the world."""
        self._open_currency()
        self._enter_partners()
        self._enter_contacts()
        self._enter_documents()
        self._enter_strange_documents()
        self._post()
        self._enter_documents_in_xero()
        self.act("set_lock_date", period=LOCKED_TO.isoformat())
        self.connection.period_lock_date = LOCKED_TO
        return self

    def _open_currency(self):
        abroad = self.env.ref("base.AUD")
        abroad.active = True
        abroad.rate_ids = [Command.clear(), Command.create({"name": "2025-01-01", "rate": 1.523456})]

    # === CONTACTS === #

    def _enter_partners(self):
        countries = {country.code: country.id for country in self.env["res.country"].search([])}
        rows = self.books.partners
        made = self.env["res.partner"].create([self._partner(row, countries) for row in rows])
        self.partners = {row["id"]: partner for row, partner in zip(rows, made, strict=True)}
        self.env["res.partner.bank"].create(
            [
                {"partner_id": partner.id, "acc_number": number}
                for row, partner in zip(rows, made, strict=True)
                for number in row["banks"]
            ]
        )

    def _partner(self, row, countries):
        street, zip_code = row["places"][0] if row["places"] else (False, False)
        return {
            **{name: row[name] for name in ("name", "is_company", "active", "vat", "company_registry", "ref")},
            "country_id": countries[row["country"]],
            "email": next(iter(row["emails"]), False),
            "phone": next(iter(row["phones"]), False),
            "street": street,
            "zip": zip_code,
            "customer_rank": 1,
        }

    def _enter_contacts(self):
        """Xero keeps the id it gives, and no name twice."""
        names = set()
        for element in self.books.contacts:
            values = {key: value for key, value in element.items() if key not in ("ContactID", "ContactStatus")}
            values.pop("MergedToContactID", None)
            if not values.get("EmailAddress", "").isascii():
                del values["EmailAddress"]  # Xero takes none of these.
            while values["Name"].casefold() in names:
                values["Name"] += " (2)"
            names.add(values["Name"].casefold())
            self.contacts[element["ContactID"]] = self.act("create_contact", **values)["ContactID"]

    def _retire_contacts(self):
        """What people merged and archived since."""
        for element in self.books.contacts:
            mine = self.contacts[element["ContactID"]]
            if winner := element.get("MergedToContactID"):
                self.act("merge_contacts", contact=mine, into=self.contacts[winner])
            elif element["ContactStatus"] == "ARCHIVED":
                self.act("archive_contact", contact=mine)

    def contact_of(self, partner):
        """Return the id of a contact in Xero that is the same as ``partner``, if there is one."""
        [key] = [key for key, found in self.partners.items() if found == partner]
        who = self.books.odoo[key]
        return next((self.contacts[key] for key, other in self.books.xero.items() if other == who), None)

    def are_same(self, partner_id, xero_id):
        """Whether a partner and a contact are the same firm or person in truth."""
        ours = next(self.books.odoo[key] for key, found in self.partners.items() if found.id == partner_id)
        theirs = next(self.books.xero.get(key) for key, found in self.contacts.items() if found == xero_id)
        return ours == theirs

    # === DOCUMENTS === #

    def _enter_documents(self):
        partners = [partner for partner in self.partners.values() if partner.active]
        self.moves = self._create(
            [
                self._document(self.rng.choice(partners), self.rng.choice(KINDS), number, **self._abroad(number))
                for number in range(DOCUMENTS)
            ]
        )

    def _abroad(self, number) -> dict:
        """One in seven is in Australian dollars."""
        return {"currency_id": self.env.ref("base.AUD").id} if number % 7 == 3 else {}

    def _document(self, partner, kind="out_invoice", number=0, day=None, line=None, **values):
        account = self._account("expense" if kind == "in_invoice" else "income")
        line = {
            "name": "Goods",
            "quantity": self.rng.randint(1, 9),
            "price_unit": self.rng.randint(100, 99999) / 100,
            "account_id": account.id,
            "tax_ids": [Command.clear()],
            **(line or {}),
        }
        return {
            "move_type": kind,
            "partner_id": partner.id,
            "invoice_date": day or FIRST_DAY + timedelta(days=self.rng.randint(31, 160)),
            "ref": f"V-{1000 + number}" if kind == "in_invoice" else False,
            "invoice_line_ids": [Command.create(line)],
            **values,
        }

    def _account(self, group):
        company = self.connection.company_id
        domain = [("internal_group", "=", group), ("company_ids", "=", company.id)]
        return self.env["account.account"].search(domain, limit=1)

    def _create(self, rows):
        return self.env["account.move"].create(rows)

    def _enter_strange_documents(self):
        """What a preview must find before the first call."""
        partners = [partner for partner in self.partners.values() if partner.active]
        barter = self._account("income").copy({"name": "Barter Income", "code": "BARTER"})
        levy = self.env["account.tax"].create({"name": "Fire levy 7.3%", "amount": 7.3, "type_tax_use": "sale"})
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "DKK")])
        currency.active = True
        wrong = {
            "locked": {"day": LOCKED_TO - timedelta(days=3)},
            "long": {"line": {"name": LONG}},
            "account": {"line": {"account_id": barter.id}},
            "tax": {"line": {"tax_ids": [Command.set(levy.ids)]}},
            "currency": {"currency_id": currency.id},
        }
        for name, values in wrong.items():
            self.strange[name] = self._create([self._document(partners[number], **values) for number in range(3)])
            self.moves |= self.strange[name]

    def _post(self):
        self.moves.sorted("invoice_date").action_post()

    # === THE SAME IN XERO, MORE OR LESS === #

    def _enter_documents_in_xero(self):
        """Three of four documents stand there, too: some a cent or a day off, some under a number that is taken."""
        strange = self.env["account.move"].union(*self.strange.values())
        for move in self.moves - strange:
            contact = self.contact_of(move.partner_id)
            if contact and self.rng.random() < 0.75:
                self._enter_document_in_xero(move, contact)
        self._retire_contacts()

    def _enter_document_in_xero(self, move, contact):
        cents, days, taken = (self.rng.random() < share for share in (0.06, 0.04, 0.03))
        if taken:
            contact = self.contacts[self.books.contacts[0]["ContactID"]]
        number = move.ref if move.move_type == "in_invoice" else move.name
        note = move.move_type == "out_refund"
        line = {
            "Description": "Goods",
            "Quantity": 1,
            "UnitAmount": round(move.amount_total + (0.01 if cents else 0) + (250 if taken else 0), 2),
            "AccountCode": "400" if move.move_type == "in_invoice" else "200",
            "TaxType": "NONE",
        }
        self.act(
            "create_credit_note" if note else "create_invoice",
            **{
                "contact": contact,
                "Type": XERO_TYPES[move.move_type],
                "CreditNoteNumber" if note else "InvoiceNumber": number,
                "Date": (move.invoice_date + timedelta(days=1 if days else 0)).isoformat(),
                "CurrencyCode": move.currency_id.name,
                "CurrencyRate": round(move.invoice_currency_rate, 6),
                "LineItems": [line],
            },
        )
