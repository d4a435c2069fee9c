"""Exchange rates are learned from what people enter in Xero, and nobody's rate in Odoo is changed."""

from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.health.check import Facts
from ..models.health.checks import judge, sentence
from .common.inbound import InboundCommon

DAY = date(2026, 3, 10)


@tagged("post_install", "-at_install")
class TestRateLearn(InboundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.env.ref("base.AUD")
        cls.foreign.active = True
        cls.env["res.currency.rate"].sudo().search([("currency_id", "=", cls.foreign.id)]).unlink()
        cls.customer = cls.env["res.partner"].create({"name": "Customer Abroad"})
        cls.decider = new_test_user(
            cls.env,
            "rate_decider",
            "base.group_user,account.group_account_manager,xero_connector.group_xero_accountant",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def use(self, mode):
        self.connection.rate_mode = mode

    def typed(self, rate, day=DAY, number=None, **values):
        """A person enters an invoice in Xero."""
        self.numbers = getattr(self, "numbers", 0) + 1
        line = {"Description": "Typed", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200"}
        return self.person(
            "create_invoice",
            contact=self.contact(),
            Date=str(day),
            InvoiceNumber=number or f"TYPED-{self.numbers}",
            CurrencyCode=self.foreign.name,
            CurrencyRate=float(rate),
            LineItems=[line],
            **values,
        )

    def contact(self):
        if not self.customer.xero_contact_id:
            self.customer._xero_enqueue_for(self.connection, self.customer.ids)
            self.drain()
        return self.customer.xero_contact_id

    def test_a_day_is_read_as_its_reader_writes_days(self):
        self.typed("1.5")
        self.read_rates()
        row = self.env["xero.rate"].search([("currency_id", "=", self.foreign.id)], limit=1)
        self.assertEqual(row.display_name, "AUD 03/10/2026")
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertEqual(row.with_context(lang="de_DE").display_name, "AUD 10.03.2026")

    def read_rates(self):
        self.poll("Invoice")
        self.drain()
        self.env.invalidate_all()

    def of(self, day=DAY):
        domain = [("connection_id", "=", self.connection.id), ("date", "=", day)]
        return self.env["xero.rate"].search([*domain, ("currency_id", "=", self.foreign.id)])

    def in_odoo(self, day=DAY):
        rates = self.env["res.currency.rate"].sudo().with_company(self.company)
        return rates.search([("currency_id", "=", self.foreign.id), ("name", "=", day)])

    def own_rate(self, rate, day=DAY, company=True):
        rates = self.env["res.currency.rate"].sudo().with_company(self.company)
        values = {"name": day, "currency_id": self.foreign.id, "company_rate": rate}
        return rates.create({**values, "company_id": self.company.id if company else False})

    # === WHAT IS USED === #

    def test_a_day_without_a_rate_is_filled(self):
        self.use("fill")
        self.typed("0.661234")
        self.read_rates()
        row = self.of()
        self.assertEqual((row.state, row.cause, row.document_count), ("used", False, 1))
        self.assertAlmostEqual(self.in_odoo().company_rate, 0.661234, 6)
        self.assertEqual(self.in_odoo().company_id, self.company.root_id)
        self.assertAlmostEqual(row.odoo_rate, 0.661234, 6)
        self.assertAlmostEqual(row.gap, 0, 2)

    def test_a_draft_in_odoo_takes_the_rate_of_its_day(self):
        self.use("fill")
        self.typed("0.5")
        self.read_rates()
        move = self.make_move(post=False, currency_id=self.foreign.id, invoice_date=str(DAY))
        self.assertAlmostEqual(move.invoice_currency_rate, 0.5, 6)

    def test_watching_changes_nothing(self):
        self.own_rate(0.60)
        self.typed("0.66")
        self.read_rates()
        row = self.of()
        self.assertEqual(row.state, "seen")
        self.assertAlmostEqual(row.gap, -9.09, 2)
        self.assertEqual(len(self.in_odoo()), 1)

    def test_off_keeps_nothing(self):
        self.use("off")
        self.typed("0.66")
        self.read_rates()
        self.assertFalse(self.of())
        self.assertFalse(self.env["xero.rate.sighting"].search([]))

    def test_a_rate_of_somebody_else_stays(self):
        self.own_rate(0.60)
        for mode in ("fill", "replace"):
            self.use(mode)
            self.typed("0.66")
            self.read_rates()
            self.assertEqual((self.of().state, self.of().cause), ("theirs", "own"))
            self.assertAlmostEqual(self.in_odoo().company_rate, 0.60, 6)

    def test_rates_of_all_companies_are_not_hidden_by_one_of_this(self):
        """Odoo prefers a company's own rate of whatever age to the newest of all companies."""
        self.own_rate(0.60, DAY - timedelta(days=3), company=False)
        self.use("fill")
        self.typed("0.66")
        self.read_rates()
        self.assertEqual((self.of().state, self.of().cause), ("theirs", "shared"))
        self.assertFalse(self.in_odoo())
        with self.assertRaisesRegex(UserError, "all companies"):
            self.of().with_user(self.decider).action_use()

    def test_what_changes_in_xero_is_followed_where_that_is_wanted(self):
        for mode, expected in (("fill", 0.66), ("replace", 0.67)):
            self.use(mode)
            day = DAY + timedelta(days=len(mode))
            first = self.typed("0.66", day)
            self.read_rates()
            self.person("void", invoice=first["InvoiceID"])
            self.typed("0.67", day)
            self.read_rates()
            self.assertAlmostEqual(self.in_odoo(day).company_rate, expected, 6)
            found = (self.of(day).state, self.of(day).cause)
            self.assertEqual(found, ("proposed", "newer") if mode == "fill" else ("used", False))

    def test_a_person_changes_our_rate_in_odoo(self):
        self.use("replace")
        first = self.typed("0.66")
        self.read_rates()
        self.in_odoo().company_rate = 0.7
        self.person("void", invoice=first["InvoiceID"])
        self.typed("0.67")
        self.read_rates()
        self.assertEqual((self.of().state, self.of().cause), ("theirs", "changed"))
        self.assertAlmostEqual(self.in_odoo().company_rate, 0.7, 6)

    def test_a_person_deletes_our_rate_in_odoo(self):
        self.use("replace")
        self.typed("0.66")
        self.read_rates()
        self.in_odoo().unlink()
        self.typed("0.66", number="ANOTHER")
        self.read_rates()
        self.assertEqual((self.of().state, self.of().cause), ("theirs", "deleted"))
        self.assertFalse(self.in_odoo())

    def test_who_works_in_a_branch_alone_has_no_rates_of_the_main_company_changed(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        groups = "base.group_user,account.group_account_manager,xero_connector.group_xero_accountant"
        companies = [Command.set(branch.ids)]
        user = new_test_user(self.env, "rate_branch", groups, company_id=branch.id, company_ids=companies)
        wizard = self.env["xero.rate.wizard"].with_user(user).new({"mode": "fill"})
        wizard.connection_id = self.connection
        self.assertFalse(wizard._may_change_rates())
        self.assertTrue(wizard.with_user(self.decider)._may_change_rates())

    def test_rates_of_a_branch_are_its_main_companys(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        row = self.env["xero.rate"].sudo().create(
            {"connection_id": self.connection.id, "company_id": branch.id, "currency_id": self.foreign.id,
             "date": DAY, "rate": 0.66}
        )  # fmt: skip
        row._put_into_table()
        self.assertEqual(self.in_odoo().company_id, self.company)
        self.assertAlmostEqual(self.in_odoo().company_rate, 0.66, 6)

    def test_a_company_whose_own_currency_has_a_rate(self):
        """The rate that Odoo stores is another then; what it takes on documents is Xero's."""
        own = self.env["res.currency.rate"].sudo().with_company(self.company)
        own.search([("currency_id", "=", self.company.currency_id.id)]).unlink()
        values = {"name": "2020-01-01", "currency_id": self.company.currency_id.id, "rate": 2.0}
        own.create({**values, "company_id": self.company.id})
        self.use("fill")
        self.typed("0.61")
        self.read_rates()
        self.assertAlmostEqual(self.in_odoo().rate, 1.22, 6)
        convert = self.env["res.currency"]._get_conversion_rate
        self.assertAlmostEqual(convert(self.company.currency_id, self.foreign, self.company, DAY), 0.61, 6)

    def test_strong_and_weak_currencies_keep_six_decimals(self):
        self.use("fill")
        for days, rate in enumerate(("16234.123457", "16301.5", "16299.000001")):
            self.typed(rate, DAY + timedelta(days=days))
        self.read_rates()
        self.assertAlmostEqual(self.in_odoo().company_rate, 16234.123457, 6)
        self.assertEqual(self.of(DAY + timedelta(days=2)).rate, 16299.000001)

    # === WHERE RATES COME FROM === #

    def test_what_odoo_sent_teaches_nothing(self):
        self.own_rate(0.60, DAY - timedelta(days=30))
        self.use("fill")
        move = self.make_move(currency_id=self.foreign.id, invoice_date=str(DAY))
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.read_rates()
        self.assertFalse(self.of())
        self.assertFalse(self.in_odoo())

    def test_what_odoo_sent_teaches_nothing_without_its_mark_either(self):
        self.own_rate(0.60, DAY - timedelta(days=30))
        move = self.make_move(currency_id=self.foreign.id, invoice_date=str(DAY))
        self.drain()
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_link SET from_xero = NULL WHERE res_model = 'account.move'")
        self.env.invalidate_all()
        element = {**self.in_xero(move), "Url": None}
        element["CurrencyRate"] = Decimal(str(element["CurrencyRate"]))
        rates = self.env["xero.rate.sighting"].sudo()
        rates._see(self.connection, "Invoice", [element])
        self.assertFalse(rates.search([]))
        other = {**element, "InvoiceID": "11111111-1111-4111-8111-111111111111", "InvoiceNumber": "A\u202eB" * 200}
        rates._see(self.connection, "Invoice", [element, other])
        self.assertEqual(len(rates.search([])), 1, "that of somebody else does, whatever it is called")

    def test_a_copy_with_our_mark_teaches_nothing(self):
        move = self.make_move(invoice_date=str(DAY))
        self.drain()
        self.typed("0.66", Url=self.in_xero(move)["Url"])
        self.read_rates()
        self.assertFalse(self.of())

    def test_the_last_document_of_a_day_is_voided(self):
        document = self.typed("0.66")
        self.read_rates()
        self.assertTrue(self.of())
        self.person("void", invoice=document["InvoiceID"])
        self.read_rates()
        self.assertFalse(self.of())

    def test_a_document_changes_its_day(self):
        document = self.typed("0.66")
        self.read_rates()
        self.person("edit", invoice=document["InvoiceID"], Date=str(DAY + timedelta(days=1)))
        self.read_rates()
        self.assertFalse(self.of())
        self.assertAlmostEqual(self.of(DAY + timedelta(days=1)).rate, 0.66, 6)

    def test_reading_the_same_again_judges_nothing(self):
        self.use("fill")
        self.typed("0.66")
        self.read_rates()
        before = self.writes_of(self.of()), self.writes_of(self.in_odoo())
        self.cursor_of("Invoice").full_read_at = False
        self.read_rates()
        self.assertEqual((self.writes_of(self.of()), self.writes_of(self.in_odoo())), before)

    # === WHAT IS ODD === #

    def test_a_feed_the_wrong_way_round_is_held(self):
        self.use("fill")
        for days, rate in enumerate(("0.66", "0.661", "1.5151", "0.659")):
            self.typed(rate, DAY + timedelta(days=days))
        self.read_rates()
        states = [self.of(DAY + timedelta(days=days)).state for days in range(4)]
        self.assertEqual(states, ["used", "used", "held", "used"])
        self.assertEqual(self.of(DAY + timedelta(days=2)).cause, "inverted")
        self.assertFalse(self.in_odoo(DAY + timedelta(days=2)))

    def test_documents_of_a_day_that_disagree_are_held(self):
        self.use("fill")
        self.typed("0.66")
        self.typed("0.68")
        self.read_rates()
        self.assertEqual((self.of().state, self.of().cause), ("held", "spread"))
        self.assertFalse(self.in_odoo())

    def test_a_currency_that_odoo_refuses_stops_no_other(self):
        self.use("fill")
        other = self.setup_other_currency("CHF", rates=[])
        for currency in (self.foreign, other):
            self.env.cr.execute(
                """INSERT INTO xero_rate_sighting (connection_id, currency_id, date, xero_type, xero_id, rate)
                   VALUES (%s, %s, %s, 'Invoice', %s, 0.66)""",
                [self.connection.id, currency.id, DAY, currency.name],
            )
        rates = self.env["xero.rate"].sudo().with_company(self.company)
        rates._ask_for(self.connection, {(self.foreign.id, DAY), (other.id, DAY)})
        rate_model = type(self.env["res.currency.rate"])
        create = rate_model.create

        def refusing(model, vals_list):
            if any(vals["currency_id"] == other.id for vals in vals_list):
                raise UserError(model.env._("Another addon forbids it"))
            return create(model, vals_list)

        with patch.object(rate_model, "create", refusing), mute_logger("odoo.addons.xero_connector.models.rate"):
            rates._learn(self.connection)
        found = {row.currency_id: (row.state, row.cause) for row in rates.search([("date", "=", DAY)])}
        self.assertEqual(found, {self.foreign: ("used", False), other: ("held", "refused")})

    # === PEOPLE === #

    def test_an_accountant_uses_what_is_proposed(self):
        self.use("ask")
        self.typed("0.66")
        self.read_rates()
        self.assertEqual(self.of().state, "proposed")
        self.of().with_user(self.decider).action_use()
        self.of().with_user(self.decider).action_dismiss()
        self.assertEqual(self.of().state, "used", "what is used is no question any more")
        self.assertAlmostEqual(self.in_odoo().company_rate, 0.66, 6)

    def test_what_is_dismissed_is_asked_no_more(self):
        self.use("ask")
        self.typed("0.66")
        self.read_rates()
        self.of().with_user(self.decider).action_dismiss()
        self.use("fill")
        self.typed("0.66", number="ANOTHER")
        self.read_rates()
        self.assertEqual(self.of().state, "dismissed")
        self.assertFalse(self.in_odoo())

    def test_who_may_not_change_rates_in_odoo_uses_none(self):
        self.use("ask")
        self.typed("0.66")
        self.read_rates()
        groups = "base.group_user,xero_connector.group_xero_accountant,account.group_account_invoice"
        weak = new_test_user(self.env, "rate_weak", groups, company_id=self.company.id)
        clerk = new_test_user(self.env, "rate_clerk", "base.group_user,account.group_account_invoice")
        for user in (weak, clerk):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.of().with_user(user).action_use()
        self.assertFalse(self.in_odoo())
        with self.assertRaisesRegex(UserError, "exchange rates in Odoo"):
            self.env["xero.rate.wizard"].with_user(weak).create({"mode": "fill"}).action_apply()
        self.assertEqual(self.connection.rate_mode, "ask")

    def test_the_choice_is_made_on_a_screen_that_says_what_it_does(self):
        self.typed("0.66")
        self.read_rates()
        self.make_move(post=False, currency_id=self.foreign.id, invoice_date=str(DAY))
        wizard = self.env["xero.rate.wizard"].with_user(self.decider).with_company(self.company).create({})
        self.assertEqual((wizard.connection_id, wizard.mode), (self.connection, "watch"))
        self.assertEqual((wizard.day_count, wizard.held_count, wizard.draft_count), (1, 0, 1))
        wizard.mode = "fill"
        wizard.action_apply()
        self.drain()
        self.env.invalidate_all()
        self.assertEqual(self.of().state, "used")

    def test_the_health_of_the_connection_says_what_to_look_at(self):
        def found():
            facts = self.env["xero.rate.health"].sudo()._facts(self.connection)
            return facts.get(self.connection.id, {})

        self.own_rate(0.60)
        today = fields.Date.today()
        self.typed("0.66", today)
        self.typed("0.62", today - timedelta(days=1))
        self.read_rates()
        self.assertEqual(found(), {"rates_open": 0, "rates_apart": 1})
        [finding] = [one for one in judge(Facts(now=fields.Datetime.now(), **found())) if one.topic == "rates"]
        self.assertIn("more than 5 %", sentence(self.env, finding))
        self.use("off")
        self.assertEqual(found(), {})

    # === COST === #

    def test_a_year_of_ten_currencies_in_a_few_queries(self):
        currencies = self.env["res.currency"].with_context(active_test=False).search(
            [("id", "not in", (self.company.currency_id.id, self.foreign.id))], limit=10
        )
        self.env["res.currency.rate"].sudo().search([("currency_id", "in", currencies.ids)]).unlink()
        self.env.cr.execute(
            """INSERT INTO xero_rate_sighting (connection_id, currency_id, date, xero_type, xero_id, rate)
               SELECT %s, c.id, d::date, 'Invoice', c.id || '-' || d::date, 0.5 + c.id
                 FROM UNNEST(%s) AS c(id), generate_series('2025-01-01'::date, '2025-12-31', '1 day') AS d""",
            [self.connection.id, currencies.ids],
        )
        days = [(currency.id, date(2025, 1, 1) + timedelta(days=number)) for currency in currencies
                for number in range(365)]  # fmt: skip
        self.use("fill")
        rates = self.env["xero.rate"].sudo().with_company(self.company)
        rates._ask_for(self.connection, days)
        self.env.flush_all()
        counted = self.env.cr.sql_log_count
        self.assertFalse(rates._learn(self.connection))
        self.env.flush_all()
        # Odoo writes a hundred rows a statement: a rate, its worth, and twice the row that it was made of.
        self.assertLessEqual(self.env.cr.sql_log_count - counted, 220)
        found = rates.search([("connection_id", "=", self.connection.id), ("state", "=", "used")])
        self.assertEqual(len(found), 3650)

    def test_documents_in_the_own_currency_cost_nothing(self):
        element = {"InvoiceID": "x", "CurrencyCode": self.company.currency_id.name, "CurrencyRate": 1}
        connection = self.connection.with_prefetch()
        self.assertTrue(connection.company_id.currency_id.name)
        with self.assertQueryCount(0):
            self.env["xero.rate.sighting"].sudo()._see(connection, "Invoice", [element] * 1000)

    def test_the_rate_that_odoo_takes(self):
        """Between rates, before the first, and where the company's own currency has a rate other than one."""
        own = self.env["res.currency.rate"].sudo().with_company(self.company)
        own.search([("currency_id", "=", self.company.currency_id.id)]).unlink()
        own.create({"name": "2020-01-01", "currency_id": self.company.currency_id.id, "rate": 2.0,
                    "company_id": self.company.root_id.id})  # fmt: skip
        self.own_rate(0.60, DAY)
        self.own_rate(0.62, DAY + timedelta(days=10))
        for days in (-5, 0, 4, 12):
            self.typed("0.61", DAY + timedelta(days=days))
        self.read_rates()
        for row in self.env["xero.rate"].search([("connection_id", "=", self.connection.id)]):
            expected = self.env["res.currency"]._get_conversion_rate(
                self.company.currency_id, self.foreign, self.company, row.date
            )
            self.assertAlmostEqual(row.odoo_rate, expected, 6, fields.Date.to_string(row.date))
