"""Every wizard as people go through it, in a browser, on books that were in use for years."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common.keyboard import Keyboard
from .common.messy import MessyTourCase
from .common.screens import ScreensMixin

INVOICES = "/odoo/action-account.action_move_out_invoice"


@tagged("post_install", "-at_install")
class TestMessyTours(ScreensMixin, MessyTourCase):
    def setUp(self):
        super().setUp()
        self.open_connection = f"/odoo/xero-connections/{self.connection.id}"
        self.open_guide = f"/odoo/action-{self.env.ref('xero_connector.action_xero_setup_open').id}"

    def linked_invoice(self):
        """Return an open invoice that was matched."""
        own = [("id", "in", self.world.moves.ids), ("move_type", "=", "out_invoice")]
        return self.env["account.move"].search([*own, ("xero_invoice_id", "!=", False)], order="id", limit=1)

    def test_screens_from_right_to_left(self):
        self.walk((1366, 900), (390, 844))

    # === GUIDE === #

    def held(self):
        """Return how much the organisation shows of what it holds."""
        return {"contacts": len(self.read("Contacts")), "documents": len(self.read("Invoices"))}

    def doubtful_account(self):
        """Return the mapping that waits for a decision, however often the worker suggests anew."""
        self.env["xero.mapping.service"]._refresh(self.connection)
        row = self.connection.account_mapping_ids.filtered(lambda row: row.account_id.name == "Barter Income")
        self.assertEqual(row.mapped("certainty"), ["doubtful"], "the tour decides on it")
        return row

    def test_guide(self):
        row = self.doubtful_account()
        self.tour("xero_guide", self.admin, self.open_guide, expected=self.held())
        guide = self.connection.setup_ids
        self.assertEqual((guide.step, guide.finished_by_id), ("done", self.admin))
        self.assertEqual((row.state, row.xero_account_id.code), ("confirmed", "260"))
        self.assertFalse(self.connection.sync_bills)
        self.assertFalse(self.connection.hold_until_matched)

    def test_guide_match_first(self):
        self.connection.action_setup()
        self.drain()
        self.tour("xero_guide_hold", self.admin, self.open_guide, expected=self.held())
        self.assertFalse(self.connection.hold_until_matched)

    # === MATCHING === #

    def test_match(self):
        before = self.start()
        grades = ("sure", "likely", "doubtful")
        expected = {name: before[f"{name}_count"] for name in grades}
        self.assertTrue(all(expected.values()), "there is something of each")
        before.action_abandon()
        self.tour("xero_match", self.admin, self.open_connection, expected=expected)
        match = self.env["xero.match"].search([("connection_id", "=", self.connection.id)]) - before
        linked = match.line_ids.filtered(lambda line: line.state == "linked" and not line.parent_id)
        self.assertEqual((match.state, match.linked_count), ("done", len(linked)))
        contacts = linked.filtered(lambda line: line.res_model == "res.partner")
        self.assertEqual(len(contacts), expected["sure"] + 1)
        self.assertEqual(set((linked - contacts).mapped("verdict")), {"sure"})
        self.assertFalse(self.wrong_links(contacts), "nobody is linked with somebody else")
        moves = self.env["account.move"].browse((linked - contacts).mapped("res_id"))
        self.assertEqual(set(moves.currency_id.mapped("name")), {"USD", "AUD"})
        self.assertFalse(moves.filtered(lambda move: self.in_xero(move)["CurrencyCode"] != move.currency_id.name))
        self.assertFalse(self.simulator.calls(self.tenant).get(("PUT", "Invoices")))

    def wrong_links(self, lines):
        """Return the sure pairs of contacts that are not the same in truth."""
        pairs = [(line.res_id, line.xero_id) for line in lines if line.verdict == "sure"]
        return [pair for pair in pairs if not self.world.are_same(*pair)]

    # === PREVIEW, HISTORY === #

    def test_preview(self):
        self.finish(self.matched())
        expected = {name: len(moves) for name, moves in self.world.strange.items()}
        self.tour("xero_preview", self.admin, INVOICES, expected=expected)
        self.drain()
        self.assertInXero(self.world.strange["account"])
        self.assertFalse(self.world.strange["tax"].filtered("xero_invoice_id"))

    def test_history_and_undo(self):
        self.finish(self.matched())
        days = ("2026-02-20", "2026-12-31")
        moves = self.world.moves.filtered(lambda move: days[0] <= str(move.invoice_date) and not move.xero_invoice_id)
        before = {row["InvoiceID"]: row["Status"] for row in self.simulator.documents(self.tenant, "Invoices")}
        self.tour("xero_history", self.admin, "/odoo/xero-runs", expected={"documents": len(moves)})
        after = {row["InvoiceID"]: row["Status"] for row in self.simulator.documents(self.tenant, "Invoices")}
        self.assertEqual({key: after[key] for key in before}, before, "what was there is untouched")
        self.assertLessEqual({after[key] for key in after.keys() - before.keys()}, {"VOIDED", "DELETED"})
        self.assertEqual(set(moves.mapped("xero_sync_state")), {"gone", "not_synced"}, "what went was voided")

    # === FIELD RULES === #

    def test_field_rule(self):
        """Applied to all invoices that were matched: each gets the reference; money and number stay."""
        self.finish(self.matched())
        mine = self.world.moves.filtered(lambda move: move.move_type == "out_invoice" and move.xero_invoice_id)
        quiet = mine.with_context(xero_no_sync=True)
        quiet.invoice_user_id = self.accountant
        quiet[0].ref = "PO 4711"
        before = {row["InvoiceID"]: row for row in self.read("Invoices")}
        numbers = {"filled": mine[0].name, "empty": mine[1].name, "sent": len(mine)}
        expected = {"seller": self.accountant.name, **numbers}
        self.tour("xero_field_rule_apply", self.admin, "/odoo/xero-field-rules", expected=expected)
        after = {row["InvoiceID"]: row for row in self.read("Invoices")}
        kept = ("Total", "AmountDue", "Status", "InvoiceNumber", "DateString")
        for xero_id, row in before.items():
            self.assertEqual({name: after[xero_id][name] for name in kept}, {name: row[name] for name in kept})
        told = {move: after[move.xero_invoice_id]["Reference"] for move in mine[1:]}
        self.assertEqual(set(told.values()), {self.accountant.name}, told)

    # === RECONCILIATION, CONFLICTS === #

    def test_reconcile(self):
        self.finish(self.matched())
        move = self.linked_invoice()
        self.person("edit", invoice=move.xero_invoice_id, Reference="Changed in Xero")
        self.tour("xero_reconcile", self.admin, self.open_connection, expected={"number": move.name})
        first, last = self.env["xero.reconciliation"].search([], order="id")
        self.assertEqual(move.ref, "Changed in Xero")
        self.assertEqual((first.verdict, last.verdict, last.user_id), ("differ", "differ", self.admin))
        gone = first.difference_ids.filtered(lambda row: row.kind == "reference")
        self.assertEqual(len(gone), 1)
        told = [{(row.kind, row.record_name, row.xero_id) for row in report.difference_ids} for report in (first, last)]
        mended = sorted(kind for kind, *_what in told[0] - told[1])
        self.assertEqual(mended, ["due_date", "reference"], "the whole document was taken over")
        self.assertFalse(told[1] - told[0])

    def test_conflict(self):
        self.finish(self.matched())
        move = self.linked_invoice()
        self.poll()
        move.with_context(xero_no_sync=True).ref = "Agreed"
        move.action_xero_sync()
        self.drain()
        self.poll()
        self.person("edit", invoice=move.xero_invoice_id, Reference="Of Xero", DueDate="2026-12-01")
        move.ref = "Of Odoo"
        self.drain()
        self.assertEqual(move.xero_sync_state, "conflict", move.xero_sync_message)
        self.tour("xero_conflict", self.accountant, f"{INVOICES}/{move.id}")
        self.assertEqual((move.ref, str(move.invoice_date_due)), ("Of Odoo", "2026-12-01"))
        self.assertEqual((self.in_xero(move)["Reference"], move.xero_sync_state), ("Of Odoo", "synced"))
        conflict = self.conflict_of(move)
        self.assertEqual((conflict.state, conflict.choice), ("settled", "fields"))
        self.assertEqual(conflict.settled_by_id, self.accountant)

    # === HEALTH === #

    def trouble(self):
        """Send what Xero or a mapping refuses, and leave something else wrong of every kind; return what failed."""
        strange = self.env["account.move"].union(*self.world.strange.values())
        strange.action_xero_sync()
        self.drain()
        now = fields.Datetime.now()
        self.env["xero.sync.cursor"].sudo()._of(self.connection, "Contact").polled_at = now - timedelta(hours=7)
        scopes = "accounting.contacts accounting.settings accounting.invoices"
        self.credential.write({"scopes": scopes, "webhook_key_set": True})
        self.connection.write({"paused_until": now + timedelta(hours=1), "pause_reason": "Xero does not answer."})
        return strange.filtered(lambda move: move.xero_sync_state == "failed")

    def test_health(self):
        failed, strange = self.trouble(), self.world.strange
        self.assertLessEqual(strange["account"] | strange["tax"] | strange["locked"] | strange["currency"], failed)
        expected = {"failed": len(failed), "mapping": len(strange["account"] | strange["tax"])}
        self.tour("xero_health", self.admin, "/odoo/xero-health", expected=expected)
        self.assertFalse(self.connection.paused_until)

    # === KEYS ONLY === #

    def test_keys_only(self):
        """Matching with undo, a preview and a reconciliation by somebody who has no mouse."""
        match = self.start()
        sure = match.sure_count
        self.world.strange["account"].action_xero_preview()
        preview = self.env["xero.preview"].search([], limit=1, order="id desc")
        report = self.env["xero.reconciliation"]._request(self.connection)
        self.drain()

        def work(browser):
            keys = Keyboard(self, browser)
            self.match_with_keys(keys, sure)
            keys.open(preview)
            self.preview_with_keys(keys)
            keys.open(report)
            self.reconcile_with_keys(keys)

        self.browse(f"/odoo/xero-match/{match.id}", work, self.admin)
        self.assertEqual((match.state, match.linked_count), ("undone", 0))
        self.assertEqual(self.env["xero.reconciliation.difference"].search_count([("state", "=", "ignored")]), 1)

    def match_with_keys(self, keys, sure):
        linked = ".oe_stat_button[name=action_open_linked]"
        keys.see("button[name=action_confirm_sure]")
        keys.activate("button[name=action_confirm_sure]")
        keys.see(linked, sure)
        keys.activate("button[name=action_open_verdict]:has(.text-warning)", key=" ")
        keys.see(".o_list_view .o_data_row")
        keys.into_list()
        keys.press("Enter")
        keys.see(".o_xero_match_table", "Xero")
        before = keys.read(".o_form_view h1")
        keys.hotkey("q")
        keys.see_other(".o_form_view h1", before)
        keys.back(linked)
        keys.see(linked, sure + 1)
        keys.activate("button[name=action_undo]")
        keys.see(".modal", "taken away")
        keys.activate(".modal .btn-primary")
        keys.see(".o_arrow_button_current", "Undone")

    def preview_with_keys(self, keys):
        keys.see("[name=problem_ids]", "Barter Income")
        keys.activate("[name=problem_ids] button[name=action_fix]")
        keys.see(".modal [name=account_id]", "Barter Income")
        keys.tab_to(".modal [name=xero_account_id] input")
        keys.type("200")
        keys.see(".o-autocomplete--dropdown-item", "200")
        keys.press("Enter")
        keys.activate(".modal button[name=action_confirm]")
        keys.gone(".modal")
        keys.hotkey("w")
        keys.gone("[name=problem_ids] .o_data_row")

    def reconcile_with_keys(self, keys):
        keys.activate(".oe_stat_button[name=action_open_differences]")
        keys.see(".o_group_name", "Missing in Odoo")
        keys.into_list()
        keys.press("Enter")
        keys.see(".o_data_row")
        keys.press("ArrowDown")
        keys.press("Enter")
        keys.see(".o_form_view", "Xero has")
        keys.activate("button[name=action_ignore]")
        keys.tab_to(".modal [name=reason] input")
        keys.type("By the auditor")
        keys.hotkey("q")
        keys.gone(".modal")
        keys.see(".o_arrow_button_current", "Accepted")
