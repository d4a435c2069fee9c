"""Head, state and problems of documents."""
from datetime import date
from decimal import Decimal as D

from odoo import Command
from odoo.tests import tagged

from ..xero_api import codec
from .test_mapper_common import MapperCase

CONTACT = "c0000000-0000-0000-0000-00000000000a"


@tagged("post_install", "-at_install")
class TestMapperDocument(MapperCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax20, cls.bill20 = cls.tax(20), cls.tax(20, "purchase")

    def problem(self, move, code):
        """Return the one problem of ``move``, which must be of the kind ``code``."""
        [problem] = self.prepare(move).problems
        self.assertEqual(problem.code, code, problem.message)
        return problem

    # === REGISTRY === #

    def test_registry(self):
        mappers = self.env["xero.mapper"]
        self.assertEqual([mapper._xero_type for mapper in mappers._all()][:3], ["Contact", "Invoice", "CreditNote"])
        self.assertEqual({mapper._xero_type for mapper in mappers._for_model("account.move")}, {"Invoice", "CreditNote"})
        with self.assertRaises(KeyError):
            mappers._for_type("Nothing")

    def test_each_document_has_one_mapper(self):
        for move_type, wanted in (
            ("out_invoice", "Invoice"), ("in_invoice", "Invoice"), ("out_receipt", "Invoice"), ("in_receipt", "Invoice"),
            ("out_refund", "CreditNote"), ("in_refund", "CreditNote"), ("entry", None),
        ):
            move = self.env["account.move"].new({"move_type": move_type})
            takers = [mapper._xero_type for mapper in self.env["xero.mapper"]._for_model("account.move") if mapper._handles(move)]
            self.assertEqual(takers, [wanted] if wanted else [], move_type)

    # === HEAD === #

    def test_sales_invoice(self):
        move = self.move([(100, self.tax20)], ref="PO 77", name="INV/2026/00042")
        payload = self.sent(move).payload
        self.assertEqual(
            {key: payload[key] for key in payload if key != "LineItems"},
            {
                "Type": "ACCREC", "InvoiceNumber": "INV/2026/00042", "Reference": "PO 77", "Contact": {"ContactID": CONTACT},
                "Date": "2026-03-05", "DueDate": "2026-04-04", "LineAmountTypes": "Exclusive", "CurrencyCode": "USD", "Status": "AUTHORISED",
                "Url": f"https://odoo.example.com/mail/view?model=account.move&res_id={move.id}&xero_db=1a2b3c4d",
            },
        )

    def test_vendor_bill_carries_the_vendors_number(self):
        bill = self.move([(100, self.bill20)], "in_invoice", ref="R-9/2026")
        payload = self.sent(bill).payload
        self.assertEqual((payload["Type"], payload["InvoiceNumber"]), ("ACCPAY", "R-9/2026"))
        self.assertNotIn("Reference", payload)
        unnumbered = self.move([(100, self.bill20)], "in_invoice")
        self.assertEqual(self.sent(unnumbered).payload["InvoiceNumber"], unnumbered.name)

    def test_credit_notes(self):
        note = self.move([(100, self.tax20)], "out_refund", ref="Reversal of: INV/1, damaged")
        payload = self.sent(note).payload
        self.assertEqual((payload["Type"], payload["CreditNoteNumber"], payload["Reference"]), ("ACCRECCREDIT", note.name, "Reversal of: INV/1, damaged"))
        self.assertFalse({"Url", "DueDate", "InvoiceNumber"} & set(payload))
        refund = self.move([(100, self.bill20)], "in_refund", ref="CN-5")
        self.assertEqual(self.sent(refund).payload["CreditNoteNumber"], "CN-5")

    def test_receipts_are_invoices(self):
        self.assertEqual(self.sent(self.move([(100, self.tax20)], "out_receipt")).payload["Type"], "ACCREC")
        self.assertEqual(self.sent(self.move([(100, self.bill20)], "in_receipt")).payload["Type"], "ACCPAY")

    def test_reference_falls_back_to_what_people_know(self):
        move = self.move([(100, self.tax20)], payment_reference="+++1/2+++", invoice_origin="S00001")
        self.assertEqual(self.sent(move).payload["Reference"], "+++1/2+++")
        move.payment_reference = move.name
        self.assertEqual(self.sent(move).payload["Reference"], "S00001")
        move.ref = "x" * 300
        self.assertEqual(len(self.sent(move).payload["Reference"]), 255)

    def test_numbers_are_printable_ascii(self):
        self.assertEqual(self.sent(self.move([(100, self.tax20)], name="FAÇ/2026/1")).number, "FAC/2026/1")
        self.assertIn("letters", self.problem(self.move([(100, self.tax20)], name="Счёт 1"), "validation").message)
        bill = self.move([(100, self.bill20)], "in_invoice", ref="発票")
        self.assertEqual(self.sent(bill).number, bill.name)

    def test_date_is_the_documents_unless_booked_in_another_month(self):
        bill = self.move([(100, self.bill20)], "in_invoice", invoice_date="2026-02-27", date="2026-02-28")
        self.assertEqual(self.sent(bill).payload["Date"], "2026-02-27")
        late = self.move([(100, self.bill20)], "in_invoice", invoice_date="2026-02-27", date="2026-03-31")
        self.assertEqual(self.sent(late).payload["Date"], str(late.date))

    def test_revision_of_a_number_that_a_voided_document_keeps(self):
        move = self.move([(100, self.tax20)])
        self.link(move, False, state="to_sync", revision=2)
        self.assertEqual(self.sent(move).number, f"{move.name}-R2")

    # === STATE === #

    def test_wanted_state(self):
        draft = self.move([(100, self.tax20)], post=False)
        self.assertEqual(self.prepare(draft).status, "ABSENT")
        self.connection.sync_when = "draft"
        out = self.sent(draft)
        self.assertEqual((out.status, out.payload["Status"], out.number), ("DRAFT", "DRAFT", f"odoo-1a2b3c4d-{draft.id}"))
        draft.action_post()
        self.assertEqual(self.sent(draft).status, "AUTHORISED")
        link = self.link(draft, "d0000000-0000-0000-0000-000000000001", xero_status="AUTHORISED")
        draft.button_draft()
        self.assertEqual(self.prepare(draft).status, "ABSENT", "an approved document cannot become a draft again in Xero")
        link.xero_status = "VOIDED"
        self.assertEqual(self.prepare(draft).status, "DRAFT")
        draft.button_cancel()
        self.assertEqual(self.prepare(draft).status, "ABSENT")
        self.assertEqual(self.prepare(draft).payload, {})

    def test_unfinished_draft_waits(self):
        self.connection.sync_when = "draft"
        for values in ({"partner_id": False}, {"invoice_line_ids": []}):
            move = self.env["account.move"].create({
                "move_type": "out_invoice", "partner_id": self.partner_a.id,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 1})], **values,
            })
            self.assertEqual(self.prepare(move).status, "ABSENT", values)

    def test_removal(self):
        mapper, link = self.mapper["Invoice"], self.link(self.move([(1, self.tax20)]), "d1")
        for status, wanted in (("DRAFT", "DELETED"), ("SUBMITTED", "DELETED"), ("AUTHORISED", "VOIDED"), ("PAID", "VOIDED"), (False, "VOIDED")):
            link.xero_status = status
            self.assertEqual(mapper._removal_payload(link), {"InvoiceID": "d1", "Status": wanted}, status)
        for status in ("VOIDED", "DELETED"):
            link.xero_status = status
            self.assertEqual(mapper._removal_payload(link), {})

    # === LINES === #

    def test_sections_and_notes_are_descriptions(self):
        out = self.sent(self.move([
            {"display_type": "line_section", "name": "Part one", "sequence": 1},
            {"name": "Work", "price_unit": 10, "tax_ids": self.tax20, "sequence": 2},
            {"display_type": "line_subsection", "name": "Details", "sequence": 3},
            {"display_type": "line_note", "name": "Thank\nyou", "sequence": 4},
            {"display_type": "line_note", "name": " ", "sequence": 5},
        ]))
        self.assertEqual([line["Description"] for line in out.payload["LineItems"]], ["Part one", "Work", "Details", "Thank\nyou"])
        self.assertEqual([sorted(line) for line in out.payload["LineItems"]][::2], [["Description"]] * 2)

    def test_every_line_has_a_description(self):
        out = self.sent(self.move([
            {"name": False, "price_unit": 10, "tax_ids": self.tax20},
            {"name": "x" * 5000, "price_unit": 10, "tax_ids": self.tax20},
        ]))
        first, second = (line["Description"] for line in out.payload["LineItems"])
        self.assertEqual(first, self.revenue.name)
        self.assertEqual((len(second), second[-1]), (4000, "…"))

    # === PROBLEMS === #

    def test_contact_first(self):
        move = self.move([(100, self.tax20)], partner_id=self.partner_b.id)
        out = self.prepare(move)
        self.assertEqual([(need.xero_type, need.res_model, need.res_id) for need in out.needs], [("Contact", "res.partner", self.partner_b.id)])
        child = self.env["res.partner"].create({"name": "Desk", "parent_id": self.partner_a.id})
        self.assertEqual(self.sent(self.move([(100, self.tax20)], partner_id=child.id)).payload["Contact"], {"ContactID": CONTACT})

    def test_contact_archived_in_xero(self):
        self.env["xero.link"].sudo().search([("res_id", "=", self.partner_a.id), ("xero_type", "=", "Contact")]).xero_status = "ARCHIVED"
        problem = self.problem(self.move([(100, self.tax20)]), "validation")
        self.assertEqual((problem.model, problem.res_id), ("res.partner", self.partner_a.id))

    def test_receipt_without_contact(self):
        move = self.move([(100, self.tax20)], "out_receipt", partner_id=False)
        self.assertIn(move.display_name, self.problem(move, "validation").message)

    def test_missing_mappings_are_all_told_once(self):
        account = self.env["account.account"].create({"name": "Consulting", "code": "CONS1", "account_type": "income"})
        tax = self.tax(7, mapped=False)
        lines = [{"price_unit": 10, "tax_ids": tax, "account_id": account.id}] * 3
        out = self.prepare(self.move(lines))
        self.assertEqual({problem.missing for problem in out.problems}, {("account", account.id), ("tax", (tax.id,), "sale")})
        self.assertEqual({problem.code for problem in out.problems}, {"mapping"})
        messages = " ".join(problem.message for problem in out.problems)
        for part in ("CONS1", "Consulting", tax.name):
            self.assertIn(part, messages)

    def test_missing_mapping_gets_a_row_to_fix(self):
        tax = self.tax(7, mapped=False)
        move = self.move([(10, tax)])
        [problem] = self.prepare(move).problems
        self.assertFalse(self.connection._ensure_mappings([problem]))
        located = self.connection._locate(problem)
        row = self.env[located.model].browse(located.res_id)
        self.assertEqual((row.tax_ids, row.type_tax_use, row.state), (tax, "sale", "missing"))
        row.xero_tax_rate_id = self.map_taxes(self.tax20, "sale", 20).xero_tax_rate_id
        self.assertEqual(row.state, "confirmed")
        self.sent(move)

    def test_surely_suggested_mapping_is_used_at_once(self):
        self.env["xero.account"].sudo().create({
            "connection_id": self.connection.id, "xero_id": "a1", "code": "CONS1", "name": "Fees", "type": "REVENUE", "class_type": "REVENUE", "status": "ACTIVE",
        })
        account = self.env["account.account"].create({"name": "Consulting", "code": "CONS1", "account_type": "income"})
        move = self.move([{"price_unit": 10, "tax_ids": self.tax20, "account_id": account.id}])
        self.assertTrue(self.connection._ensure_mappings(self.prepare(move).problems))
        self.assertEqual(self.sent(move).payload["LineItems"][0]["AccountCode"], "CONS1")

    def test_mapping_that_cannot_be_used(self):
        move = self.move([(10, self.tax20)])
        row = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == self.revenue)
        for target, values, text in (
            (row, {"state": "suggested"}, "confirmed"),
            (row.xero_account_id, {"status": "ARCHIVED"}, "archived"),
            (row.xero_account_id, {"code": False}, "code"),
            (row.xero_account_id, {"system_account": "DEBTORS"}, "document lines"),
            (row.xero_account_id, {"type": "BANK"}, "document lines"),
            (self.env["xero.tax.rate"].search([("tax_type", "=", "S20")]), {"status": "DELETED"}, "archived"),
            (self.env["xero.tax.rate"].search([("tax_type", "=", "S20")]), {"can_apply_to_revenue": False}, "S20"),
        ):
            before = target.sudo().read(list(values))[0]
            target.sudo().write(values)
            problem = self.problem(move, "mapping")
            self.assertIn(text, problem.message)
            self.assertTrue(problem.res_id and problem.model.startswith("xero.mapping."))
            target.sudo().write({name: before[name] for name in values})
        self.sent(move)

    def test_currency_not_in_xero(self):
        franc = self.setup_other_currency("CHF")
        self.assertIn("CHF", self.problem(self.move([(10, self.tax20)], currency_id=franc.id), "validation").message)

    def test_locked_period(self):
        move = self.move([(10, self.tax20)])
        self.connection.year_lock_date = date(2026, 3, 4)
        self.sent(move)
        for field in ("period_lock_date", "year_lock_date"):
            self.connection[field] = date(2026, 3, 5)
            self.assertIn("2026-03-05", self.problem(move, "locked_period").message)
            self.connection[field] = False

    def test_unchanged_document_in_a_locked_period_is_no_problem(self):
        move = self.move([(10, self.tax20)])
        self.link(move, "d1", digest=codec.digest(self.sent(move).agreed()))
        self.connection.period_lock_date = date(2026, 3, 5)
        self.sent(move)
        move.ref = "changed"
        self.problem(move, "locked_period")

    def test_organisation_in_another_currency_than_the_company(self):
        """The rate sent is in the organisation's terms, not the company's."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.connection.currency_code = "EUR"
        payload = self.sent(self.move([(10, self.tax20)])).payload
        self.assertEqual((payload["CurrencyCode"], payload["CurrencyRate"]), ("USD", D("2.000000")))
        self.assertNotIn("CurrencyRate", self.sent(self.move([(10, self.tax20)], currency_id=euro.id)).payload)

    # === WHAT XERO ANSWERED OTHERWISE === #

    def test_adjustment_becomes_a_rounding_line(self):
        move = self.move([(10, self.tax20)])
        self.link(move, "d1", adjustment=-0.01)
        out = self.prepare(move)
        self.assertEqual(out.total, D("12.00"))
        self.assertEqual(out.payload["LineItems"][-1], {
            "Description": "Rounding", "Quantity": 1, "UnitAmount": D("-0.01"), "AccountCode": "860", "TaxType": "NONE",
        })

    # === MARKERS === #

    def test_invoice_marker(self):
        move = self.move([(10, self.tax20)])
        mapper, url = self.mapper["Invoice"], self.sent(move).payload["Url"]
        self.assertTrue(mapper._marker_matches({"Url": url}, move.id))
        self.assertTrue(mapper._marker_matches({"Url": url.replace("odoo.example.com", "erp.example.org:8069")}, move.id))
        for other in ("", None, url.replace("1a2b3c4d", "ffffffff"), url.replace(f"res_id={move.id}", f"res_id={move.id}0"), url.replace("account.move", "sale.order")):
            self.assertFalse(mapper._marker_matches({"Url": other}, move.id), other)

    def test_credit_note_is_ours_when_it_is_what_was_sent(self):
        note = self.move([(10, self.tax20)], "out_refund")
        mapper, sent = self.mapper["CreditNote"], self.sent(note).payload
        answer = {
            "Type": "ACCRECCREDIT", "CreditNoteNumber": note.name, "Contact": {"ContactID": CONTACT.upper()}, "CurrencyCode": "USD",
            "Date": "/Date(1772668800000+0000)/", "DateString": "2026-03-05T00:00:00", "SubTotal": D("10.00"), "Total": D("12.00"),
        }
        self.assertTrue(mapper._marker_matches(answer, note.id, sent))
        for change in ({"CreditNoteNumber": "X"}, {"Type": "ACCPAYCREDIT"}, {"SubTotal": D("10.01")}, {"DateString": "2026-03-06T00:00:00"},
                       {"Contact": {"ContactID": "other"}}, {"CurrencyCode": "EUR"}):
            self.assertFalse(mapper._marker_matches({**answer, **change}, note.id, sent), change)
        self.assertFalse(mapper._marker_matches(answer, note.id))

    def test_lookup(self):
        elements = [{"InvoiceNumber": f"INV/{number}"} for number in range(50)] + [{"InvoiceNumber": 'A,"B'}]
        params = self.mapper["Invoice"]._lookup_params(elements)
        self.assertEqual([len(param["InvoiceNumbers"].split(",")) for param in params[:2]], [40, 10])
        self.assertEqual(params[2], {"where": 'InvoiceNumber=="A,\\"B"'})
        notes = [{"Date": "2026-03-05"}, {"Date": "2026-01-31"}]
        self.assertEqual(self.mapper["CreditNote"]._lookup_params(notes), [{"where": "Date>=DateTime(2026,1,31) AND Date<=DateTime(2026,3,5)"}])

    def test_digest_does_not_hang_on_the_servers_address(self):
        move = self.move([(10, self.tax20)])
        before = codec.digest(self.sent(move).agreed())
        self.env["ir.config_parameter"].set_param("web.base.url", "https://other.example.com")
        self.assertEqual(codec.digest(self.sent(move).agreed()), before)

    # === BRANCHES === #

    def test_branch_documents_use_the_parents_mappings(self):
        branch = self.env["res.company"].create({
            "name": "Branch", "parent_id": self.company.id, "country_id": self.company.country_id.id,
        })
        self.cr.precommit.run()  # loads the branch's share of the chart of accounts
        self.env.user.company_ids |= branch
        move = self.env["account.move"].with_company(branch).create({
            "move_type": "out_invoice", "partner_id": self.partner_a.id, "invoice_date": "2026-03-05", "company_id": branch.id,
            "invoice_line_ids": [Command.create({
                "name": "Line", "price_unit": 100, "account_id": self.revenue.id, "tax_ids": [Command.set(self.tax20.ids)],
            })],
        })
        move.action_post()
        self.assertEqual(move.company_id, branch)
        self.assertEqual(self.sent(move).total, D("120.00"))
