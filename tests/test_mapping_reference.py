"""Lists read from Xero, and the mappings made of them."""

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common.mapper import ACCOUNTS, MapperCase, Reading, rate


@tagged("post_install", "-at_install")
class TestMappingReference(MapperCase):
    def rows(self, kind):
        return self.env[kind].search([("connection_id", "=", self.connection.id)])

    # === LISTS === #

    def test_one_call_each(self):
        reading = Reading()
        self.env["xero.mapping.service"]._read_lists(self.connection, reading)
        self.assertEqual(
            sorted(reading.calls), ["Accounts", "BrandingThemes", "Currencies", "TaxRates", "TrackingCategories"]
        )

    def test_reading_again_changes_nothing(self):
        self.env["xero.mapping.service"]._read_lists(self.connection, Reading())
        self.env.flush_all()
        kinds = ("xero.account", "xero.tax.rate", "xero.currency", "xero.mapping.account", "xero.mapping.tax")
        before = {kind: self.rows(kind).ids for kind in kinds}
        with self.assertQueryCount(29):
            self.env["xero.mapping.service"]._read_lists(self.connection, Reading())
        self.assertEqual({kind: self.rows(kind).ids for kind in kinds}, before)

    def test_what_changed_in_xero(self):
        sales = self.xero_account("200")
        renamed = [{**ACCOUNTS[0], "Name": "Income", "Status": "ARCHIVED"}, *ACCOUNTS[2:]]
        reading = Reading(accounts=renamed, currencies=[{"Code": "USD"}])
        self.env["xero.mapping.service"]._read_lists(self.connection, reading)
        self.assertEqual((sales.name, sales.status), ("Income", "ARCHIVED"))
        self.assertEqual(self.xero_account("260").status, "GONE", "kept: something may be mapped to it")
        self.assertEqual(self.rows("xero.currency").mapped("code"), ["USD"])
        self.env["xero.mapping.service"]._read_lists(self.connection, Reading())
        self.assertEqual((sales.name, self.xero_account("260").status), ("Sales", "ACTIVE"))

    def test_unknown_kinds_are_kept(self):
        odd = {
            "AccountID": "odd",
            "Code": "999",
            "Name": "Odd",
            "Type": "PAYGLIABILITY",
            "Class": "NEWCLASS",
            "Status": "STRANGE",
        }
        rates = [{"TaxType": "X", "Name": "X", "EffectiveRate": 7, "Status": "PENDING"}, {"Name": "without type"}]
        self.env["xero.mapping.service"]._read_lists(self.connection, Reading(accounts=[*ACCOUNTS, odd], rates=rates))
        self.assertEqual((self.xero_account("999").type, self.xero_account("999").status), ("PAYGLIABILITY", "STRANGE"))
        found = self.rows("xero.tax.rate").filtered(lambda row: row.tax_type == "X")
        self.assertEqual((found.effective_rate, found.display_rate, found.can_apply_to_revenue), (7, 7, True))

    def test_rounding_account_is_found_and_a_choice_is_kept(self):
        self.assertEqual(self.connection.rounding_account_id.code, "860")
        self.connection.rounding_account_id = self.xero_account("429")
        self.env["xero.mapping.service"]._read_lists(self.connection, Reading())
        self.assertEqual(self.connection.rounding_account_id.code, "429")

    def test_two_organisations_do_not_mix(self):
        other = self.setup_other_company()["company"]
        second = (
            self.env["xero.connection"]
            .sudo()
            .create({"company_id": other.id, "credential_id": self.connection.credential_id.id})
        )
        reading = Reading(accounts=ACCOUNTS[:1], currencies=[{"Code": "NZD"}])
        self.env["xero.mapping.service"]._read_lists(second, reading)
        self.assertEqual(second.tax_mapping_ids.company_id, other)
        self.assertEqual(self.env["xero.account"].search_count([("connection_id", "=", second.id)]), 1)
        self.assertEqual(self.xero_account("260").status, "ACTIVE")
        own = self.connection.account_mapping_ids
        foreign = self.env["xero.account"].search([("connection_id", "=", second.id)])
        with self.assertRaises(ValidationError):
            own[0].xero_account_id = foreign

    # === ACCOUNT MAPPINGS === #

    def test_rows_for_what_is_used_or_surely_known(self):
        unused = self.env["account.account"].create({"name": "Never used", "code": "NEVER1", "account_type": "income"})
        sure = self.env["account.account"].create(
            {"name": "Equipment", "code": "EQUIP1", "account_type": "asset_fixed"}
        )
        used = self.env["account.account"].create({"name": "Training", "code": "TRAIN1", "account_type": "income"})
        self.move(
            [{"account_id": used.id, "price_unit": 5, "tax_ids": None}], invoice_date="2026-10-05", date="2026-10-05"
        )
        self.env["xero.mapping.service"]._read_lists(self.connection, Reading())
        mapped = {row.account_id: row for row in self.connection.account_mapping_ids}
        self.assertNotIn(unused, mapped)
        self.assertEqual(
            (mapped[sure].state, mapped[sure].xero_account_id.code, mapped[sure].reason),
            ("confirmed", "720", "Same name"),
        )
        self.assertIn(used, mapped)
        self.assertNotEqual(mapped[used].state, "confirmed")
        self.assertNotIn(self.company_data["default_account_receivable"], mapped)

    def test_a_choice_is_never_overwritten(self):
        row = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == self.revenue)
        row.xero_account_id = self.xero_account("260")
        self.assertEqual((row.state, row.confidence), ("confirmed", 100))
        self.assertIn(self.env.user.name, row.reason)
        self.env["xero.mapping.service"]._refresh(self.connection)
        self.assertEqual(row.xero_account_id.code, "260")

    def test_what_a_person_cleared_is_only_suggested_again(self):
        sure = self.env["account.account"].create(
            {"name": "Equipment", "code": "EQUIP1", "account_type": "asset_fixed"}
        )
        row = self.env["xero.mapping.account"]._ensure(self.connection, sure)
        self.assertEqual(row.state, "confirmed")
        row.xero_account_id = False
        self.assertEqual((row.state, row.reason), ("missing", False))
        self.env["xero.mapping.service"]._refresh(self.connection)
        self.assertEqual((row.state, row.xero_account_id.code), ("suggested", "720"))

    def similar(self, number):
        account = self.env["account.account"].create(
            {"name": "Equipments", "code": f"EQUIP{number}", "account_type": "asset_fixed"}
        )
        return self.env["xero.mapping.account"]._ensure(self.connection, account)

    def test_accepting_suggestions_takes_what_is_sure(self):
        sure, doubtful = self.similar(2), self.similar(3)
        self.assertEqual((sure + doubtful).mapped("state"), ["suggested", "suggested"])
        sure.sudo().confidence = 95
        action = self.connection.action_accept_suggestions()
        self.assertEqual((sure + doubtful).mapped("state"), ["confirmed", "suggested"])
        left = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn(doubtful, left.account_mapping_ids, "what is left")
        self.assertIn(doubtful, self.connection.open_account_mapping_ids)
        doubtful.action_confirm()
        self.assertEqual(doubtful.state, "confirmed", "one by one is a person's decision")

    def test_nothing_is_left_of_what_is_sure(self):
        for model in ("account", "tax", "journal"):
            self.rows(f"xero.mapping.{model}")._confirm()
        self.similar(2).sudo().confidence = 95
        self.assertIs(self.connection.action_accept_suggestions(), True)

    def test_confirming_several_takes_what_is_sure_and_says_what_is_left(self):
        rows = self.similar(2) + self.similar(3) + self.similar(4)
        rows[0].sudo().confidence = 95
        action = rows.action_confirm()
        self.assertEqual(rows.mapped("state"), ["confirmed", "suggested", "suggested"])
        self.assertIn("2", action["params"]["title"])
        self.assertIn("Equipments → 720 Equipment", action["params"]["message"])

    def test_one_screen_holds_all_that_is_undecided(self):
        self.similar(2)
        self.tax(12.5, mapped=False)
        self.env["xero.mapping.service"]._refresh(self.connection)
        self.connection.invalidate_recordset()
        waiting = self.connection.missing_mapping_count
        self.assertTrue(self.connection.open_tax_mapping_ids)
        shown = len(self.connection.open_account_mapping_ids) + len(self.connection.open_tax_mapping_ids)
        action = self.connection.action_open_mappings()
        screen = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((waiting, len(screen.account_mapping_ids) + len(screen.tax_mapping_ids)), (shown, shown))
        for row in (*self.connection.open_account_mapping_ids, *self.connection.open_tax_mapping_ids):
            row.sudo().state = "confirmed"
        self.env.invalidate_all()
        self.assertFalse(self.connection.open_account_mapping_ids + self.connection.open_account_mapping_ids)

    def test_accounts_that_take_no_lines(self):
        """Xero posts to its system accounts itself, and to inventory by tracked items."""
        closed = [
            {**ACCOUNTS[0], "AccountID": f"closed-{number}", "Code": f"90{number}", "Name": name, **more}
            for number, (name, more) in enumerate(
                [
                    ("Unpaid claims", {"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "UNPAIDEXPCLM"}),
                    ("Earnings kept", {"Type": "EQUITY", "Class": "EQUITY", "SystemAccount": "RETAINEDEARNINGS"}),
                    ("Transfers", {"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "TRACKINGTRANSFERS"}),
                    ("History", {"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "HISTORICAL"}),
                    ("Sales tax control", {"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "GST"}),
                    ("Currency gains", {"SystemAccount": "REALISEDCURRENCYGAIN"}),
                    ("Goods in stock", {"Type": "INVENTORY", "Class": "ASSET"}),
                ]
            )
        ]
        reading = Reading(accounts=[*ACCOUNTS, *closed])
        self.env["xero.mapping.service"]._read_lists(self.connection, reading)
        kinds = {"LIABILITY": "liability_current", "EQUITY": "equity", "ASSET": "asset_current", "REVENUE": "income"}
        for element in closed:
            account = self.env["account.account"].create(
                {"name": element["Name"], "code": f"N{element['Code']}", "account_type": kinds[element["Class"]]}
            )
            row = self.env["xero.mapping.account"]._ensure(self.connection, account)
            self.assertNotEqual(row.xero_account_id.code, element["Code"], element["Name"])
            with self.assertRaises(ValidationError, msg=element["Name"]) as caught:
                row.xero_account_id = self.xero_account(element["Code"])
            self.assertIn(element["Code"], str(caught.exception))
        rounding = self.env["xero.mapping.account"]._ensure(self.connection, self.levy_account)
        rounding.xero_account_id = self.xero_account("860")
        self.assertEqual(rounding.state, "confirmed", "Xero takes lines on its rounding account")

    def test_a_mapping_to_an_account_that_takes_no_lines_is_told_before_the_call(self):
        self.xero_account("200").system_account = "UNPAIDEXPCLM"
        out = self.prepare(self.move([(10, None)]))
        self.assertIn("takes no document lines", str(out.problems[0].message))

    def test_one_row_an_account(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["xero.mapping.account"].create(
                {"connection_id": self.connection.id, "account_id": self.revenue.id}
            )
            self.env.flush_all()

    def test_spreadsheet_import(self):
        account = self.env["account.account"].create({"name": "Consulting", "code": "CONS1", "account_type": "income"})
        result = self.env["xero.mapping.account"].load(
            ["connection_id/.id", "account_id/.id", "xero_account_id"],
            [[str(self.connection.id), str(account.id), "260 Other Revenue"]],
        )
        self.assertFalse(result["messages"])
        row = self.env["xero.mapping.account"].browse(result["ids"])
        self.assertEqual((row.xero_account_id.code, row.state), ("260", "confirmed"))

    # === TAX MAPPINGS === #

    def test_single_taxes_have_rows(self):
        tax = self.tax(12.5, mapped=False)
        levy = self.tax(1, mapped=False, amount_type="fixed", name="levy")
        withheld = self.tax(-5, mapped=False, name="withheld")
        group = self.env["account.tax"].create(
            {
                "name": "group",
                "amount_type": "group",
                "type_tax_use": "sale",
                "children_tax_ids": [Command.set((tax + levy).ids)],
            }
        )
        reading = Reading(rates=[rate("NONE", "None", 0), rate("X", "Some", 12.5, "AELR")])
        self.env["xero.mapping.service"]._read_lists(self.connection, reading)
        rows = {(row._key_ids(), row.type_tax_use): row for row in self.connection.tax_mapping_ids}
        row = rows[(tax.id,), "sale"]
        self.assertEqual(
            (row.xero_tax_rate_id.tax_type, row.state, row.odoo_rate, row.rate_differs), ("X", "suggested", 12.5, False)
        )
        self.assertEqual(
            len([key for key in rows if tax.id in key[0]]),
            1,
            "the group is the same set: its levy is a line of its own",
        )
        self.assertFalse([key for key in rows if {levy.id, withheld.id, group.id} & set(key[0])])
        self.assertEqual({rows[(), use].xero_tax_rate_id.tax_type for use in ("sale", "purchase")}, {"NONE"})

    def test_taxes_are_read_at_once(self):
        for number in range(40):
            self.tax(20 + number, mapped=False, name=f"Tax {number}")
        mapping = self.env["xero.mapping.tax"]
        sets = mapping._single_sets(self.connection)
        counts = []
        for some in (sets[:5], sets):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            suggest = mapping._suggester(self.connection, some)
            for taxes, use in some:
                suggest(taxes, use)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertGreater(len(sets), 40)
        self.assertLess(counts[1] - counts[0], 10, counts)

    def test_lines_without_tax_in_australia(self):
        self.connection.tax_mapping_ids.unlink()
        rates = [rate("BASEXCLUDED", "BAS Excluded", 0), rate("EXEMPTOUTPUT", "GST Free Income", 0, "AELR")]
        self.env["xero.mapping.service"]._read_lists(self.connection, Reading(rates=rates))
        self.assertEqual(self.sent(self.move([(10, None)])).payload["LineItems"][0]["TaxType"], "BASEXCLUDED")

    def test_rate_that_differs_is_shown(self):
        tax = self.tax(12.5, mapped=False)
        self.assertTrue(self.map_taxes(tax, "sale", 10).rate_differs)
        self.assertEqual(self.sent(self.move([(100, tax)])).payload["LineItems"][0]["TaxAmount"], 12.5)

    def test_order_of_taxes_does_not_matter(self):
        first, second = self.tax(1, mapped=False), self.tax(2, mapped=False)
        rows = self.env["xero.mapping.tax"]._ensure(
            self.connection, [(tuple(sorted((first + second).ids)), "sale")] * 2
        )
        self.assertEqual((len(rows), rows.odoo_rate, rows.display_name), (1, 3, f"{first.name} + {second.name}"))
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["xero.mapping.tax"].create(
                {
                    "connection_id": self.connection.id,
                    "tax_ids": [Command.set((second + first).ids)],
                    "type_tax_use": "sale",
                }
            )
            self.env.flush_all()

    # === ACCESS === #

    def test_users_read_and_managers_write(self):
        accountant = new_test_user(
            self.env,
            "xero_accountant",
            groups="account.group_account_invoice,xero_connector.group_xero_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        row = self.connection.account_mapping_ids[0].with_user(accountant)
        self.assertEqual(row.state, self.connection.account_mapping_ids[0].state)
        with self.assertRaises(AccessError):
            row.xero_account_id = False
        with self.assertRaises(AccessError):
            row.xero_account_id.with_user(accountant).name = "x"

    def test_rows_of_another_company_are_hidden(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "xero_stranger",
            groups="account.group_account_invoice,xero_connector.group_xero_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for kind in ("xero.account", "xero.tax.rate", "xero.currency", "xero.mapping.account", "xero.mapping.tax"):
            self.assertFalse(
                self.env[kind].with_user(stranger).search([("connection_id", "=", self.connection.id)]), kind
            )
