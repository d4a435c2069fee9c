"""What is suggested for every tax of the charts, against the edition of the country."""

from odoo import Command
from odoo.addons.xero_connector.models.mapping import tax_facts
from odoo.addons.xero_connector.tests.common.mapper import rate
from odoo.tests import tagged

from .charts_common import CHARTS, ChartCase, edition

# By the ids of Odoo's templates: what Xero calls them. "?": for a person to decide. None: Xero has no such rate.
WANTED = {
    "au": {
        "untaxed sale": "BASEXCLUDED",
        "untaxed purchase": "BASEXCLUDED",
        "au_tax_sale_10": "OUTPUT",
        "au_tax_sale_0": "EXEMPTEXPORT",
        "au_tax_sale_exempt": "EXEMPTOUTPUT",
        "au_tax_sale_input": "INPUTTAXED",
        "au_tax_sale_adj": None,
        "au_tax_sale_wet": None,
        "au_tax_payg_w3": None,
        "au_tax_purchase_10_service": "INPUT",
        "au_tax_purchase_10_service_tpar": "INPUT",
        "au_tax_purchase_capital_service": "CAPEXINPUT",
        "au_tax_purchase_capital_service_tpar": "CAPEXINPUT",
        "au_tax_purchase_0_service": "EXEMPTEXPENSES",
        "au_tax_purchase_0_service_tpar": "EXEMPTEXPENSES",
        "au_tax_purchase_input_service": "INPUTTAXED",
        "au_tax_purchase_input_service_tpar": "INPUTTAXED",
        "au_tax_purchase_private_service": "BASEXCLUDED",
        "au_tax_purchase_private_service_tpar": "BASEXCLUDED",
        "au_tax_purchase_taxable_import_service": "BASEXCLUDED?",
        "au_tax_purchase_taxable_import_service_tpar": "BASEXCLUDED?",
        "au_tax_purchase_gst_only_service": "GSTONIMPORTS?",
        "au_tax_purchase_gst_only_service_tpar": "GSTONIMPORTS?",
        "au_tax_purchase_adj_service": None,
        "au_tax_purchase_adj_service_tpar": None,
    },
    "nz": {
        "untaxed sale": "NONE",
        "untaxed purchase": "NONE",
        "nz_tax_sale_15": "OUTPUT2",
        "nz_tax_sale_0": "ZERORATED",
        "nz_tax_purchase_15": "INPUT2",
        "nz_tax_purchase_0": "NONE",
        "nz_tax_purchase_taxable_import": "NONE?",
        "nz_tax_purchase_gst_only": "GSTONIMPORTS?",
    },
    "uk": {
        "untaxed sale": "NONE",
        "untaxed purchase": "NONE",
        "ST11": "OUTPUT2",
        "ST5": "RROUTPUT",
        "ST0": "ZERORATEDOUTPUT",
        "ST2": "EXEMPTOUTPUT",
        "ST4": "ECZROUTPUT",
        "ST_20_RCD": "DRCHARGE20",
        "ST_0_EX": "ZERORATEDOUTPUT",
        "PT_20_G": "INPUT2",
        "PT_20_S": "INPUT2",
        "PT5": "RRINPUT",
        "PT2": "EXEMPTINPUT",
        "PT7": "ECZRACQUISITIONS",
        "PT8": "ECACQUISITIONS",
        "PT_20_RCD": "DRCHARGESUPPLY20",
        "PT_20_RCI": "REVERSECHARGES",
        "PT_20_PVA": None,
        "PT_0_EX": "ZERORATEDINPUT",
    },
    "za": {
        "untaxed sale": "NONE",
        "untaxed purchase": "NONE",
        "ST1": "OUTPUT3",
        "ST1A": "SROUTPUT2",
        "ST2": "ZERORATED",
        "ST2A": "ZERORATEDOUTPUT",
        "ST3": "EXEMPTOUTPUT",
        "ST5": None,
        "ST7": None,
        "ST10": "OUTPUT4",
        "ST12": None,
        "PT14": "CAPEXINPUT2",
        "PT14A": "GSTONCAPIMPORTS?",
        "PT15": "INPUT3",
        "PT15A": "IMINPUT?",
        "PT16": "INPUT4",
        "PT17": None,
        "PT18": None,
    },
    "sg": {
        "untaxed sale": "NONE",
        "untaxed purchase": "NONE",
        "sg_sale_tax_sr_9": "OUTPUTY24",
        "sg_sale_tax_sr_8": "OUTPUTY23",
        "sg_sale_tax_sr_7": "OUTPUT",
        "sg_sale_tax_ds_9": "DSOUTPUTY24",
        "sg_sale_tax_ds_8": "DSOUTPUTY23",
        "sg_sale_tax_ds_7": "DSOUTPUT",
        "sg_sale_tax_zr_0": "ZERORATEDOUTPUT",
        "sg_sale_tax_es_0": "ES33OUTPUT",
        "sg_sale_tax_esn_0": "ESN33OUTPUT",
        "sg_sale_tax_os_0": "OSOUTPUT2",
        "sg_sale_tax_srca_s_na": "SRCAS",
        "sg_sale_tax_srca_c_9": None,
        "sg_sale_tax_srca_c_8": None,
        "sg_sale_tax_srca_c_7": None,
        "sg_sale_tax_srrc_9": None,
        "sg_sale_tax_srovr_rs_9": "SROVRRSY24",
        "sg_sale_tax_srovr_lvg_9": "SROVRLVGY24",
        "sg_sale_tax_srlvg_9": "SRLVGY24",
        "sg_purchase_tax_tx8_9": "INPUTY24",
        "sg_purchase_tax_tx8_8": "INPUTY23",
        "sg_purchase_tax_tx7_7": "INPUT",
        "sg_purchase_tax_txn33_9": "TXN33INPUTY24",
        "sg_purchase_tax_txn33_8": "TXN33INPUTY23",
        "sg_purchase_tax_txn33_7": "TXN33INPUT",
        "sg_purchase_tax_txe33_9": "TXESSINPUTY24",
        "sg_purchase_tax_txe33_8": "TXESSINPUTY23",
        "sg_purchase_tax_txe33_7": "TXESSINPUT",
        "sg_purchase_tax_txre_9": "TXREINPUTY24",
        "sg_purchase_tax_txre_8": "TXREINPUTY23",
        "sg_purchase_tax_txre_7": "TXREINPUT",
        "sg_purchase_tax_bl_9": "BLINPUT3Y24",
        "sg_purchase_tax_bl_8": "BLINPUT3Y23",
        "sg_purchase_tax_bl_7": "BLINPUT2?",
        "sg_purchase_tax_im_9": "IMY24",
        "sg_purchase_tax_im_8": "IMY23?",
        "sg_purchase_tax_im_7": "IM?",
        "sg_purchase_tax_im_re_9": "IMREY24",
        "sg_purchase_tax_im_ess_9": "IMESSY24",
        "sg_purchase_tax_im_n33_9": "IMN33Y24",
        "sg_purchase_tax_igds_9": "IGDSINPUT2Y24?",
        "sg_purchase_tax_me_08": "IGDSINPUT2Y23?",
        "sg_purchase_tax_me_0": "IGDSINPUT2?",
        "sg_purchase_tax_mes_0": "MEINPUT",
        "sg_purchase_tax_nr_0": "NRINPUT",
        "sg_purchase_tax_zp_0": "ZERORATEDINPUT",
        "sg_purchase_tax_op_0": "OPINPUT",
        "sg_purchase_tax_ep_0": "EPINPUT",
        "sg_purchase_tax_txca_9": "TXCAY24?",
        "sg_purchase_tax_txca_8": "TXCAY23?",
        "sg_purchase_tax_txca_7": "TXCA?",
        "sg_purchase_tax_txrc_ts_9": "TXRCTSY24?",
        "sg_purchase_tax_txrc_re_9": "TXRCREY24?",
        "sg_purchase_tax_txrc_ess_9": "TXRCESSY24?",
        "sg_purchase_tax_txrc_n33_9": "TXRCN33Y24?",
        "sg_purchase_tax_srca_c_9": None,
    },
    "ca_2023": {
        "untaxed sale": "NONE",
        "untaxed purchase": "NONE",
        "gst_sale_tax_5": "CAN014?",
        "gst_sale_tax_0": "NONE?",
        "int_sale_tax_0": "NONE?",
        "exempt_sale_tax_0": "CAN030",
        "hst_sale_tax_13": "CAN020",
        "hst_sale_tax_14": "CAN032",
        "hst_sale_tax_15": "CAN017?",
        "pst_sale_tax_6": None,
        "pst_sale_tax_7_bc": None,
        "pst_sale_tax_7_mb": None,
        "qst_sale_tax_9975": None,
        "gst_sale_tax_5+pst_sale_tax_6": "CAN023",
        "gst_sale_tax_5+pst_sale_tax_7_bc": "CAN015",
        "gst_sale_tax_5+pst_sale_tax_7_mb": "CAN028",
        "gst_sale_tax_5+qst_sale_tax_9975": "CAN022",
        "gst_purchase_tax_5": "CAN001?",
        "gst_purchase_tax_0": "NONE?",
        "int_purchase_tax_0": "NONE?",
        "exempt_purchase_tax_0": "NONE",
        "hst_purchase_tax_13": "CAN007",
        "hst_purchase_tax_14": "CAN031",
        "hst_purchase_tax_15": "CAN004?",
        "pst_purchase_tax_6": None,
        "pst_purchase_tax_6_G_resale": None,
        "pst_purchase_tax_7_bc": None,
        "pst_purchase_tax_7_mb": None,
        "qst_purchase_tax_9975": None,
        "gst_purchase_tax_5+pst_purchase_tax_6": "CAN010",
        "gst_purchase_tax_5+pst_purchase_tax_6_G_resale": "CAN010?",
        "gst_purchase_tax_5+pst_purchase_tax_7_bc": "CAN002",
        "gst_purchase_tax_5+pst_purchase_tax_7_mb": "CAN029",
        "gst_purchase_tax_5+qst_purchase_tax_9975": "CAN027",
    },
    # Rates of sales tax are people's own in Xero; the simulator's organisation has one that Odoo's chart has too.
    "us": {
        "untaxed sale": "NONE",
        "untaxed purchase": "NONE",
        "account_tax_us_sale_0": "NONE?",
        "account_tax_us_purchase_0": "NONE?",
        "account_tax_us_sale_6_25": "TAX002?",
        "account_tax_us_purchase_6_25": "TAX002?",
    },
}
US_RATES = (
    *("2_9", "4", "4_2", "4_225", "4_5", "4_75", "4_875", "5", "5_3", "5_5", "5_6", "5_75", "6", "6_1", "6_35", "6_5"),
    *("6_625", "6_85", "6_875", "7", "7_25"),
)
WANTED["us"] |= {f"account_tax_us_{use}_{percent}": None for use in ("sale", "purchase") for percent in US_RATES}
AUSTRALIA = edition("au")["rates"]


@tagged("post_install", "-at_install")
class TestChartTaxes(ChartCase):
    def suggested(self, connection) -> dict:
        """Return what is suggested, by ids of templates: types of Xero's; "?" behind what is not sure."""
        found = {}
        for row in connection.tax_mapping_ids:
            key = "+".join(sorted(self.template_of(tax) for tax in row.tax_ids)) or f"untaxed {row.type_tax_use}"
            doubt = "" if row.state == "confirmed" else "?"
            found[key] = row.xero_tax_rate_id and row.xero_tax_rate_id.tax_type + doubt or None
        return found

    def australian(self, **values):
        return self.env["account.tax"].create(
            {
                "name": "Ten",
                "amount": 10,
                "company_id": self.companies["au"].id,
                "country_id": self.env.ref("base.au").id,
                "tax_group_id": self.chart_tax("au_tax_sale_10").tax_group_id.id,
                **values,
            }
        )

    def chart_tax(self, template, chart="au"):
        return self.env.ref(f"account.{self.companies[chart].id}_{template}")

    def row_of(self, connection, tax):
        return connection.tax_mapping_ids.filtered(lambda row: row.tax_ids == tax)

    def type_of(self, connection, tax):
        row = self.row_of(connection, tax)
        return row.xero_tax_rate_id.tax_type or None, row.state

    # === THE EDITION OF THE COUNTRY === #

    def test_every_tax_of_every_chart(self):
        self.maxDiff = None
        for chart in CHARTS:
            with self.subTest(chart):
                self.assertEqual(self.suggested(self.connect(chart)), WANTED[chart])

    def test_the_tables_know_every_tax_and_no_other(self):
        for chart, wanted in WANTED.items():
            with self.subTest(chart):
                listed = {"+".join(key) for key in tax_facts.table(chart)}
                known = {key for key in wanted if not key.startswith("untaxed")}
                may_be_unmapped = {"ca_2023": set(), "us": known}.get(chart, set())
                self.assertFalse(listed - known)
                self.assertFalse(known - listed - may_be_unmapped)

    def test_what_is_booked_as_cost_does_not_differ_from_no_tax(self):
        connection = self.connect("au")
        row = self.row_of(connection, self.chart_tax("au_tax_purchase_private_service"))
        self.assertEqual((row.odoo_rate, row.rate_differs), (10.0, False))
        row.xero_tax_rate_id = row.xero_tax_rate_id.search(
            [("connection_id", "=", connection.id), ("tax_type", "=", "INPUT")]
        )
        self.assertTrue(row.rate_differs, "nothing may be claimed")

    def test_an_organisation_whose_country_is_not_known_yet(self):
        self.assertEqual(self.suggested(self.connect("au", country="")), WANTED["au"])

    def test_rates_with_other_names_are_the_same_rates(self):
        renamed = [{**element, "Name": f"Code {number}"} for number, element in enumerate(AUSTRALIA)]
        self.assertEqual(self.suggested(self.connect("au", rates=renamed)), WANTED["au"])

    # === OTHER EDITIONS === #

    def assertNothingWrong(self, connection, wanted, chart="au"):
        """Of what is suggested nothing is sure but lines without tax, and nothing is what it must not be."""
        found = self.suggested(connection)
        sure = {key for key, value in found.items() if value and not value.endswith("?")}
        self.assertLessEqual(sure, {"untaxed sale", "untaxed purchase"})
        for key, value in wanted.items():
            self.assertEqual(found[key], value, key)

    def test_rates_of_ones_own_with_xeros_names(self):
        own = [{**element, "TaxType": f"TAX{number:03}"} for number, element in enumerate(AUSTRALIA, 1)]
        for element in own:
            element["ReportTaxType"] = "INPUT" if element["CanApplyToExpenses"] else "OUTPUT"
        types = {element["Name"]: element["TaxType"] for element in own}
        self.assertNothingWrong(
            self.connect("au", rates=own),
            {
                "au_tax_sale_10": types["GST on Income"] + "?",
                "au_tax_sale_0": types["GST Free Exports"] + "?",
                "au_tax_sale_exempt": types["GST Free Income"] + "?",
                "au_tax_sale_input": types["Input Taxed"] + "?",
                "au_tax_purchase_10_service": types["GST on Expenses"] + "?",
                "au_tax_purchase_capital_service": types["GST on Capital"] + "?",
                "au_tax_purchase_0_service": types["GST Free Expenses"] + "?",
                "au_tax_purchase_input_service": types["Input Taxed"] + "?",
                "au_tax_purchase_private_service": types["BAS Excluded"] + "?",
                "au_tax_sale_adj": None,
                "au_tax_sale_wet": None,
            },
        )

    def test_an_organisation_of_another_country(self):
        self.assertNothingWrong(
            self.connect("au", seed="uk", country="GB"),
            {
                "au_tax_sale_10": None,
                "au_tax_sale_0": "ZERORATEDOUTPUT?",
                "au_tax_purchase_capital_service": None,
                "au_tax_purchase_private_service": "NONE?",
            },
        )
        found = self.suggested(self.connect("nz", seed="au", country="AU"))
        self.assertEqual((found["nz_tax_sale_0"], found["nz_tax_sale_15"]), ("EXEMPTEXPORT?", None))

    def test_rates_that_are_missing_are_replaced_by_none_of_another_kind(self):
        few = [element for element in AUSTRALIA if element["TaxType"] in ("OUTPUT", "INPUT", "BASEXCLUDED")]
        found = self.suggested(self.connect("au", rates=few))
        self.assertEqual(found["au_tax_purchase_capital_service"], None)
        self.assertEqual(found["au_tax_sale_0"], None)
        self.assertEqual(found["au_tax_sale_exempt"], None)
        self.assertEqual(found["au_tax_purchase_10_service"], "INPUT")
        britain = [element for element in edition("uk")["rates"] if not element["TaxType"].startswith("DRCHARGE")]
        found = self.suggested(self.connect("uk", rates=britain))
        self.assertEqual((found["ST_20_RCD"], found["PT_20_RCD"]), (None, None), "no other reverse charge")

    # === TAXES THAT PEOPLE MADE OR CHANGED === #

    def test_a_tax_that_was_made_something_else_of(self):
        tax = self.chart_tax("au_tax_purchase_10_service")
        tax.description = "GST on capital acquisitions"
        self.assertEqual(self.type_of(self.connect("au"), tax), ("CAPEXINPUT", "suggested"))

    def test_a_tax_whose_percentage_was_changed(self):
        tax = self.chart_tax("au_tax_sale_10")
        tax.amount = 12.5
        self.assertEqual(self.type_of(self.connect("au"), tax), (None, "missing"))

    def test_tags_of_the_tax_return_tell(self):
        tag = self.chart_tax("au_tax_purchase_capital_service").invoice_repartition_line_ids.tag_ids
        account = self.chart_tax("au_tax_purchase_10_service").invoice_repartition_line_ids.account_id
        parts = [
            Command.clear(),
            Command.create({"repartition_type": "base", "tag_ids": [Command.set(tag.ids)]}),
            Command.create({"repartition_type": "tax", "account_id": account.id}),
        ]
        tax = self.australian(
            type_tax_use="purchase", invoice_repartition_line_ids=parts, refund_repartition_line_ids=parts
        )
        self.assertEqual(self.type_of(self.connect("au"), tax), ("CAPEXINPUT", "suggested"))

    def test_fiscal_positions_tell(self):
        position = self.env["account.fiscal.position"].create(
            {"name": "Overseas customers", "company_id": self.companies["au"].id}
        )
        tax = self.australian(
            name="Nil", amount=0, type_tax_use="sale", fiscal_position_ids=[Command.set(position.ids)]
        )
        self.assertEqual(self.type_of(self.connect("au"), tax), ("EXEMPTEXPORT", "suggested"))

    def test_a_tax_that_nobody_settles_is_not_claimed(self):
        expense = self.env["account.account"].search(
            [("company_ids", "in", self.companies["au"].ids), ("account_type", "=", "expense")], limit=1
        )
        parts = [
            Command.clear(),
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": expense.id, "use_in_tax_closing": False}),
        ]
        tax = self.australian(
            type_tax_use="purchase", invoice_repartition_line_ids=parts, refund_repartition_line_ids=parts
        )
        self.assertEqual(self.type_of(self.connect("au"), tax), ("BASEXCLUDED", "suggested"))

    def test_several_rates_that_say_the_same_are_for_a_person(self):
        more = [*AUSTRALIA, rate("TAX021", "GST on other income", 10, "ALRE", ReportTaxType="OUTPUT")]
        tax = self.australian(type_tax_use="sale")
        found = self.type_of(self.connect("au", rates=more), tax)
        self.assertEqual(found[1], "suggested")
        self.assertEqual(
            self.type_of(self.env["xero.connection"].sudo().search([], order="id desc", limit=1), tax), found
        )
