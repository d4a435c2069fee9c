"""Head, state and problems of documents."""

from datetime import timedelta
from decimal import Decimal as D

from odoo import Command, fields
from odoo.tests import tagged

from ..xero_api import codec
from .common.mapper import SIGNATURE, MapperCase

CONTACT = "c0000000-0000-0000-0000-00000000000a"


@tagged("post_install", "-at_install")
class TestMapperDocument(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax20, cls.bill20 = cls.tax(20), cls.tax(20, "purchase")

    # === REGISTRY === #

    def test_registry(self):
        mappers = self.env["xero.mapper"]
        self.assertEqual([mapper._xero_type for mapper in mappers._all()][:3], ["Contact", "Invoice", "CreditNote"])
        self.assertEqual(
            {mapper._xero_type for mapper in mappers._for_model("account.move")},
            {"Invoice", "CreditNote", "ManualJournal", "BankLine"},
        )
        with self.assertRaises(KeyError):
            mappers._for_type("Nothing")

    def test_each_document_has_one_mapper(self):
        for move_type, wanted in (
            ("out_invoice", "Invoice"),
            ("in_invoice", "Invoice"),
            ("out_receipt", "Invoice"),
            ("in_receipt", "Invoice"),
            ("out_refund", "CreditNote"),
            ("in_refund", "CreditNote"),
            ("entry", "ManualJournal"),
        ):
            move = self.env["account.move"].new({"move_type": move_type})
            takers = [
                mapper._xero_type
                for mapper in self.env["xero.mapper"]._for_model("account.move")
                if mapper._handles(move)
            ]
            self.assertEqual(takers, [wanted], move_type)

    # === HEAD === #

    def test_sales_invoice(self):
        move = self.move([(100, self.tax20)], ref="PO 77", name="INV/2026/00042")
        payload = self.sent(move).payload
        self.assertEqual(
            {key: payload[key] for key in payload if key != "LineItems"},
            {
                "Type": "ACCREC",
                "InvoiceNumber": "INV/2026/00042",
                "Reference": "PO 77",
                "Contact": {"ContactID": CONTACT},
                "Date": "2026-03-05",
                "DueDate": "2026-04-04",
                "LineAmountTypes": "Exclusive",
                "CurrencyCode": "USD",
                "Status": "AUTHORISED",
                "Url": f"https://odoo.example.com/mail/view?model=account.move&res_id={move.id}&mark=1a2b3c4d-{SIGNATURE}",
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
        self.assertEqual(
            (payload["Type"], payload["CreditNoteNumber"], payload["Reference"]),
            ("ACCRECCREDIT", note.name, "Reversal of: INV/1, damaged"),
        )
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
        [problem] = self.prepare(self.move([(100, self.tax20)], name="Счёт 1")).problems
        self.assertIn("letters", problem.message)
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
        self.assertEqual(
            (out.status, out.payload["Status"], out.number), ("DRAFT", "DRAFT", f"odoo-1a2b3c4d-{draft.id}")
        )
        draft.action_post()
        self.assertEqual(self.sent(draft).status, "AUTHORISED")
        link = self.link(draft, "d0000000-0000-0000-0000-000000000001", xero_status="AUTHORISED")
        draft.button_draft()
        kept = self.prepare(draft)
        self.assertEqual((kept.status, kept.payload["Status"]), ("KEPT", "AUTHORISED"), "it waits to be posted again")
        for hours, since, edited, status in (
            (0, 9, 9, "KEPT"),
            (4, 3, 3, "KEPT"),
            (4, 5, 0, "KEPT"),
            (4, 5, 2, "ABSENT"),
        ):
            self.connection.void_drafts_after = hours
            draft.flush_recordset()
            changed = fields.Datetime.now() - timedelta(hours=edited)
            self.env.cr.execute("UPDATE account_move SET write_date = %s WHERE id = %s", (changed, draft.id))
            draft.invalidate_recordset(["write_date"])
            link.draft_since = fields.Datetime.now() - timedelta(hours=since)
            self.assertEqual(self.prepare(draft).status, status)
        link.xero_status = "VOIDED"
        self.assertEqual(self.prepare(draft).status, "DRAFT")
        draft.button_cancel()
        self.assertEqual(self.prepare(draft).status, "ABSENT")
        self.assertEqual(self.prepare(draft).payload, {})

    def test_unfinished_draft_waits(self):
        self.connection.sync_when = "draft"
        for values in ({"partner_id": False}, {"invoice_line_ids": []}):
            move = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_line_ids": [Command.create({"name": "x", "price_unit": 1})],
                    **values,
                }
            )
            self.assertEqual(self.prepare(move).status, "ABSENT", values)

    def test_removal(self):
        mapper, link = self.mapper["Invoice"], self.link(self.move([(1, self.tax20)]), "d1")
        for status, wanted in (
            ("DRAFT", "DELETED"),
            ("SUBMITTED", "DELETED"),
            ("AUTHORISED", "VOIDED"),
            ("PAID", "VOIDED"),
            (False, "VOIDED"),
        ):
            link.xero_status = status
            self.assertEqual(mapper._removal_payload(link), {"InvoiceID": "d1", "Status": wanted}, status)
        for status in ("VOIDED", "DELETED"):
            link.xero_status = status
            self.assertEqual(mapper._removal_payload(link), {})

    # === LINES === #

    def test_sections_and_notes_are_descriptions(self):
        out = self.sent(
            self.move(
                [
                    {"display_type": "line_section", "name": "Part one", "sequence": 1},
                    {"name": "Work", "price_unit": 10, "tax_ids": self.tax20, "sequence": 2},
                    {"display_type": "line_subsection", "name": "Details", "sequence": 3},
                    {"display_type": "line_note", "name": "Thank\nyou", "sequence": 4},
                    {"display_type": "line_note", "name": " ", "sequence": 5},
                ]
            )
        )
        self.assertEqual(
            [line["Description"] for line in out.payload["LineItems"]], ["Part one", "Work", "Details", "Thank\nyou"]
        )
        self.assertEqual([sorted(line) for line in out.payload["LineItems"]][::2], [["Description"]] * 2)

    def test_every_line_has_a_description(self):
        out = self.sent(
            self.move(
                [
                    {"name": False, "price_unit": 10, "tax_ids": self.tax20},
                    {"name": "x" * 5000, "price_unit": 10, "tax_ids": self.tax20},
                ]
            )
        )
        first, second = (line["Description"] for line in out.payload["LineItems"])
        self.assertEqual(first, self.revenue.name)
        self.assertEqual((len(second), second[-1]), (4000, "…"))

    # === MARKERS === #

    def test_invoice_marker(self):
        move = self.move([(10, self.tax20)])
        mapper, sent = self.mapper["Invoice"], self.sent(move).payload
        url = sent["Url"]
        self.assertNotIn("xero", url)
        older = url.replace("mark=1a2b3c4d-" + SIGNATURE, "xero_db=1a2b3c4d")
        for same in (url, url.replace("odoo.example.com", "erp.example.org:8069"), older):
            self.assertTrue(mapper._marker_matches({**sent, "Url": same}, move.id, sent), same)
        for other in (
            "",
            None,
            7,
            "http://[",
            url.replace("1a2b3c4d", "ffffffff"),
            url.replace("1a2b3c4d", "1A2B3C4D"),
            url.replace(SIGNATURE, SIGNATURE[::-1]),
            url.replace(f"res_id={move.id}", f"res_id={move.id}0"),
            url.replace(f"res_id={move.id}", f"res_id=0{move.id}"),
            url.replace(f"res_id={move.id}", f"res_id=+{move.id}"),
            f"{url}&res_id={move.id}",
            f"{url}&xero_db=1a2b3c4d",
            url.replace("account.move", "sale.order"),
            url.replace("/mail/view", "/mail/other"),
        ):
            self.assertFalse(mapper._marker_matches({**sent, "Url": other}, move.id, sent), other)
        for change in (
            {"InvoiceNumber": "X"},
            {"SubTotal": D("10.01")},
            {"Date": "2026-03-06"},
            {"Contact": {"ContactID": "other"}},
            {"CurrencyCode": "EUR"},
        ):
            self.assertFalse(mapper._marker_matches({**sent, **change}, move.id, sent), change)

    def test_credit_note_is_ours_when_it_is_what_was_sent(self):
        note = self.move([(10, self.tax20)], "out_refund")
        mapper, sent = self.mapper["CreditNote"], self.sent(note).payload
        answer = {
            "Type": "ACCRECCREDIT",
            "CreditNoteNumber": note.name,
            "Contact": {"ContactID": CONTACT.upper()},
            "CurrencyCode": "USD",
            "Date": "/Date(1772668800000+0000)/",
            "DateString": "2026-03-05T00:00:00",
            "SubTotal": D("10.00"),
            "Total": D("12.00"),
        }
        self.assertTrue(mapper._marker_matches(answer, note.id, sent))
        for change in (
            {"CreditNoteNumber": "X"},
            {"Type": "ACCPAYCREDIT"},
            {"SubTotal": D("10.01")},
            {"DateString": "2026-03-06T00:00:00"},
            {"Contact": {"ContactID": "other"}},
            {"CurrencyCode": "EUR"},
        ):
            self.assertFalse(mapper._marker_matches({**answer, **change}, note.id, sent), change)

    def test_lookup(self):
        elements = [{"InvoiceNumber": f"INV/{number}"} for number in range(50)] + [{"InvoiceNumber": 'A,"B'}]
        params = self.mapper["Invoice"]._lookup_params(elements)
        self.assertEqual([len(param["InvoiceNumbers"].split(",")) for param in params[:2]], [40, 10])
        self.assertEqual(params[2], {"where": 'InvoiceNumber=="A,\\"B"', "includeArchived": "true"})
        kinds = ("ACCRECCREDIT", "ACCPAYCREDIT", "ACCRECCREDIT")
        notes = [
            {"Type": kind, "Date": day} for kind, day in zip(kinds, ("2026-03-05", "2026-01-31", "2026-02-01"))
        ]
        span = "Date>=DateTime(2026,1,31) AND Date<=DateTime(2026,3,5)"
        self.assertEqual(
            self.mapper["CreditNote"]._lookup_params(notes),
            [{"where": f'Type=="{kind}" AND {span}'} for kind in ("ACCPAYCREDIT", "ACCRECCREDIT")],
        )

    def test_digest_does_not_hang_on_the_servers_address(self):
        move = self.move([(10, self.tax20)])
        before = codec.digest(self.sent(move).canonical())
        self.env["ir.config_parameter"].set_param("web.base.url", "https://other.example.com")
        self.assertEqual(codec.digest(self.sent(move).canonical()), before)

    # === ORGANISATION === #

    def test_organisation_in_another_currency_than_the_company(self):
        """The rate sent is in the organisation's terms, not the company's."""
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        self.connection.currency_code = "EUR"
        payload = self.sent(self.move([(10, self.tax20)])).payload
        self.assertEqual((payload["CurrencyCode"], payload["CurrencyRate"]), ("USD", D("2.000000")))
        self.assertNotIn("CurrencyRate", self.sent(self.move([(10, self.tax20)], currency_id=euro.id)).payload)

    def test_branch_documents_use_the_parents_mappings(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "country_id": self.company.country_id.id}
        )
        self.cr.precommit.run()  # loads the branch's share of the chart of accounts
        self.env.user.company_ids |= branch
        move = (
            self.env["account.move"]
            .with_company(branch)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_date": "2026-03-05",
                    "company_id": branch.id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Line",
                                "price_unit": 100,
                                "account_id": self.revenue.id,
                                "tax_ids": [Command.set(self.tax20.ids)],
                            }
                        )
                    ],
                }
            )
        )
        move.action_post()
        self.assertEqual(move.company_id, branch)
        self.assertEqual(self.sent(move).total, D("120.00"))
