from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestTracking(InboundCommon):
    def setUp(self):
        super().setUp()
        self.region, self.project = self.env["account.analytic.plan"].create([{"name": "Region"}, {"name": "Project"}])
        self.north, self.south, self.house = self.env["account.analytic.account"].create(
            [
                {"name": "North", "plan_id": self.region.id},
                {"name": "South", "plan_id": self.region.id},
                {"name": "House", "plan_id": self.project.id},
            ]
        )
        self.env["xero.mapping.tracking"]._refresh(self.connection)

    def option(self, name):
        return self.env["xero.tracking.option"].search(
            [("connection_id", "=", self.connection.id), ("name", "=", name)]
        )

    def rows(self):
        return self.env["xero.mapping.tracking"].search([("connection_id", "=", self.connection.id)])

    def give(self, move, distribution):
        move.invoice_line_ids.analytic_distribution = distribution

    def tracked_move(self, distribution, **values):
        move = self.make_move(post=False, **values)
        self.give(move, distribution)
        move.action_post()
        self.drain()
        return move

    def tracking_in_xero(self, move):
        """Return the options of each line."""
        return [[part["Option"] for part in line.get("Tracking") or []] for line in self.in_xero(move)["LineItems"]]

    def edit_tracking(self, move, *options):
        """A person in Xero chooses other options on the first line."""
        line = self.in_xero(move)["LineItems"][0]
        keys = ("LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount")
        sent = {key: line[key] for key in keys if line.get(key) is not None}
        sent["Tracking"] = [{"Name": name, "Option": option} for name, option in options]
        self.edit(move, LineItems=[sent])

    # === READ AND SUGGESTED === #

    def test_options_are_read_and_suggested_by_name(self):
        self.assertEqual(
            set(self.env["xero.tracking.category"].search([("connection_id", "=", self.connection.id)]).mapped("name")),
            {"Region", "Department"},
        )
        self.assertEqual(self.rows().account_id, self.north | self.south)
        self.assertRecordValues(
            self.rows().filtered(lambda row: row.account_id == self.north),
            [{"state": "confirmed", "xero_option_id": self.option("North").id, "plan_id": self.region.id}],
        )

    def test_what_is_archived_or_gone_in_xero_is_kept(self):
        reading = [
            {
                "TrackingCategoryID": row.xero_id,
                "Name": row.name,
                "Status": "ARCHIVED" if row.name == "Region" else "ACTIVE",
                "Options": [],
            }
            for row in self.env["xero.tracking.category"].search([("connection_id", "=", self.connection.id)])
        ]
        self.env["xero.tracking.category"].sudo()._refresh_with_options(self.connection, reading)
        self.assertEqual(self.option("North").category_id.status, "ARCHIVED")
        self.assertEqual(self.option("North").status, "GONE")
        move = self.tracked_move({str(self.north.id): 100})
        self.assertEqual(self.tracking_in_xero(move), [[]])

    def test_one_plan_is_one_category(self):
        with self.assertRaisesRegex(ValidationError, "Region"):
            self.env["xero.mapping.tracking"].create(
                {
                    "connection_id": self.connection.id,
                    "account_id": self.house.id,
                    "xero_option_id": self.option("South").id,
                }
            )

    def test_only_administrators_choose(self):
        user = new_test_user(
            self.env,
            "tracker",
            "xero_connector.group_xero_user,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        rows = self.rows().with_user(user)
        self.assertEqual(rows[0].state, "confirmed")
        with self.assertRaises(AccessError):
            rows[0].xero_option_id = False

    # === ODOO TO XERO === #

    def test_a_whole_line_is_tracked_and_shares_are_not(self):
        self.connection.line_shares = "untracked"
        self.assertEqual(self.tracking_in_xero(self.tracked_move({str(self.north.id): 100})), [["North"]])
        both = self.tracked_move({f"{self.north.id},{self.house.id}": 100})
        self.assertEqual(self.tracking_in_xero(both), [["North"]])
        split = self.tracked_move({f"{self.north.id},{self.house.id}": 50, str(self.north.id): 50})
        self.assertEqual(self.tracking_in_xero(split), [["North"]])
        for shares in ({str(self.north.id): 60, str(self.south.id): 40}, {str(self.north.id): 60}, False):
            self.assertEqual(self.tracking_in_xero(self.tracked_move(shares)), [[]])

    def test_a_change_is_sent_and_comes_back_as_an_echo(self):
        move = self.tracked_move({str(self.north.id): 100})
        self.poll()
        self.give(move, {str(self.south.id): 100})
        self.drain()
        self.assertEqual(self.tracking_in_xero(move), [["South"]])
        self.poll()
        self.assertEqual(move.invoice_line_ids.analytic_distribution, {str(self.south.id): 100})
        self.assertFalse(self.open_jobs())
        self.assertFalse(self.conflict_of(move))

    def test_a_required_plan_is_asked_for(self):
        self.connection.required_plan_ids = self.region | self.project
        move = self.tracked_move({str(self.house.id): 100})
        job = self.job_of(move)
        self.assertEqual(job.state, "failed")
        self.assertIn("Region", job.failure_detail)
        self.assertIn("No Xero tracking option is chosen for House", job.failure_detail)
        row = self.rows().filtered(lambda row: row.account_id == self.house)
        self.assertEqual(row.state, "missing")
        row.xero_option_id = self.option("Service")
        self.give(move, {f"{self.house.id},{self.south.id}": 100})
        job.action_retry()
        self.drain()
        self.assertEqual([sorted(line) for line in self.tracking_in_xero(move)], [["Service", "South"]])

    def test_what_people_track_in_other_categories_stays(self):
        move = self.tracked_move({str(self.north.id): 100})
        self.poll()
        self.edit_tracking(move, ("Region", "North"), ("Department", "Sales"))
        self.poll()
        self.assertFalse(self.conflict_of(move))
        move.ref = "Changed in Odoo"
        self.drain()
        self.assertEqual(self.in_xero(move)["Reference"], "Changed in Odoo")
        self.assertEqual([sorted(line) for line in self.tracking_in_xero(move)], [["North", "Sales"]])

    def test_a_change_on_a_document_paid_in_xero_is_sent(self):
        self.person("edit_account", code="090", CurrencyCode="USD")
        move = self.tracked_move({str(self.north.id): 100})
        self.poll()
        self.edit_tracking(move, ("Region", "North"), ("Department", "Sales"))
        self.person("pay", invoice=move.xero_invoice_id, amount=10, account="090")
        self.poll()
        for distribution, options in (
            ({str(self.south.id): 100}, ["Sales", "South"]),
            (False, ["Sales"]),
            ({str(self.north.id): 100}, ["North", "Sales"]),
        ):
            self.give(move, distribution)
            self.drain()
            self.assertEqual([sorted(line) for line in self.tracking_in_xero(move)], [options])
            self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        move.invoice_line_ids.name = "Another text"
        self.drain()
        self.assertEqual([sorted(line) for line in self.tracking_in_xero(move)], [["North", "Sales"]])
        self.assertEqual(self.in_xero(move)["LineItems"][0]["Description"], "Another text")
        self.poll()
        self.assertFalse(self.conflict_of(move))

    # === XERO TO ODOO === #

    def test_tracked_in_xero_is_distributed_in_odoo(self):
        move = self.tracked_move({str(self.house.id): 100})
        self.poll()
        before = self.writes_of(move)
        self.edit_tracking(move, ("Region", "North"))
        self.poll()
        key = ",".join(map(str, sorted((self.house | self.north).ids)))
        self.assertEqual(move.invoice_line_ids.analytic_distribution, {key: 100})
        self.assertEqual(move.state, "posted")
        self.simulator.reset_stats()
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertNotIn(("POST", "Invoices"), self.simulator.calls(self.tenant))
        self.edit_tracking(move)
        self.poll()
        self.assertEqual(move.invoice_line_ids.analytic_distribution, {str(self.house.id): 100})
        self.assertTrue(before)

    def test_on_a_paid_document_too(self):
        move = self.tracked_move(False)
        self.poll()
        self.pay(move)
        self.edit_tracking(move, ("Region", "South"))
        self.poll()
        self.assertFalse(self.conflict_of(move))
        self.assertEqual(move.invoice_line_ids.analytic_distribution, {str(self.south.id): 100})

    def test_imported_with_its_tracking(self):
        self.connection.inbound_documents = "post"
        contact = self.person("create_contact", Name="Made in Xero")["ContactID"]
        line = {"Description": "Line", "Quantity": 1, "UnitAmount": 80, "AccountCode": "200"}
        element = self.person(
            "create_invoice",
            contact=contact,
            Date="2026-03-15",
            InvoiceNumber="XN-1",
            LineItems=[{**line, "Tracking": [{"Name": "Region", "Option": "North"}]}, line],
        )
        self.poll()
        link = self.env["xero.link"].search([("xero_id", "=", element["InvoiceID"])])
        lines = self.env["account.move"].browse(link.res_id).invoice_line_ids
        self.assertEqual(lines.mapped("analytic_distribution"), [{str(self.north.id): 100}, False])
        self.drain()
        self.assertFalse(self.open_jobs())

    def test_both_changed_it(self):
        move = self.tracked_move({str(self.north.id): 100})
        self.poll()
        self.connection.conflict_documents = "ask"
        self.give(move, {str(self.south.id): 100})
        self.edit_tracking(move, ("Region", "West Coast"))
        self.poll()
        conflict = self.conflict_of(move)
        [line] = conflict.line_ids
        self.assertEqual(
            (line.label, line.base, line.odoo, line.xero),
            ("Line 1: Tracking", "Region: North", "Region: South", "Region: West Coast"),
        )
        conflict.action_take_odoo()
        self.drain()
        self.assertEqual(self.tracking_in_xero(move), [["South"]])
