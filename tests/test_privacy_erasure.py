import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..models.link.packed import column_of, unpack
from ..models.privacy import xero_erasure
from .common.inbound import InboundCommon

PERSON = {
    "name": "Zebra Canary",
    "email": "zebra@canary.example",
    "phone": "+64 27 555 0199",
    "street": "7 Canary Quay",
}
TEXT = f"Asked {PERSON['name']} ({PERSON['email'].upper()}), {PERSON['phone']}, {PERSON['street']}"
OTHER = "Zebrawood Canaryson Ltd"


@tagged("post_install", "-at_install")
class TestErasure(InboundCommon):
    """A person is put into every table; erased in Odoo, no table names the person any more."""

    def setUp(self):
        super().setUp()
        self.person_ = self.env["res.partner"].create({**PERSON, "customer_rank": 1})
        self.drain()
        self.assertTrue(self.contact_id)

    @property
    def contact_id(self):
        return self.link_of(self.person_.id).xero_id

    def link_of(self, partner_id):
        return self.env["xero.link"].search([("res_model", "=", "res.partner"), ("res_id", "=", partner_id)])

    def insert(self, table, **values):
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) VALUES %s RETURNING id",
                SQL.identifier(table),
                SQL(", ").join(map(SQL.identifier, values)),
                tuple(values.values()),
            )
        )
        return self.env.cr.fetchone()[0]

    def spread(self):
        """Have the person named in every table that the connector writes texts to, beside somebody else."""
        contact, data = self.contact_id, json.dumps({"Said": [TEXT, {"by": PERSON["name"]}], "Other": OTHER})
        about = {"res_model": "res.partner", "res_id": self.person_.id}
        self.spread_in_readings(contact)
        conflict = self.own(
            "xero_conflict", **about, link_id=self.link_of(self.person_.id).id, kind="both", state="settled",
            record_name=PERSON["name"], reason=TEXT, element=data, base_view=data, odoo_view=data,
            xero_view=json.dumps({"name": "Z. Canary"}),
        )  # fmt: skip
        self.insert("xero_conflict_line", conflict_id=conflict, name="name", choice="xero", base=TEXT, odoo=TEXT,
                    xero="Z. Canary")  # fmt: skip
        match = self.own("xero_match", state="done", stage="contacts", differences="keep")
        line = self.own(
            "xero_match_line", match_id=match, stage="contacts", kind="contact", xero_type="Contact", verdict="sure",
            choice="link", state="linked", xero_id=contact, **about, odoo_name=PERSON["name"], xero_name="Z. Canary",
            reasons=json.dumps([["phone", "0275550199canary"]]),
        )  # fmt: skip
        self.insert("xero_match_candidate", line_id=line, company_id=self.company.id, xero_name=PERSON["name"])
        preview = self.own("xero_preview", kind="records", state="ready", reason=TEXT)
        self.own("xero_preview_line", preview_id=preview, xero_type="Invoice", res_model="account.move", res_id=1,
                 contact=PERSON["name"], card=data, changes=data, message=TEXT)  # fmt: skip
        self.insert("xero_preview_problem", preview_id=preview, company_id=self.company.id, severity="notice",
                    topic="plan", key="k", message=TEXT)  # fmt: skip
        report = self.own("xero_reconciliation", state="done", reason=TEXT)
        self.own("xero_reconciliation_difference", reconciliation_id=report, section="contact", kind="name",
                 state="open", record_name=TEXT, contact_name=PERSON["name"], odoo_value=TEXT, note=TEXT)  # fmt: skip
        self.insert("xero_reconciliation_total", reconciliation_id=report, key="c", section="contact",
                    contact_xero_id=contact, contact_name="Z. Canary")  # fmt: skip
        self.own("xero_reconciliation_ignore", fingerprint="f", summary=TEXT, reason=TEXT, user_id=self.env.uid,
                 active=True)  # fmt: skip
        self.failed = self.own(
            "xero_sync_job", operation="push", xero_type="Invoice", res_model="account.move", res_id=9, state="failed",
            priority=10, rank=50, run_after="2026-01-01", failure_type="validation", failure_detail=TEXT,
        )  # fmt: skip
        self.log = self.own("xero_log", direction="in", summary=f"{OTHER} and {TEXT}", detail=TEXT)
        self.own("xero_alert", topic="queue", code="x", state="closed", opened_at="2026-01-01", values=data)

    def own(self, table, **values):
        return self.insert(table, connection_id=self.connection.id, company_id=self.company.id, **values)

    def spread_in_readings(self, contact):
        snapshot = self.own("xero_snapshot", kinds='["Contact"]', state="ready")
        invoice = {"InvoiceID": "i", "Total": "5.00", "Contact": {"ContactID": contact, "Name": "Z. Canary"}}
        invoice["Payments"] = [{"Invoice": {"Contact": {"ContactID": contact, "FirstName": "Zebra"}}}]
        rows = [
            {"xero_type": "Contact", "xero_id": contact.upper(), "name": "Z. Canary", "number": "CANARY-7",
             "data": {"ContactID": contact, "FirstName": "Zebra"}},
            {"xero_type": "Invoice", "xero_id": "j", "name": OTHER, "data": {"LineItems": [{"Description": TEXT}]}},
            {"xero_type": "Invoice", "xero_id": "i", "name": "Z. Canary", "contact_xero_id": contact, "data": invoice},
        ]  # fmt: skip
        for row in rows:
            values = {**row, "data": column_of(json.dumps(row["data"]))}
            self.document = self.insert(
                "xero_snapshot_element", snapshot_id=snapshot, connection_id=self.connection.id, **values
            )

    def named(self):
        """Return the tables whose rows name the person anywhere, in compressed columns too."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT table_name, column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name LIKE 'xero\\_%' ORDER BY 1, 2"
        )
        found = []
        for table, column, kind in self.env.cr.fetchall():
            if column == "vault":
                continue
            name, source = SQL.identifier(column), SQL.identifier(table)
            self.env.cr.execute(SQL("SELECT %s FROM %s WHERE %s IS NOT NULL", name, source, name))
            for [value] in self.env.cr.fetchall():
                packed = kind == "bytea" and bytes(value)[:1] == b"\x01"
                text = json.dumps(unpack(value), ensure_ascii=False) if packed else str(value)
                text = text.replace(OTHER, "").lower()
                if "canary" in text or "zebra" in text or "555 0199" in text:
                    found.append((table, column, text[:200]))
        return found

    def erase(self):
        rounds = 0
        while self.env["xero.erasure"]._gc_erased()[1]:
            rounds += 1
            self.assertLess(rounds, 500, "Erasing does not end")

    def tables(self, found):
        return sorted({row[0] for row in found})

    def test_reasons_lose_the_person_and_keep_their_languages(self):
        self.env["res.lang"]._activate_lang("de_DE")
        say, join, name = self.env["xero.reason"]._, self.env["xero.reason"]._join, PERSON["name"]
        waits = say("Waits for %s, which is sent first.", name)
        log = self.env["xero.log"].sudo().create(
            {"connection_id": self.connection.id, "company_id": self.company.id, "summary": waits,
             "detail": join("\n", (say("%(a)s", a=[name, say("%s", name)]), f"Xero: {name}\x1f"))}
        )  # fmt: skip
        self.env.flush_all()
        self.person_.unlink()
        self.erase()
        self.assertEqual(log.with_context(lang="de_DE").summary, "Wartet auf …, das zuerst gesendet wird.")
        self.assertEqual(log.detail, "… and …\nXero: …\x1f")
        self.env.cr.execute("SELECT summary, detail FROM xero_log WHERE id = %s", [log.id])
        self.assertNotIn(name, str(self.env.cr.fetchone()))

    def test_a_deleted_person_is_found_in_no_table(self):
        self.spread()
        self.assertGreater(len(self.tables(self.named())), 15)
        gone = self.person_.id
        self.person_.unlink()
        with patch.object(xero_erasure, "CHUNK", 2):
            self.erase()
        # Xero is told of the deletion, and its answer tells of the person once more.
        self.assertTrue(self.env["xero.erasure"].sudo().search([]))
        self.drain()
        self.env["xero.erasure"].sudo().search([]).not_before = False
        self.erase()
        self.assertEqual(self.named(), [])
        self.assertFalse(self.env["xero.erasure"].sudo().search([]))
        self.assertTrue(self.link_of(gone).xero_id, "Identity stays, so that the contact is not imported anew")

    def test_what_is_of_others_stays(self):
        self.spread()
        self.person_.unlink()
        self.erase()
        log = self.env["xero.log"].browse(self.log)
        self.assertTrue(log.summary.startswith(f"{OTHER} and Asked …"))
        job = self.env["xero.sync.job"].browse(self.failed)
        self.assertEqual((job.state, job.failure_type), ("failed", "validation"))
        data = self.env["xero.snapshot.element"].browse(self.document).data
        self.assertEqual((data["InvoiceID"], data["Total"]), ("i", "5.00"))
        self.assertEqual(list(data["Contact"]), ["ContactID"])

    def test_an_anonymised_person_is_found_in_no_table(self):
        self.make_move(partner=self.person_)
        self.drain()
        self.spread()
        self.person_.write({"name": "Former customer 12", "email": False, "phone": False, "street": False})
        self.drain()
        self.erase()
        self.env["xero.erasure"].sudo().search([]).not_before = False
        self.erase()
        self.assertEqual(self.named(), [])
        self.assertEqual(self.link_of(self.person_.id).base_state["name"], "Former customer 12")

    def test_what_others_have_too_is_not_erased(self):
        self.spread()
        self.env["res.partner"].create({"name": "Neighbour", "street": PERSON["street"]})
        self.person_.unlink()
        self.erase()
        detail = self.env["xero.log"].browse(self.log).detail
        self.assertIn(PERSON["street"], detail)
        self.assertNotIn(PERSON["name"], detail)

    def test_another_address_erases_nothing(self):
        self.spread()
        self.person_.write({"email": "new@canary.example", "name": "Zebra Canary-Smith"})
        self.assertFalse(self.env["xero.erasure"].sudo().search([]))

    def test_who_is_merged_away_is_not_erased(self):
        other = self.env["res.partner"].create({"name": "Z. C.", "email": PERSON["email"]})
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([self.person_.id, other.id], other, extra_checks=False)
        self.assertFalse(self.person_.exists())
        self.assertFalse(self.env["xero.erasure"].sudo().search([]))

    def test_no_client_calls_a_deletion_a_merge(self):
        self.person_.with_context(xero_merging=True).unlink()
        self.assertTrue(self.env["xero.erasure"].sudo().search([]))

    def test_people_without_rights_to_xero_erase_as_well(self):
        self.spread()
        clerk = new_test_user(self.env, "erasure_clerk", "base.group_user,base.group_partner_manager")
        self.person_.with_user(clerk).unlink()
        self.erase()
        self.assertNotIn(PERSON["name"], self.env["xero.log"].browse(self.log).detail)

    def test_nobody_reads_who_is_to_be_erased(self):
        self.person_.unlink()
        manager = new_test_user(self.env, "erasure_manager", "base.group_system,xero_connector.group_xero_manager")
        with self.assertRaises(AccessError):
            self.env["xero.erasure"].with_user(manager).search([])

    def test_a_call_under_way_is_left_as_it_was_sent(self):
        batch = self.insert("xero_sync_batch", connection_id=self.connection.id, method="PUT", resource="Contacts",
                            xero_type="Contact", idempotency_key="k", correlation_id="c", digest="d", state="unknown",
                            started_at="2026-01-01", body=column_of(TEXT))  # fmt: skip
        self.person_.unlink()
        self.erase()
        self.assertEqual(self.env["xero.sync.batch"].sudo().browse(batch).body, TEXT)
