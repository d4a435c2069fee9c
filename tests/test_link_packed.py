import importlib.util
import json
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import SQL

from ..models.link.packed import pack, unpack
from .test_privacy_retention import RetentionCommon

MIGRATION = Path(__file__).parent.parent / "migrations" / "19.0.1.1.0" / "pre-packed.py"
CONTACT = {"ContactID": "c0ffee00-0000-4000-8000-000000000007", "Name": "Zoë & Søn", "EmailAddress": "zoe@example.com"}
LINE = {"AccountCode": "200", "Description": "Consulting", "LineAmount": "75.18", "Quantity": "3.0000",
        "TaxAmount": "11.28", "TaxType": "OUTPUT2", "Tracking": [], "UnitAmount": "25.0600"}  # fmt: skip
ELEMENT = {
    "AmountCredited": "0.00",
    "AmountDue": "100.46",
    "AmountPaid": "0.00",
    "Contact": CONTACT,
    "CurrencyCode": "NZD",
    "CurrencyRate": 1,
    "Date": "/Date(1773100800000+0000)/",
    "DueDateString": "2026-05-10T00:00:00",
    "HasAttachments": False,
    "InvoiceID": "53d1e0bc-cde1-4fa6-82b0-2dd9e056853d",
    "InvoiceNumber": "INV/2026/04711",
    "LineAmountTypes": "Exclusive",
    "LineItems": [LINE, {**LINE, "Description": "Travel", "LineAmount": "10.00"}],
    "Payments": [],
    "Reference": None,
    "SentToContact": True,
    "Status": "AUTHORISED",
    "SubTotal": "85.18",
    "Total": "100.46",
    "TotalTax": "15.28",
    "Type": "ACCREC",
    "UpdatedDateUTC": "/Date(1795959553627+0000)/",
}


@tagged("post_install", "-at_install")
class TestPacked(RetentionCommon):
    def link(self, **values):
        return self.env["xero.link"].create(
            {"connection_id": self.connection.id, "company_id": self.company.id, "xero_type": "Invoice",
             "res_model": "account.move", "res_id": 900_000_001, **values}
        )  # fmt: skip

    def test_everything_comes_back_as_it_was(self):
        for value in (
            ELEMENT,
            {},
            [],
            {"a": None, "b": [True, False, 0, -1.5, "1.50", ""], "ß": {"日本": '\u2028\\"'}},
        ):
            with self.subTest(value):
                self.assertEqual(unpack(pack(value)), value)
        self.assertIsNone(unpack(None))

    def test_a_document_takes_a_third(self):
        self.assertLess(len(pack(ELEMENT)), len(json.dumps(ELEMENT)) / 3)

    def test_what_another_version_stored_is_not_guessed(self):
        with self.assertRaises(ValueError):
            unpack(b"\x02" + pack({})[1:])

    def test_the_field_reads_and_writes_plain_values(self):
        link = self.link(base_state=ELEMENT)
        self.env.flush_all()
        self.env.cr.execute("SELECT base_state FROM xero_link WHERE id = %s", [link.id])
        self.assertEqual(unpack(self.env.cr.fetchone()[0]), ELEMENT)
        link.invalidate_recordset()
        self.assertEqual(link.base_state, ELEMENT)
        link.base_state["Status"] = "VOIDED"
        self.assertEqual(link.base_state["Status"], "AUTHORISED", "A reader changes only its own copy")
        self.assertEqual(link.read(["base_state"])[0]["base_state"], ELEMENT)
        link.base_state = {**ELEMENT, "Status": "PAID"}
        link.flush_recordset()
        link.invalidate_recordset()
        self.assertEqual(link.base_state["Status"], "PAID")
        link.base_state = False
        link.flush_recordset()
        link.invalidate_recordset()
        self.assertFalse(link.base_state)

    def test_what_was_sent_comes_back_byte_by_byte(self):
        body = '{"Invoices":[{"Total":1.50,  "Reference":"Zoë \\u00e9"}]}\n'
        [batch_id] = self.batch(state="unknown")
        batch = self.env["xero.sync.batch"].sudo().browse(batch_id)
        batch.body = body
        self.assertEqual(batch.body, body)
        batch.flush_recordset()
        batch.invalidate_recordset()
        self.assertEqual(batch.body, body)
        batch.write({"state": "done", "body": False})
        batch.flush_recordset()
        batch.invalidate_recordset()
        self.assertFalse(batch.body)

    def test_links_of_several_shapes_are_saved_together(self):
        own = {"connection_id": self.connection.id, "company_id": self.company.id, "xero_type": "Invoice",
               "res_model": "account.move", "state": "synced"}  # fmt: skip
        self.env["xero.link"]._save(
            [
                {**own, "res_id": 900_000_001, "odoo_keys": json.dumps(["Reference"])},
                {**own, "res_id": 900_000_002},
            ]
        )
        links = self.env["xero.link"].search([("res_id", "in", [900_000_001, 900_000_002])], order="res_id")
        self.assertEqual(links.mapped("odoo_keys"), [["Reference"], False])

    def test_an_upgrade_packs_what_is_there_and_drops_readings_that_were_replaced(self):
        link = self.link(base_state=ELEMENT, base_digest="d")
        bare = self.link(res_id=900_000_002)
        old, failed, new = self.snapshot(days=9), self.snapshot(days=2, state="failed"), self.snapshot(days=1)
        for snapshot in (old, new):
            self.insert("xero_snapshot_element", 3, snapshot_id=snapshot, xero_type="Invoice", xero_id=SQL("'x' || n"))
        [batch_id] = self.batch(state="unknown")
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE xero_sync_batch DROP COLUMN body, ADD COLUMN body text")
        self.env.cr.execute("UPDATE xero_sync_batch SET body = %s WHERE id = %s", ['{"A":  1.50}', batch_id])
        self.env.cr.execute("ALTER TABLE xero_link DROP COLUMN base_state, ADD COLUMN base_state jsonb")
        self.env.cr.execute("ALTER TABLE xero_snapshot_element DROP COLUMN data, ADD COLUMN data jsonb")
        self.env.cr.execute("UPDATE xero_link SET base_state = %s WHERE id = %s", [json.dumps(ELEMENT), link.id])
        self.env.cr.execute("UPDATE xero_snapshot_element SET data = %s", [json.dumps(ELEMENT | {"Reference": "R"})])
        spec = importlib.util.spec_from_file_location("pre_packed", MIGRATION)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        migration.CHUNK = 2
        for _again in range(2):
            migration.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual((link.base_state, link.base_digest, bare.base_state), (ELEMENT, "d", False))
        self.assertEqual(self.left("xero.snapshot", [old, failed, new]), [new])
        self.assertEqual(self.env["xero.sync.batch"].sudo().browse(batch_id).body, '{"A":  1.50}')
        elements = self.env["xero.snapshot.element"].search([("snapshot_id", "=", new)])
        self.assertEqual(elements.mapped("data"), [ELEMENT | {"Reference": "R"}] * 3)
        self.assertEqual(set(elements.mapped("document_type")), {"ACCREC"})
        self.assertEqual(set(elements.mapped("reference")), {"R"})
