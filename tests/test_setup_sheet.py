"""Mappings as spreadsheets: real files through Odoo's own export and import."""

import csv
import io

import openpyxl

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ..mappers.text import named
from .common.setup import SetupCommon

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {
    "has_headers": True,
    "quoting": '"',
    "separator": ",",
    "encoding": "utf-8",
    "advanced": True,
    "keep_matches": False,
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
}


class SheetCase(SetupCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.administrator = self.person(
            "sheet_admin", "xero_connector.group_xero_manager,account.group_account_manager,base.group_allow_export"
        )

    def download(self, kind, guide=None):
        """Return the header and the lines of the file that the guide's button gives."""
        guide = guide or self.guide(self.administrator)
        address = guide.with_context(kind=kind).action_download()["url"]
        self.env.flush_all()
        self.authenticate(self.administrator.login, self.administrator.login)
        answer = self.url_open(address)
        self.assertEqual(answer.status_code, 200, answer.text[:500])
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        header, *lines = [
            [cell if cell is not None else "" for cell in row] for row in sheet.iter_rows(values_only=True)
        ]
        return header, lines

    def xlsx(self, header, lines):
        book = openpyxl.Workbook()
        for line in (header, *lines):
            book.active.append(line)
        target = io.BytesIO()
        book.save(target)
        return target.getvalue(), XLSX

    def csv(self, header, lines):
        target = io.StringIO()
        csv.writer(target, quoting=csv.QUOTE_ALL).writerows([header, *lines])
        return target.getvalue().encode(), "text/csv"

    def upload(self, model, file, context=None, dryrun=False):
        """Import ``file`` as the import screen does: preview, columns as it matches them, then the import."""
        data, kind = file
        env = self.env(user=self.administrator, context={**self.env.context, **(context or {})})
        wizard = env["base_import.import"].create(
            {
                "res_model": model,
                "file": data,
                "file_name": f"mappings.{'csv' if kind == 'text/csv' else 'xlsx'}",
                "file_type": kind,
            }
        )
        preview = wizard.parse_preview(dict(OPTIONS))
        self.assertFalse(preview.get("error"), preview.get("error"))
        matches = preview["matches"]
        columns = [matches.get(index, [False]) for index in range(len(preview["headers"]))]
        fields = ["/".join(path) if path and path[0] else False for path in columns]
        result = wizard.execute_import(fields, preview["headers"], {**OPTIONS, **preview["options"]}, dryrun=dryrun)
        self.env.invalidate_all()
        return result

    def state(self, model):
        rows = self.env[model].search([("connection_id", "=", self.connection.id)])
        target = self.env[model]._target
        return {row.id: (row[target].id, row.state, row.confidence, row.write_date) for row in rows}

    def xero_account(self, code, connection=None):
        connection = connection or self.connection
        return self.env["xero.account"].search([("connection_id", "=", connection.id), ("code", "=", code)])


@tagged("post_install", "-at_install")
class TestAccountSheet(SheetCase):
    def test_what_is_not_edited_is_not_touched(self):
        for kind in ("account", "tax", "journal"):
            model = f"xero.mapping.{kind}"
            header, lines = self.download(kind)
            self.assertTrue(lines, kind)
            before = self.state(model)
            for make in (self.xlsx, self.csv):
                result = self.upload(model, make(header, lines))
                self.assertFalse(result["messages"], (kind, result["messages"]))
                self.assertEqual(len(result["ids"]), len(lines))
            self.assertEqual(self.state(model), before, kind)

    def test_an_edited_line_changes_that_row_alone(self):
        for make, code in ((self.xlsx, "260"), (self.csv, "270")):
            header, lines = self.download("account")
            key, target = header.index("Odoo Account"), header.index("Xero Account")
            account = self.company_data["default_account_revenue"]
            line = next(line for line in lines if line[key].startswith(account.code))
            line[target] = code
            before = self.state("xero.mapping.account")
            result = self.upload("xero.mapping.account", make(header, lines))
            self.assertFalse(result["messages"])
            after = self.state("xero.mapping.account")
            changed = [row for row in after if after[row] != before.get(row)]
            row = self.env["xero.mapping.account"].browse(changed)
            self.assertEqual((row.account_id, row.xero_account_id.code), (account, code))
            self.assertEqual((row.state, row.reason), ("confirmed", f"Chosen by {named(self.administrator.name)}"))

    def test_two_columns_are_enough(self):
        account = self.company_data["default_account_expense"]
        for text in ("400", "400 Advertising", "advertising"):
            self.env["xero.mapping.account"].search([("account_id", "=", account.id)]).unlink()
            lines = [[account.code, text]]
            result = self.upload("xero.mapping.account", self.csv(["Odoo Account", "Xero Account"], lines))
            self.assertFalse(result["messages"], text)
            row = self.env["xero.mapping.account"].search([("account_id", "=", account.id)])
            self.assertEqual((row.connection_id, row.xero_account_id.code), (self.connection, "400"), text)

    def test_a_choice_by_import_wakes_what_failed_for_it(self):
        account = self.company_data["default_account_revenue"].copy({"name": "Unheard of", "code": "UNHEARD"})
        self.connection.action_accept_suggestions()
        move = self.make_move(lines=[{"quantity": 1, "price_unit": 10.0, "account_id": account.id}])
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        result = self.upload("xero.mapping.account", self.csv(["Odoo Account", "Xero Account"], [["UNHEARD", "200"]]))
        self.assertFalse(result["messages"])
        self.assertEqual(move.xero_sync_state, "queued")
        self.drain()
        self.assertInXero(move)

    def test_a_wrong_line_stops_all_and_says_what_to_do(self):
        account, other = (self.company_data[f"default_account_{kind}"] for kind in ("revenue", "expense"))
        before = self.state("xero.mapping.account")
        header = ["Odoo Account", "Xero Account"]
        cases = {
            "“4711” is not known in Kauri Trading": [[account.code, "200"], [other.code, "4711"]],
            "“NOSUCH” is not known in Odoo": [[account.code, "200"], ["NOSUCH", "400"]],
            "in the file twice": [[account.code, "200"], [account.code, "260"]],
            "cannot be used here": [[account.code, "200"], [other.code, "610"]],
        }
        for sentence, lines in cases.items():
            result = self.upload("xero.mapping.account", self.csv(header, lines))
            self.assertFalse(result["ids"])
            [message] = result["messages"]
            self.assertIn(sentence, message["message"])
            self.assertEqual((message["type"], message["rows"]), ("error", {"from": 1, "to": 1}))
        self.assertEqual(self.state("xero.mapping.account"), before)

    def test_lines_that_programs_send_wrongly_are_told_by_number(self):
        rows = self.env["xero.mapping.account"].with_user(self.administrator)
        row = rows.search([("connection_id", "=", self.connection.id), ("xero_account_id", "!=", False)], limit=1)
        before, columns = (row.xero_account_id, row.state), ["id", "account_id", "xero_account_id"]
        lines = [["nopoint", row.account_code], [], None, "text", [7, 400000, 200.5], ["a.b", None, False]]
        answer = rows.load(columns, lines)
        self.assertEqual([message["record"] for message in answer["messages"]], list(range(len(lines))))
        self.assertIn("2 of 3 cells", answer["messages"][0]["message"])
        self.assertFalse(answer["ids"])
        self.assertEqual((row.xero_account_id, row.state), before)

    def test_a_test_run_changes_nothing(self):
        before = self.state("xero.mapping.account")
        lines = [[self.company_data["default_account_revenue"].code, "260"]]
        file = self.csv(["Odoo Account", "Xero Account"], lines)
        self.assertTrue(self.upload("xero.mapping.account", file, dryrun=True)["ids"])
        self.assertEqual(self.state("xero.mapping.account"), before)

    def test_a_cell_that_is_emptied_is_undecided_again(self):
        account = self.company_data["default_account_revenue"]
        row = self.env["xero.mapping.account"].search([("account_id", "=", account.id)])
        row.xero_account_id = self.xero_account("200")
        self.upload("xero.mapping.account", self.csv(["Odoo Account", "Xero Account"], [[account.code, ""], ["", ""]]))
        self.assertEqual((row.state, row.xero_account_id.id), ("missing", False))

    def test_a_suggestion_is_confirmed_by_its_state(self):
        account = self.company_data["default_account_revenue"]
        row = self.env["xero.mapping.account"].search([("account_id", "=", account.id)])
        row.sudo().write({"xero_account_id": self.xero_account("200").id, "state": "suggested", "confidence": 50})
        header, lines = self.download("account")
        line = next(line for line in lines if line[header.index("Odoo Account")].startswith(account.code))
        line[header.index("Status")] = "Confirmed"
        self.upload("xero.mapping.account", self.xlsx(header, lines))
        self.assertEqual(row.state, "confirmed")
        self.assertIn("Confirmed by", row.reason)

    def test_odoos_own_export_comes_back_too(self):
        """The list's Export, import-compatible: names of fields for headers, external ids first."""
        rows = self.env["xero.mapping.account"].search([("connection_id", "=", self.connection.id)])
        fields = ["id", "account_id", "xero_account_id", "state"]
        lines = rows.with_user(self.administrator).export_data(fields)["datas"]
        before = self.state("xero.mapping.account")
        result = self.upload("xero.mapping.account", self.csv(fields, lines))
        self.assertFalse(result["messages"])
        self.assertEqual(self.state("xero.mapping.account"), before)


@tagged("post_install", "-at_install")
class TestOtherSheets(SheetCase):
    def tax_row(self, taxes, use="sale"):
        key = ",".join(map(str, sorted(taxes.ids)))
        return self.env["xero.mapping.tax"].search(
            [("connection_id", "=", self.connection.id), ("key", "=", key), ("type_tax_use", "=", use)]
        )

    def test_a_tax_is_named_by_its_name_and_its_use(self):
        row = self.tax_row(self.tax_sale_a)
        twin = self.tax_purchase_a
        twin.name = self.tax_sale_a.name
        header, lines = self.download("tax")
        rate = self.env["xero.tax.rate"].search([("connection_id", "=", self.connection.id), ("tax_type", "=", "NONE")])
        untouched = self.tax_row(twin, "purchase")
        before = (untouched.xero_tax_rate_id, untouched.state)
        for text in (rate.name, "NONE"):
            row.xero_tax_rate_id = False
            line = next(line for line in lines if line[1:3] == [self.tax_sale_a.name, "Sales"])
            line[header.index("Xero Tax Rate")] = text
            self.assertFalse(self.upload("xero.mapping.tax", self.xlsx(header, lines))["messages"])
            self.assertEqual((row.xero_tax_rate_id, row.state), (rate, "confirmed"))
        self.assertEqual((untouched.xero_tax_rate_id, untouched.state), before)

    def test_sets_of_taxes_and_lines_without_tax(self):
        pair = self.tax_sale_a + self.tax_sale_b
        [row] = self.env["xero.mapping.tax"]._ensure(self.connection, [(tuple(sorted(pair.ids)), "sale")])
        none = self.tax_row(self.env["account.tax"])
        header, lines = self.download("tax")
        target = header.index("Xero Tax Rate")
        for line in lines:
            if line[1:3] in ([row.display_name, "Sales"], ["No tax", "Sales"]):
                line[target] = "NONE"
        none.xero_tax_rate_id = False
        self.assertFalse(self.upload("xero.mapping.tax", self.csv(header, lines))["messages"])
        self.assertEqual((row + none).mapped("xero_tax_rate_id.tax_type"), ["NONE"])

    def test_a_tax_nobody_knows(self):
        file = self.csv(["Taxes", "Used On", "Xero Tax Rate"], [["No such tax", "Sales", "NONE"]])
        [message] = self.upload("xero.mapping.tax", file)["messages"]
        self.assertIn("“No such tax”, used on Sales, is no tax of", message["message"])

    def test_bank_accounts_and_the_way_payments_go(self):
        header, lines = self.download("journal")
        [line] = lines[:1]
        journal = self.company_data["default_journal_bank"]
        line[header.index("Odoo Journal")] = journal.code
        line[header.index("Payments Go")] = "From Odoo to Xero"
        self.assertFalse(self.upload("xero.mapping.journal", self.xlsx(header, lines))["messages"])
        row = self.env["xero.mapping.journal"].search([("journal_id", "=", journal.id)])
        self.assertEqual((row.direction, row.state), ("odoo_to_xero", "confirmed"))
        line[header.index("Payments Go")] = "Sideways"
        [message] = self.upload("xero.mapping.journal", self.xlsx(header, lines))["messages"]
        self.assertIn("“Sideways” is no direction", message["message"])

    def test_tracking_by_names(self):
        region = self.env["account.analytic.plan"].create({"name": "Region"})
        north, east = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": region.id} for name in ("North", "Our East")]
        )
        self.env["xero.mapping.tracking"]._refresh(self.connection)
        header, [line] = self.download("tracking")
        self.assertEqual(line[1:3], ["North", "Region: North"])
        result = self.upload("xero.mapping.tracking", self.xlsx(header[1:3], [line[1:3], ["Our East", "Eastside"]]))
        self.assertFalse(result["messages"])
        rows = self.connection.tracking_mapping_ids
        self.assertEqual({row.account_id: row.xero_option_id.name for row in rows}, {north: "North", east: "Eastside"})
        self.assertEqual(set(rows.mapped("state")), {"confirmed"})

    def test_two_companies_in_one_file(self):
        """The same codes in two organisations: the column of the connection tells them apart."""
        data = self.setup_other_company()
        other = self.env["xero.connection"].create(
            {"company_id": data["company"].id, "credential_id": self.credential.id}
        )
        self.administrator.company_ids |= data["company"]
        tenant = self.add_organisation(**{**self.organisation, "Name": "Rimu Limited"})
        self.connect(other, tenant)
        mine, theirs = self.company_data["default_account_revenue"], data["default_account_revenue"]
        self.env["xero.mapping.account"]._ensure(other, theirs)
        self.env["xero.mapping.account"]._ensure(self.connection, mine)
        context = {"allowed_company_ids": (self.company + data["company"]).ids}
        lines = [
            ["Kauri Trading", mine.code, "260"],
            ["Rimu Limited", theirs.with_company(data["company"]).code, "270"],
        ]
        file = self.csv(["Connection", "Odoo Account", "Xero Account"], lines)
        self.assertFalse(self.upload("xero.mapping.account", file, context)["messages"])
        rows = self.env["xero.mapping.account"].search([("xero_account_id.code", "in", ("260", "270"))])
        found = {row.connection_id: (row.account_id, row.xero_account_id.code) for row in rows}
        self.assertEqual(found, {self.connection: (mine, "260"), other: (theirs, "270")})
        [message] = self.upload("xero.mapping.account", file, {"allowed_company_ids": self.company.ids})["messages"]
        self.assertIn("“Rimu Limited” is no Xero organisation", message["message"])

    def test_the_import_screen_offers_the_present_mappings(self):
        templates = self.env["xero.mapping.tax"].with_user(self.administrator).get_import_templates()
        self.assertEqual([template["label"][-5:] for template in templates], ["XLSX)"[-5:], "(CSV)"])
        self.authenticate(self.administrator.login, self.administrator.login)
        answer = self.url_open(templates[1]["template"])
        self.assertIn("Xero Tax Rate", answer.text.splitlines()[0])

    def test_who_may_not_export_is_told_so(self):
        self.administrator.group_ids = [Command.unlink(self.env.ref("base.group_allow_export").id)]
        with self.assertRaisesRegex(UserError, "may not export"):
            self.guide(self.administrator).with_context(kind="account").action_download()
