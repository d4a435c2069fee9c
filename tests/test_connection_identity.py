"""A stranger in Xero claims what is not his: marks that are made up, copied, bent, or of another company."""

import uuid
from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..mappers import marks
from ..models.connection import gate as xero_gate
from ..models.connection import vault as xero_vault
from ..models.connection import xero_identity as identity
from ..xero_api import codec, elements
from .common.inbound import InboundCommon


class StrangerCommon(InboundCommon):
    """Somebody with another app writes into the organisation of company A; companies B and a branch of A have books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="B Ltd")
        cls.branch = cls.env["res.company"].create({"name": "Branch of A", "parent_id": cls.company.id})

    def put(self, resource, method="put", **element):
        """Write an element as another app would; return what Xero made of it."""
        client = xero_gate.open_client(self.connection.sudo())
        try:
            body = codec.dumps({resource: [element]})
            answer = getattr(client, method)(resource, body, idempotency_key=str(uuid.uuid4()))
        finally:
            client.close()
        [outcome] = elements.outcomes(answer, resource, f"{resource[:-1]}ID")
        self.assertTrue(outcome.ok, outcome.errors)
        return outcome.element

    def stranger_contact(self, mark, name="Stranger", **values):
        return self.put("Contacts", Name=name, ContactNumber=mark, **values)

    def stranger_invoice(self, url, number, amount=5.0, **values):
        contact = values.pop("Contact", None) or {"Name": "Stranger"}
        line = {"Description": "x", "Quantity": 1, "UnitAmount": Decimal(str(amount)), "AccountCode": "200"}
        return self.put(
            "Invoices",
            **{
                "Type": "ACCREC",
                "InvoiceNumber": number,
                "Contact": contact,
                "Date": "2026-03-10",
                "DueDate": "2026-03-10",
                "Status": "AUTHORISED",
                "LineAmountTypes": "Exclusive",
                "LineItems": [{**line, "TaxType": "NONE"}],
                "Url": url,
                **values,
            },
        )

    def links_to(self, record):
        return self.env["xero.link"].search([("res_model", "=", record._name), ("res_id", "=", record.id)])

    @property
    def database(self):
        return self.env["ir.config_parameter"].get_param("database.uuid")[:8]

    def plain(self, record):
        """Return the mark that versions without signatures wrote; its eight characters stand in every element."""
        return f"odoo-{self.database}-{record.id}"

    def signed(self, record, connection=None):
        mapper = self.env["xero.mapper"]._for_model(record._name)[0]
        return mapper._marks(record.ids, connection or self.connection)[record.id]

    def old_url(self, record, host="https://any.example"):
        return f"{host}/mail/view?model={record._name}&res_id={record.id}&xero_db={self.database}"

    def told(self):
        domain = [("connection_id", "=", self.connection.id), ("direction", "=", "in"), ("summary", "like", "mark")]
        return self.env["xero.log"].search(domain)


@tagged("post_install", "-at_install")
class TestStrangeContacts(StrangerCommon):
    def test_a_made_up_mark_takes_nobody(self):
        """The administrator's partner, a company's, another company's, and any partner that was never sent."""
        admin = self.env.ref("base.user_admin").partner_id
        foreign = self.env["res.partner"].create({"name": "Only B's", "company_id": self.other["company"].id})
        never = self.env["res.partner"].create({"name": "Never sent", "email": "n@example.com"})
        portal = self.env["res.users"].create(
            {"name": "P", "login": "p1", "group_ids": [Command.set(self.env.ref("base.group_portal").ids)]}
        )
        targets = (admin, self.company.partner_id, foreign, never, portal.partner_id)
        before = {partner: (partner.name, partner.email) for partner in targets}
        found = [
            self.stranger_contact(self.plain(partner), f"Stranger {partner.id}")["ContactID"] for partner in targets
        ]
        self.poll("Contact")
        for partner in targets:
            self.assertFalse(self.links_to(partner).filtered("xero_id"), partner.name)
        for xero_id in found:
            self.put("Contacts", "post", ContactID=xero_id, EmailAddress="thief@evil.example", TaxNumber="1")
        self.poll("Contact")
        self.assertEqual({partner: (partner.name, partner.email) for partner in targets}, before)
        self.assertTrue(self.told(), "people read of it")
        self.assertLessEqual(len(self.told()), 2, "once for a reading, not for each")
        self.assertTrue(self.connection.false_marks_at)

    def test_a_made_up_mark_takes_nobody_of_the_same_name(self):
        never = self.env["res.partner"].create({"name": "Never sent", "email": "n@example.com"})
        found = self.stranger_contact(self.plain(never), never.name)
        self.poll("Contact")
        self.assertFalse(self.links_to(never).filtered("xero_id"))
        self.put("Contacts", "post", ContactID=found["ContactID"], EmailAddress="thief@evil.example")
        self.poll("Contact")
        self.assertEqual(never.email, "n@example.com")

    def test_what_another_company_sent_is_no_proof_here(self):
        """The partner is everybody's; the call that is on file went to another organisation."""
        shared = self.env["res.partner"].create({"name": "Of both"})
        second = self.env["xero.connection"].create(
            {"company_id": self.other["company"].id, "credential_id": self.credential.id}
        )
        self.env["xero.sync.job"]._enqueue(
            second.id, self.env["xero.mapper"]._for_type("Contact"), [(shared.id, second.company_id.id)]
        )
        self.job_of(shared).sudo().write({"state": "done", "correlation_id": str(uuid.uuid4())})
        self.stranger_contact(self.plain(shared), shared.name)
        self.poll("Contact")
        self.assertFalse(self.links_to(shared).filtered("xero_id"))

    def test_what_is_no_mark_is_new_like_any_other(self):
        self.connection.inbound_contacts = "create"
        contact = self.stranger_contact(self.plain(self.env.ref("base.user_admin").partner_id), "New customer")
        self.poll("Contact")
        made = self.env["res.partner"].search([("name", "=", "New customer")])
        self.assertEqual(made.xero_contact_id, contact["ContactID"])
        self.assertFalse(self.env.ref("base.user_admin").partner_id.xero_contact_id)

    def test_a_lost_link_is_restored_by_the_signature_or_a_call(self):
        for number, signed in enumerate((True, False)):
            with self.subTest(signed=signed):
                partner = self.env["res.partner"].create({"name": f"Kea {number}", "customer_rank": 1})
                self.drain()
                self.poll("Contact")
                contact = partner.xero_contact_id
                self.env["xero.link"].sudo().search([("xero_id", "=", contact)]).unlink()
                if signed:
                    self.env["xero.sync.job"].sudo().search([("res_id", "=", partner.id)]).unlink()
                    self.env["xero.sync.batch"].sudo().search([]).unlink()
                else:
                    self.put("Contacts", "post", ContactID=contact, ContactNumber=self.plain(partner))
                self.put("Contacts", "post", ContactID=contact, CompanyNumber="1")
                self.poll("Contact")
                self.assertEqual(partner.xero_contact_id, contact)
                self.assertFalse(self.told())

    def test_an_old_mark_without_a_call_restores_nothing(self):
        partner = self.env["res.partner"].create({"name": "Kea", "customer_rank": 1})
        self.drain()
        contact = partner.xero_contact_id
        self.env["xero.link"].sudo().search([("xero_id", "=", contact)]).unlink()
        self.env["xero.sync.job"].sudo().search([("res_id", "=", partner.id)]).unlink()
        self.env["xero.sync.batch"].sudo().search([]).unlink()
        self.put("Contacts", "post", ContactID=contact, ContactNumber=self.plain(partner))
        self.poll("Contact")
        self.assertFalse(partner.xero_contact_id)
        self.assertTrue(self.told())

    def test_a_copied_mark_holds_for_its_record_and_organisation_only(self):
        kea, weka = self.env["res.partner"].create(
            [{"name": name, "customer_rank": 1} for name in ("Kea", "Weka")]
        )
        self.drain()
        free = self.env["res.partner"].create({"name": "Free"})
        mark = self.signed(kea)
        elsewhere = self.env["xero.connection"].new({"tenant_id": "another"})
        for bent in (
            marks.write_number(mark._replace(res_id=weka.id)),
            marks.write_number(mark._replace(res_id=free.id)),
            marks.write_number(self.signed(free, elsewhere)),
            marks.write_number(self.signed(free)).upper(),
            marks.write_number(self.signed(free)).replace(f"-{free.id}-", f"-0{free.id}-"),
            f"odoo-{self.database}-{10**30}",
            f"odoo-{self.database}--{free.id}",
            f"odoo-{self.database}-{free.id}".replace(str(free.id), "".join(chr(0x660 + int(c)) for c in str(free.id))),
        ):
            with self.subTest(mark=bent):
                self.stranger_contact(bent[:50], f"Free {uuid.uuid4()}")
                self.poll("Contact")
                self.assertFalse(free.xero_contact_id)
                self.assertFalse(self.open_jobs())
        self.assertEqual(len({kea.xero_contact_id, weka.xero_contact_id, False}), 3)

    def test_nobody_who_logs_in_is_adopted_by_name_and_address(self):
        self.connection.inbound_contacts = "create"
        users = self.env["res.users"].create(
            [
                {
                    "name": f"Login {group}",
                    "login": group,
                    "email": f"{group}@example.com",
                    "group_ids": [Command.set(self.env.ref(f"base.group_{group}").ids)],
                }
                for group in ("user", "portal")
            ]
        )
        users[0].active = False
        self.other["company"].partner_id.write({"name": "B Ltd", "email": "b@example.com"})
        partners = users.partner_id | self.other["company"].partner_id
        for partner in partners:
            self.put("Contacts", Name=partner.name, EmailAddress=partner.email)
        self.poll("Contact")
        self.assertFalse(self.env["xero.link"].search([("res_id", "in", partners.ids), ("xero_type", "=", "Contact")]))

    def test_even_a_signed_mark_takes_nobody_who_logs_in_and_no_company(self):
        """The contact bears the right name, and the mark that was once written for the partner."""
        self.patch(type(self.env["xero.hold"]), "_found_ahead", lambda *_args: None)
        free, foreign = self.env["res.partner"].create(
            [{"name": "Free"}, {"name": "Only B's", "company_id": self.other["company"].id}]
        )
        portal = self.env["res.users"].create(
            {"name": "P", "login": "p1", "group_ids": [Command.set(self.env.ref("base.group_portal").ids)]}
        )
        admin = self.env.ref("base.user_admin").partner_id
        taboo = admin | self.company.partner_id | self.other["company"].partner_id | foreign | portal.partner_id
        for partner in free | taboo:
            self.stranger_contact(marks.write_number(self.signed(partner)), partner.name)
        self.poll("Contact")
        self.assertTrue(free.xero_contact_id, "for anybody else the mark is proof")
        for partner in taboo:
            self.assertFalse(self.links_to(partner).filtered("xero_id"), partner.name)

    def test_ours_signed_but_unknown_here_is_ahead(self):
        seen = []
        self.patch(
            type(self.env["xero.hold"]),
            "_found_ahead",
            lambda _hold, _connection, kind, found: seen.extend((kind, element["Name"]) for element in found),
        )
        [[last]] = self.env.execute_query(SQL("SELECT last_value FROM res_partner_id_seq"))
        future = self.env["res.partner"].browse(last + 1000)
        self.connection.inbound_contacts = "create"
        self.stranger_contact(marks.write_number(self.signed(future)), "Of tomorrow")
        self.poll("Contact")
        self.assertEqual(set(seen), {("Contact", "Of tomorrow")})
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Of tomorrow")]), "nothing is made of it")
        self.stranger_contact(f"odoo-{self.database}-{last + 2000}", "Made up")
        self.poll("Contact")
        self.assertEqual(set(seen), {("Contact", "Of tomorrow")}, "a mark that is not signed says nothing")

    def test_documents_of_a_marked_contact_make_no_links(self):
        """The contact inside an imported document is judged like one that is read alone."""
        self.connection.inbound_documents = "draft"
        admin = self.env.ref("base.user_admin").partner_id
        contact = self.stranger_contact(self.plain(admin), "Nested")
        self.stranger_invoice("", "N-1", Contact={"ContactID": contact["ContactID"]})
        self.poll("Invoice")
        self.assertFalse(self.links_to(admin))
        move = self.env["account.move"].search([("invoice_origin", "=", "Xero N-1")])
        self.assertTrue(move)
        self.assertNotEqual(move.partner_id, admin)


@tagged("post_install", "-at_install")
class TestStrangeDocuments(StrangerCommon):
    def payroll(self, company):
        env = self.env(context={"allowed_company_ids": company.ids})
        journal = env["account.journal"].search([("type", "=", "general"), ("company_id", "=", company.id)], limit=1)
        accounts = env["account.account"].search([("company_ids", "in", company.ids)], limit=2)
        entry = env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": "2026-03-10",
                "ref": "Payroll",
                "line_ids": [
                    Command.create({"account_id": accounts[0].id, "debit": 5000, "name": "pay"}),
                    Command.create({"account_id": accounts[1].id, "credit": 5000, "name": "pay"}),
                ],
            }
        )
        entry.action_post()
        return entry

    def invoice_of(self, data):
        move = (
            self.env["account.move"]
            .with_company(data["company"])
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_b.id,
                    "invoice_date": "2026-03-10",
                    "company_id": data["company"].id,
                    "journal_id": data["default_journal_sale"].id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "x",
                                "quantity": 1,
                                "price_unit": 5.0,
                                "tax_ids": [Command.clear()],
                                "account_id": data["default_account_revenue"].id,
                            }
                        )
                    ],
                }
            )
        )
        move.action_post()
        return move

    def attack(self, move, url, number):
        """Claim ``move``, edit and void: nothing of it must arrive."""
        before = (move.state, move.ref, move.amount_total)
        invoice = self.stranger_invoice(url, number)
        self.poll("Invoice")
        self.assertFalse(self.links_to(move).filtered(lambda link: link.xero_id == invoice["InvoiceID"]))
        self.person("edit", invoice=invoice["InvoiceID"], Reference="hijacked")
        self.poll("Invoice")
        self.person("void", invoice=invoice["InvoiceID"])
        self.poll("Invoice")
        self.env.invalidate_all()
        self.assertEqual((move.state, move.ref, move.amount_total), before)
        return invoice

    def test_a_made_up_mark_takes_no_document(self):
        never = self.make_move(post=True, lines=[(1, 5.0)], tax=False)
        self.env["xero.sync.job"].sudo().search([("res_id", "=", never.id)]).unlink()
        targets = [
            self.invoice_of(self.other),
            self.payroll(self.other["company"]),
            self.payroll(self.company),
            never,
        ]
        for number, move in enumerate(targets):
            another = self.env["xero.connection"].new({"tenant_id": "another"})
            foreign = self.env["xero.mapper"]._for_type("Invoice")._deep_links(move.ids, another)[move.id]
            for turn, url in enumerate((self.old_url(move), foreign)):
                with self.subTest(move=move.name, turn=turn):
                    self.attack(move, url, f"S-{number}-{turn}")
        self.assertTrue(self.told())
        self.assertFalse(self.env["xero.conflict"].search([]))

    def test_a_made_up_mark_takes_nothing_that_says_the_same(self):
        """What a document says stands on a paper that its customer has: it is no proof either."""
        self.pushed(lines=[(1, 1.0)], tax=False)
        never = self.make_move(lines=[(1, 5.0)], tax=False, post=False)
        never.with_context(xero_no_sync=True).action_post()
        contact = {"ContactID": self.partner_a.xero_contact_id}
        found = self.stranger_invoice(self.old_url(never), never.name, Contact=contact)
        signed = self.env["xero.mapper"]._for_type("Invoice")._deep_links(never.ids, self.connection)[never.id]
        [verdict] = self.env["xero.identity"]._judge(self.connection, "Invoice", [{**found, "Url": signed}]).values()
        self.assertEqual(verdict.kind, identity.OURS, "the signature is all that is missing")
        self.poll("Invoice")
        self.assertFalse(self.links_to(never).filtered("xero_id"))
        self.assertTrue(self.told())

    def test_a_signed_mark_takes_nothing_that_is_not_synced(self):
        """Even a mark of our own, had it ever been written, reaches no entry and no other company."""
        self.patch(type(self.env["xero.hold"]), "_found_ahead", lambda *_args: None)
        mapper = self.env["xero.mapper"]._for_type("Invoice")
        for number, move in enumerate((self.payroll(self.company), self.invoice_of(self.other))):
            with self.subTest(move=move.name):
                self.attack(move, mapper._deep_links(move.ids, self.connection)[move.id], f"T-{number}")

    def test_a_signed_mark_takes_nothing_that_is_not_synced_and_says_the_same(self):
        self.patch(type(self.env["xero.hold"]), "_found_ahead", lambda *_args: None)
        self.pushed(lines=[(1, 1.0)], tax=False, partner=self.partner_b)
        theirs = self.invoice_of(self.other)
        left_out = self.make_move(lines=[(1, 5.0)], tax=False, partner=self.partner_b, post=False)
        left_out.with_context(xero_no_sync=True).action_post()
        self.connection.excluded_journal_ids = left_out.journal_id
        mapper = self.env["xero.mapper"]._for_type("Invoice")
        contact = {"ContactID": self.partner_b.xero_contact_id}
        for number, move in enumerate((theirs, left_out)):
            with self.subTest(move=move.name):
                # Numbers of two companies may be equal.
                move.name = f"SAME/{number}"
                url = mapper._deep_links(move.ids, self.connection)[move.id]
                self.stranger_invoice(url, move.name, Contact=contact)
                self.poll("Invoice")
                self.assertFalse(self.links_to(move).filtered("xero_id"))
        self.connection.excluded_journal_ids = False
        self.person("edit", invoice=self.read("Invoices")[-1]["InvoiceID"], Reference="x")
        self.poll("Invoice")
        self.assertTrue(self.links_to(left_out).filtered("xero_id"), "what is synced is proven by it")

    def test_a_copied_mark_takes_no_linked_document(self):
        move = self.pushed(lines=[(1, 5.0)], tax=False)
        first = move.xero_invoice_id
        self.connection.inbound_documents = "draft"
        copy = self.stranger_invoice(self.in_xero(move)["Url"], "COPY-1")
        self.poll()
        self.assertEqual(move.xero_invoice_id, first)
        self.assertTrue(self.env["account.move"].search([("invoice_origin", "=", "Xero COPY-1")]), "new like any other")
        self.person("void", invoice=copy["InvoiceID"])
        self.poll()
        self.assertEqual(move.state, "posted")

    def test_a_copied_mark_takes_no_document_whose_own_is_gone(self):
        """The document was voided in Xero, so that its record has no living link."""
        move = self.pushed(lines=[(1, 5.0)], tax=False)
        url = self.in_xero(move)["Url"]
        self.person("void", invoice=move.xero_invoice_id)
        self.poll()
        move.button_draft()
        move.with_context(xero_no_sync=True).action_post()
        copy = self.stranger_invoice(url, "COPY-2")
        self.poll()
        self.assertNotEqual(move.xero_invoice_id, copy["InvoiceID"])
        self.assertTrue(self.told())

    def test_bent_addresses(self):
        """Each in a document that says the same as the one whose link is lost."""
        move = self.pushed(lines=[(1, 5.0)], tax=False)
        element = next(row for row in self.read("Invoices") if row["InvoiceID"] == move.xero_invoice_id)
        url = element["Url"]
        self.link_of(move).sudo().unlink()

        def kind_of(bent):
            found = self.env["xero.identity"]._judge(self.connection, "Invoice", [{**element, "Url": bent}])
            return found[element["InvoiceID"]].kind if found else None

        self.assertEqual(kind_of(url), identity.OURS)
        for bent in (
            f"{url}&res_id={move.id}",
            f"{url}&mark={self.database}",
            url.replace("res_id=", "res_id=0"),
            url.replace(f"res_id={move.id}", f"res_id={10**30}"),
            url.replace(f"res_id={move.id}", "res_id=-1"),
            url.replace(f"res_id={move.id}", "res_id=%D9%A1"),
            url.replace("account.move", "res.partner"),
            url.replace(self.database, self.database.upper() + "f")[: len(url)],
            url.replace(f"{self.database}-", ""),
            url.replace("/mail/view", "/web"),
            7,
            None,
            [url],
        ):
            with self.subTest(url=bent):
                self.assertNotEqual(kind_of(bent), identity.OURS)

    def test_a_lost_link_is_restored_and_says_the_same(self):
        for number, change in enumerate(({}, {"Reference": "theirs"}, {"Date": "2026-03-11"})):
            with self.subTest(change=change):
                move = self.pushed(lines=[(1, 10.0 + number)])
                xero_id = move.xero_invoice_id
                self.link_of(move).sudo().unlink()
                self.person("edit", invoice=xero_id, **(change or {"DueDate": "2026-09-09"}))
                self.poll()
                restored = self.links_to(move).filtered(lambda link, xero_id=xero_id: link.xero_id == xero_id)
                self.assertEqual(bool(restored), "Date" not in change)
        self.assertTrue(self.told(), "what says something else by now is told, and neither linked nor imported")

    def test_documents_that_restored_backups_know_otherwise_are_ahead(self):
        """The record of this id was another document when Xero got it."""
        seen = []
        self.patch(
            type(self.env["xero.hold"]), "_found_ahead", lambda _hold, _connection, kind, _found: seen.append(kind)
        )
        self.connection.inbound_documents = "post"
        move = self.make_move(lines=[(1, 5.0)], tax=False, post=False)
        url = self.env["xero.mapper"]._for_type("Invoice")._deep_links(move.ids, self.connection)[move.id]
        self.stranger_invoice(url, "INV/YESTERDAY", amount=111.0)
        self.poll("Invoice")
        self.assertEqual(seen, ["Invoice"])
        self.assertFalse(self.links_to(move).filtered("xero_id"))
        self.assertFalse(self.env["account.move"].search([("invoice_origin", "=", "Xero INV/YESTERDAY")]))


@tagged("post_install", "-at_install")
class TestMarksWhenSending(StrangerCommon):
    def test_the_key_is_read_once_for_the_marks_of_a_batch(self):
        moves = self.make_move() | self.make_move() | self.make_move()
        partners = self.env["res.partner"].create([{"name": f"Batch {number}"} for number in range(3)])
        for xero_type, records in (("Invoice", moves), ("Contact", partners)):
            mapper = self.env["xero.mapper"]._for_type(xero_type)
            with patch.object(xero_vault, "_keys", wraps=xero_vault._keys) as keys:
                prepared = mapper._prepare(records, self.connection)
            self.assertEqual(keys.call_count, 1, xero_type)
            for record in records:
                self.assertEqual(mapper._mark_of(prepared[record.id].payload), self.signed(record))

    def test_a_bill_edited_before_the_look_up_is_not_sent_twice(self):
        self.simulator.fault("drop_after", method="PUT", resource="Invoices")
        bill = self.make_move("in_invoice", ref="B-1")
        runner = type(self.env["xero.sync.runner"])
        resolve = runner._resolve_open

        def edit_first(this, drain):
            for found in self.simulator.documents(self.tenant, "Invoices"):
                if found["InvoiceNumber"] == "B-1":
                    self.person("edit", invoice=found["InvoiceID"], InvoiceNumber="B-1 edited")
            return resolve(this, drain)

        self.patch(runner, "_resolve_open", edit_first)
        for _round in range(3):
            self.drain()
            self.resume()
        [there] = self.simulator.documents(self.tenant, "Invoices")
        self.assertEqual((there["InvoiceNumber"], bill.xero_invoice_id), ("B-1 edited", there["InvoiceID"]))

    def test_the_number_of_another_contact_is_not_its_name(self):
        """A restored backup gives an id out again: Xero has another customer under this mark."""
        partner = self.env["res.partner"].create({"name": "Bob", "email": "bob@example.com"})
        mark = marks.write_number(self.signed(partner))
        alice = self.stranger_contact(mark, "Alice")
        partner.action_xero_sync()
        for _round in range(3):
            self.drain()
            self.resume()
        self.assertNotEqual(partner.xero_contact_id, alice["ContactID"])
        [there] = [row for row in self.read("Contacts") if row["ContactID"] == alice["ContactID"]]
        self.assertEqual((there["Name"], there.get("EmailAddress") or ""), ("Alice", ""))
        # Xero says it in words of its own, which name no contact that is taken.
        self.assertIn(self.job_of(partner).failure_type, ("duplicate", "validation"))


@tagged("post_install", "-at_install")
class TestMarks(TransactionCase):
    """The judgement alone: every combination of what is known."""

    def test_nothing_is_ours_without_proof_and_agreement(self):
        for number in range(2 ** len(identity.Claim._fields)):
            claim = identity.Claim(*(bool(number >> bit & 1) for bit in range(len(identity.Claim._fields))))
            kind = identity.decide(claim)
            proven = claim.signed or claim.sent
            ours = proven and not claim.linked and claim.fits and claim.same
            self.assertEqual(kind == identity.OURS, ours, claim)
            if not proven:
                self.assertEqual(kind, identity.STRANGER, claim)
            if kind == identity.AHEAD:
                self.assertTrue(claim.signed and not claim.sent, claim)

    def test_marks_of_the_largest_records_fit(self):
        mark = marks.Mark("0" * 8, marks.LARGEST_ID, "f" * 20)
        self.assertLessEqual(len(marks.write_number(mark)), 50)
        self.assertEqual(marks.read_number(marks.write_number(mark)), mark)
        url = marks.write_url("https://odoo.example/", "account.move", mark)
        self.assertEqual(marks.read_url(url, "account.move"), mark)
        self.assertNotIn("xero", url)
        self.assertIsNone(marks.read_number(marks.write_number(mark._replace(res_id=marks.LARGEST_ID + 1))))

    def test_odd_values_are_no_marks(self):
        texts = ("\ud800", "odoo-" + "0" * 5000, "http://[", " odoo-00000000-1", "odoo-00000000-1\n")
        for value in (None, 1, True, [], {}, b"odoo", *texts):
            self.assertIsNone(marks.read_number(value))
            self.assertIsNone(marks.read_url(value, "account.move"))
        self.assertIsNone(marks.read_end("odoo-00000000-12-" + "f" * 20))
