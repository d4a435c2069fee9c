"""Quotes on their way to Xero and back, over HTTP."""

from odoo.addons.xero_connector.models.health.facts import FLOWS
from odoo.addons.xero_connector.tests.common.inbound import InboundCommon
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .quote_common import PLUGIN, line, text


@tagged("post_install", "-at_install")
class TestQuoteSync(InboundCommon):
    simulator_plugins = (PLUGIN,)

    def connect(self, connection=None, tenant=None):
        super().connect(connection, tenant)
        (connection or self.connection).sync_quotes = True

    def quote(self, *lines, **values):
        lines = lines or (text("Kitchen"), line("Table", 2, 450, 10, taxes=self.tax_sale_a), line("Chair", 3, 0.335))
        for command in lines:
            command[2].setdefault("account_id", self.company_data["default_account_revenue"].id)
        return self.env["test.xero.quote"].create(
            {
                "name": f"Q-{self.env['test.xero.quote'].search_count([]) + 1}",
                "partner_id": self.partner_a.id,
                "date": "2026-03-05",
                "state": "sent",
                "line_ids": list(lines),
                **values,
            }
        )

    def pushed_quote(self, *lines, **values):
        quote = self.quote(*lines, **values)
        self.drain()
        self.assertEqual(quote.xero_sync_state, "synced", quote.xero_sync_message)
        self.poll("Quote")
        return quote

    def there(self):
        return self.simulator.documents(self.tenant, "Quotes")

    def in_xero_quote(self, quote):
        link = self.link_of(quote)
        [found] = [element for element in self.there() if element["QuoteID"] == link.xero_id]
        return found

    def person_edits(self, quote, **values):
        return self.person("edit_quote", quote=self.link_of(quote).xero_id, **values)

    # === OUT === #

    def test_sent_with_its_contact_to_the_cent(self):
        quote = self.quote(title="Your kitchen")
        self.drain()
        self.assertEqual(quote.xero_sync_state, "synced", quote.xero_sync_message)
        element = self.in_xero_quote(quote)
        self.assertEqual((element["QuoteNumber"], element["Status"]), (quote.name, "SENT"))
        self.assertAlmostEqual(float(element["Total"]), quote.amount_total, 2)
        self.assertEqual(element["inner"]["contact_name"], self.partner_a.name)
        self.assertEqual((quote.xero_number, self.link_of(quote).xero_total), (quote.name, float(element["Total"])))
        self.assertIn(self.link_of(quote).xero_id, quote.action_xero_open()["url"])

    def test_many_go_in_one_call(self):
        quotes = [self.quote(line(f"Line {number}", 1, number + 1)) for number in range(12)]
        self.drain()
        self.assertEqual({quote.xero_sync_state for quote in quotes}, {"synced"})
        self.assertEqual(self.simulator.calls(self.tenant)["PUT", "Quotes"], 1)

    def test_switched_off_nothing_is_sent_or_read(self):
        self.connection.sync_quotes = False
        quote = self.quote()
        self.drain()
        self.assertFalse(self.job_of(quote))
        self.assertFalse(quote.xero_can_sync)
        with self.assertRaisesRegex(UserError, "switched off"):
            quote.action_xero_sync()
        self.assertNotIn("Quote", self.env["xero.inbound.schedule"]._due(self.connection))
        self.connection.sync_quotes = True
        self.assertIn("Quote", self.env["xero.inbound.schedule"]._due(self.connection))
        quote.invalidate_recordset()
        self.assertTrue(quote.xero_can_sync)
        quote.action_xero_sync()
        self.drain()
        self.assertEqual(quote.xero_sync_state, "synced")

    def test_changes_follow_and_nothing_is_sent_twice(self):
        quote = self.pushed_quote()
        quote.write({"title": "Another", "line_ids": [line("More", 1, 5, account_id=quote.line_ids[1].account_id.id)]})
        self.drain()
        element = self.in_xero_quote(quote)
        self.assertEqual((element["Title"], len(element["LineItems"])), ("Another", 4))
        quote.title = False
        quote.line_ids[-1].unlink()
        self.drain()
        element = self.in_xero_quote(quote)
        self.assertEqual((element["Title"], len(element["LineItems"])), ("", 3))
        self.simulator.reset_stats()
        quote.action_xero_sync()
        self.drain()
        self.assertFalse({key for key in self.simulator.calls(self.tenant) if key[0] != "GET"})
        self.assertEqual(len(self.there()), 1)

    def test_many_change_together(self):
        """Xero lists none by id: from four on, what changed is read in one call before it is overwritten."""
        quotes = self.env["test.xero.quote"].concat(*(self.quote(line("A", 1, number + 1)) for number in range(4)))
        self.drain()
        quotes.title = "Changed"
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual({element["Title"] for element in self.there()}, {"Changed"})
        calls = self.simulator.calls(self.tenant)
        self.assertEqual((calls["GET", "Quotes"], calls["POST", "Quotes"]), (1, 1))

    def test_answered_in_odoo_before_xero_knows_it(self):
        """Xero takes no new quote that is accepted: it is sent first."""
        new, draft = self.quote(state="accepted"), self.quote(state="draft")
        self.drain()
        draft.state = "declined"
        self.drain()
        self.assertEqual(self.in_xero_quote(new)["Status"], "ACCEPTED", new.xero_sync_message)
        self.assertEqual(self.in_xero_quote(draft)["Status"], "DECLINED", draft.xero_sync_message)
        self.assertFalse(self.open_jobs())

    def test_cancelled_or_deleted_here_is_deleted_there(self):
        cancelled, deleted = self.pushed_quote(), self.pushed_quote()
        cancelled.state = "cancelled"
        deleted.unlink()
        self.drain()
        self.assertEqual({element["Status"] for element in self.there()}, {"DELETED"})
        self.assertEqual(cancelled.xero_sync_state, "gone")

    def test_a_lost_answer_makes_no_second_one(self):
        quotes = [self.quote(), self.quote()]
        self.simulator.fault("drop_after", method="PUT", resource="Quotes")
        self.drain()
        self.resume()
        self.drain()
        self.assertEqual([quote.xero_sync_state for quote in quotes], ["synced"] * 2)
        self.assertEqual(len(self.there()), 2)

    def test_answers_in_another_order_are_told_apart(self):
        quotes = [self.quote(line("A", 1, 10)), self.quote(line("B", 1, 20))]
        self.simulator.fault("bend", method="PUT", resource="Quotes", reverse=True)
        self.drain()
        for quote in quotes:
            self.assertEqual(self.in_xero_quote(quote)["QuoteNumber"], quote.name)

    def test_a_number_that_is_anothers_is_told(self):
        contact = self.person("create_contact", Name="Somebody Else")
        quote = self.quote(name="Q-9")
        rows = [{"Description": "Theirs", "Quantity": 1, "UnitAmount": 5}]
        for number in ("Q-99", "Q-9"):
            self.person(
                "create_quote", contact=contact["ContactID"], Date="2026-01-01", QuoteNumber=number, LineItems=rows
            )
        self.drain()
        self.assertEqual(quote.xero_sync_state, "failed")
        self.assertIn("Somebody Else", quote.xero_sync_message)
        self.assertEqual({element["Total"] for element in self.there()}, {5})

    # === BACK === #

    def test_what_the_customer_answers_comes_back(self):
        for status, state in (("ACCEPTED", "accepted"), ("DECLINED", "declined"), ("DELETED", "cancelled")):
            with self.subTest(status):
                quote = self.pushed_quote()
                self.person_edits(quote, Status=status)
                self.simulator.reset_stats()
                self.poll("Quote")
                self.assertEqual(quote.state, state)
                self.assertFalse(self.open_jobs(), "it is not sent back")
                quote.action_xero_sync()
                self.drain()
                self.assertFalse({key for key in self.simulator.calls(self.tenant) if key[0] != "GET"})
                self.assertEqual(self.in_xero_quote(quote)["Status"], status)

    def test_invoiced_in_xero_is_accepted_and_stays(self):
        quote = self.pushed_quote()
        self.person_edits(quote, Status="ACCEPTED")
        self.person_edits(quote, Status="INVOICED")
        self.poll("Quote")
        self.assertEqual(quote.state, "accepted")
        quote.action_xero_sync()
        self.drain()
        self.assertEqual(self.in_xero_quote(quote)["Status"], "INVOICED")

    def test_what_is_rewritten_in_xero_is_odoos_again(self):
        quote = self.pushed_quote(title="Odoo's")
        self.person_edits(quote, Title="Xero's")
        self.poll("Quote")
        self.drain()
        self.assertEqual(self.in_xero_quote(quote)["Title"], "Odoo's")
        self.assertFalse(self.open_jobs())

    def test_quotes_made_in_xero_stay_there(self):
        contact = self.person("create_contact", Name="Somebody Else")
        rows = [{"Description": "Theirs", "Quantity": 1, "UnitAmount": 5}]
        self.person("create_quote", contact=contact["ContactID"], Date="2026-01-01", LineItems=rows)
        self.poll("Quote")
        self.assertFalse(self.env["test.xero.quote"].search([("partner_id.name", "=", "Somebody Else")]))
        self.assertFalse(self.open_jobs())

    def test_an_odd_one_is_set_apart_until_it_is_well(self):
        quote = self.pushed_quote()
        self.person_edits(quote, Status="ACCEPTED")
        odd = [("xero_type", "=", "Quote"), ("state", "=", "open")]
        self.simulator.fault("bend", method="GET", resource="Quotes", fields={"Total": "much"})
        self.poll("Quote")
        self.assertEqual((quote.state, self.env["xero.quarantine"].sudo().search_count(odd)), ("sent", 1))
        self.poll("Quote")
        self.assertEqual((quote.state, self.env["xero.quarantine"].sudo().search_count(odd)), ("accepted", 0))

    # === AROUND === #

    def test_a_snapshot_reads_all_pages(self):
        """A page of quotes has a hundred, and nothing tells how many there are."""
        contact = self.person("create_contact", Name="Somebody Else")
        rows = [{"Description": "Theirs", "Quantity": 1, "UnitAmount": 5}]
        for _number in range(101):
            self.person("create_quote", contact=contact["ContactID"], Date="2026-01-01", LineItems=rows)
        snapshot = self.env["xero.snapshot"].sudo()._request(self.connection, ["Quote"])
        self.drain()
        self.assertEqual((snapshot.state, len(snapshot.element_ids)), ("ready", 101), snapshot.reason)
        element = snapshot.element_ids[0]
        self.assertEqual((element.total, element.name, element.currency), (5, "Somebody Else", "USD"))

    def test_health_counts_it_among_the_documents(self):
        self.pushed_quote()
        self.poll()
        facts = self.env["xero.health.facts"]._read(self.connection)[self.connection.id]
        flows = {flow.name: flow for flow in facts.flows}
        self.assertEqual(set(flows), set(FLOWS))
        self.assertTrue(flows["documents_out"].last)
        polled = self.cursor_of("Quote").polled_at
        self.assertLessEqual(flows["documents_in"].last, polled)
        # What is not read any more does not make the others look old.
        self.cursor_of("Quote").polled_at = "2020-01-01 00:00:00"
        self.connection.sync_quotes = False
        facts = self.env["xero.health.facts"]._read(self.connection)[self.connection.id]
        flows = {flow.name: flow for flow in facts.flows}
        self.assertGreater(flows["documents_in"].last.year, 2020)

    def test_the_preview_says_what_would_be_sent(self):
        self.env["xero.sync.job"].search([]).write({"state": "cancelled"})
        quote = self.quote()
        action = quote.action_xero_preview()
        self.assertEqual(action["res_model"], "xero.preview")

    def test_people_of_other_companies_see_nothing_of_it(self):
        quote = self.pushed_quote()
        other = self.setup_other_company()["company"]
        user = new_test_user(
            self.env, "clerk", "account.group_account_invoice,xero_connector.group_xero_user", company_id=other.id
        )
        self.assertFalse(self.env["test.xero.quote"].with_user(user).search([]))
        self.assertFalse(self.env["xero.link"].with_user(user).search([("res_model", "=", quote._name)]))
