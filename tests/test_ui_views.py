"""What the screens rely on: groups that match filters, words for people, and views that open for those who may."""

from lxml import etree

from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import html2plaintext
from odoo.tools.safe_eval import safe_eval

from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestStatus(XeroCommon):
    def setUp(self):
        super().setUp()
        quiet = self.env(context={**self.env.context, "xero_no_sync": True})
        self.synced, self.failed, self.queued, self.untouched = (
            self.make_move(post=False, invoice_origin=name).with_env(quiet) for name in ("a", "b", "c", "d")
        )
        moves = self.synced + self.failed + self.queued + self.untouched
        moves.action_post()
        self.moves = self.env["account.move"].browse(moves.ids)
        self.moves[0].action_xero_sync()
        self.drain()
        self.simulator.fault("invalid", resource="Invoices", message="No")
        self.moves[1].action_xero_sync()
        self.drain()
        self.moves[2].action_xero_sync()
        self.env.flush_all()

    def test_groups_match_filters_and_badges(self):
        within = [("id", "in", self.moves.ids)]
        groups = self.env["account.move"].formatted_read_group(within, ["xero_sync_state"], ["__count"])
        counts = {group["xero_sync_state"]: group["__count"] for group in groups}
        self.assertEqual(counts, {"synced": 1, "failed": 1, "queued": 1, "not_synced": 1})
        for move in self.moves:
            found = self.env["account.move"].search([*within, ("xero_sync_state", "=", move.xero_sync_state)])
            self.assertEqual(found, move)

    def test_voided_in_xero_is_no_word_of_documents_that_were_never_sent(self):
        """Group, filter, badge and label say it; what is posted and not in Xero is one filter, without it."""
        self.moves[0].button_draft()
        self.moves[0].button_cancel()
        draft = self.make_move(post=False)
        self.drain()
        moves = self.moves + draft
        self.assertEqual(self.moves[0].xero_sync_state, "gone")
        self.assertEqual(
            dict(moves.fields_get(["xero_sync_state"])["xero_sync_state"]["selection"])["gone"], "Voided in Xero"
        )
        within = [("id", "in", moves.ids)]
        groups = self.env["account.move"].formatted_read_group(within, ["xero_sync_state"], ["__count"])
        self.assertEqual({row["xero_sync_state"]: row["__count"] for row in groups}["gone"], 1)
        arch = etree.fromstring(
            self.env["account.move"].get_view(self.env.ref("account.view_account_invoice_filter").id, "search")["arch"]
        )
        found = {
            name: moves.search([*within, *safe_eval(arch.find(f".//filter[@name='{name}']").get("domain"))])
            for name in ("xero_gone", "xero_missing")
        }
        self.assertEqual(found["xero_gone"], self.moves[0])
        self.assertEqual(found["xero_missing"], self.moves[1] + self.moves[3], "the third has been sent by now")

    def test_a_selection_goes_as_far_as_it_can(self):
        draft = self.make_move(post=False)
        notice = (self.moves[3] + draft).action_xero_sync_selected()["params"]
        self.assertIn("1", notice["title"])
        self.assertIn("draft", notice["message"])
        self.assertEqual((self.moves[3].xero_sync_state, draft.xero_sync_state), ("queued", "not_synced"))

    def test_jobs_are_found_by_their_document(self):
        job = self.job_of(self.moves[1])
        self.assertEqual(self.env["xero.sync.job"].search([("record_name", "ilike", self.moves[1].name)]), job)
        self.assertFalse(self.env["xero.sync.job"].search([("record_name", "ilike", "no such document")]))

    def test_a_traceback_is_not_for_the_document(self):
        self.job_of(self.moves[1]).sudo().write(
            {"failure_type": "bug", "failure_detail": "Traceback (most recent call last)"}
        )
        self.moves.invalidate_recordset()
        self.assertNotIn("Traceback", self.moves[1].xero_sync_message)
        self.assertIn("Try again", self.moves[1].xero_sync_message)

    def test_a_queue_that_stands_still_says_why(self):
        self.assertFalse(self.moves[2].xero_sync_message)
        self.connection.state = "reauth"
        self.moves.invalidate_recordset()
        self.assertIn("reconnect", self.moves[2].xero_sync_message)


@tagged("post_install", "-at_install")
class TestDecisions(XeroCommon):
    def test_a_decision_sends_what_waited_for_it(self):
        account = self.company_data["default_account_revenue"].copy({"name": "Unheard of", "code": "UNHEARD"})
        line = {"quantity": 1, "price_unit": 10.0, "account_id": account.id}
        move, other = self.make_move(lines=[line]), self.make_move(lines=[line])
        self.drain()
        self.assertEqual(set((move + other).mapped("xero_sync_state")), {"failed"})
        row = self.env["xero.mapping.account"].search([("account_id", "=", account.id)])
        self.assertEqual(move.action_xero_fix()["res_id"], row.id)
        row.xero_account_id = self.env["xero.account"].search(
            [("connection_id", "=", self.connection.id), ("code", "=", "200")]
        )
        self.env.invalidate_all()
        self.assertEqual(set((move + other).mapped("xero_sync_state")), {"queued"})
        self.drain()
        self.assertInXero(move + other)
        for one in move + other:
            notes = [html2plaintext(message.body) for message in one.message_ids if message.body]
            self.assertIn("Xero has it now", notes[0], "a failure that is over is not the last word")
            self.assertTrue(notes[1].startswith("Not sent to Xero"))
        move.ref = "Later"
        self.drain()
        history = self.env["xero.log"].search(move.action_xero_history()["domain"]).mapped("summary")
        self.assertEqual(history[:2], ["Changed in Xero, as in Odoo.", f"Sent to Xero as {move.name}."])
        self.assertTrue(history[2].startswith("Not sent to Xero: No Xero account is chosen"), history)
        told = [message for message in move.message_ids if "Xero has it now" in (message.body or "")]
        self.assertEqual(len(told), 1, "what did not fail says nothing")

    def test_the_mappings_open_with_what_is_undecided(self):
        row = self.connection.account_mapping_ids[0]
        row.xero_account_id = False
        self.env.invalidate_all()
        action = self.connection.action_open_mappings()
        accountant = new_test_user(
            self.env, "decides", "xero_connector.group_xero_accountant", company_id=self.company.id
        )
        settings = self.env["res.config.settings"].create({"company_id": self.company.id})
        self.assertEqual(settings.action_xero_mappings()["res_model"], action["res_model"])
        action = self.connection.with_user(accountant).action_open_mappings()
        wizard = self.env[action["res_model"]].with_user(accountant).browse(action["res_id"])
        self.assertFalse(wizard.is_decided)
        self.assertIn(row, wizard.account_mapping_ids)
        chosen = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "200")])
        with Form(wizard):
            # As the screen saves what was chosen in a line.
            wizard.account_mapping_ids = [Command.update(row.id, {"xero_account_id": chosen.id})]
        self.assertEqual((row.state, row.xero_account_id.code), ("confirmed", "200"))
        rest = [*wizard.account_mapping_ids, *wizard.tax_mapping_ids, *wizard.journal_mapping_ids]
        for other in rest:
            other.sudo().state = "confirmed"
        self.env.invalidate_all()
        self.assertTrue(wizard.is_decided)

    def test_the_form_of_a_connection_is_for_people(self):
        """At most three buttons stand in its header; ids and clocks are for the developer mode."""
        expected = {
            "group_xero_manager": ["Set Up", "Match Records", "Reconcile"],
            "group_xero_accountant": ["Match Records", "Reconcile"],
            "group_xero_user": [],
        }
        facts = {"id": self.connection.id, "state": "connected", "paused_until": False}
        for group, buttons in expected.items():
            person = new_test_user(self.env, f"sees_{group}", f"xero_connector.{group}", company_id=self.company.id)
            tree = etree.fromstring(self.connection.with_user(person).get_view(view_type="form")["arch"])
            shown = [
                button.get("string")
                for button in tree.xpath("//header/button")
                if not safe_eval(button.get("invisible") or "False", dict(facts))
            ]
            self.assertEqual(shown, buttons, group)
            card = self.env.ref("xero_connector.xero_connection_view_kanban_overview")
            card = self.connection.with_user(person).get_view(card.id, "kanban")["arch"]
            sees_money = "receivable_odoo" in card
            [nothing] = etree.fromstring(card).xpath("//span[contains(., 'Nothing waits for you')]")
            self.assertIn("health_level", nothing.get("t-if"), "rates and differences wait for somebody too")
            self.assertEqual(sees_money, group != "group_xero_user", "clerks see no money of the company")
            odd = [
                field.get("name")
                for field in tree.xpath("//field[@widget='statinfo']")
                if self.connection._fields[field.get("name")].type not in ("integer", "float", "monetary")
            ]
            self.assertFalse(odd, "the web client knows no such figure")
        arch = etree.fromstring(self.env.ref("xero_connector.xero_connection_view_form").get_combined_arch())
        for name in ("clock_offset", "database_uuid", "database_print", "tenant_id"):
            [field] = arch.xpath(f"//field[@name='{name}']")
            groups = [node.get("groups") for node in (field, *field.iterancestors())]
            self.assertIn("base.group_no_one", groups, name)

    def test_a_branch_shows_that_it_uses_its_parents_connection(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        settings = self.env["res.config.settings"]
        self.assertFalse(settings.create({"company_id": self.company.id}).xero_is_inherited)
        self.assertTrue(settings.create({"company_id": branch.id}).xero_is_inherited)


@tagged("post_install", "-at_install")
class TestScreens(XeroCommon):
    def _actions(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "xero_connector"), ("model", "=", "ir.actions.act_window")]
        )
        return self.env["ir.actions.act_window"].browse(data.mapped("res_id"))

    def _open(self, user, action):
        """Load ``action`` as the web client does, with the form of a row and the search."""
        model = self.env[action.res_model].with_user(user).with_company(self.company)
        modes = {*action.view_mode.split(","), "form"}
        views = model.get_views([(False, mode) for mode in modes] + [(action.search_view_id.id, "search")])["views"]
        self.assertEqual(set(views), {*modes, "search"})
        model.search([], limit=1).read(["display_name"])

    def test_every_screen_opens_for_those_who_see_its_menu(self):
        move = self.make_move()
        self.drain()
        self.assertInXero(move)
        people = [
            new_test_user(
                self.env,
                login=f"sees {groups}",
                groups=f"base.group_user,{groups}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for groups in ("account.group_account_invoice", "account.group_account_manager,base.group_system")
        ]
        opened = [0, 0]
        for number, user in enumerate(people):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for action in self._actions():
                menu = self.env["ir.ui.menu"].search([("action", "=", f"ir.actions.act_window,{action.id}")])
                if set(menu.ids) & visible:
                    self._open(user, action)
                    opened[number] += 1
        self.assertGreaterEqual(opened[0], 8)
        self.assertGreater(opened[1], opened[0], "an administrator sees more")

    def test_people_without_invoicing_see_nothing_of_xero(self):
        employee = new_test_user(self.env, login="employee", groups="base.group_user,base.group_partner_manager")
        arch = self.env["res.partner"].with_user(employee).get_view(view_type="form")["arch"]
        self.assertNotIn("action_xero_sync", arch)
        visible = self.env["ir.ui.menu"].with_user(employee)._visible_menu_ids()
        self.assertNotIn(self.env.ref("xero_connector.menu_xero").id, visible)

    def test_secrets_are_typed_unseen_and_never_read_back(self):
        arch = self.env["xero.credential"].get_view(view_type="form")["arch"]
        for name in ("client_secret", "webhook_key"):
            self.assertRegex(arch, rf'<field name="{name}"[^>]*password="True"')
        read = self.credential.web_read({"client_secret": {}, "webhook_key": {}, "client_secret_set": {}})[0]
        self.assertEqual((read["client_secret"], read["webhook_key"], read["client_secret_set"]), (False, False, True))

    def test_the_guide_offers_an_app_that_is_known(self):
        wizard = self.env["xero.setup.wizard"].create({"company_id": self.company.id})
        self.assertTrue(wizard.has_credentials)
        self.assertIn("accounting.invoices", wizard.requested_scopes)
        self.connection.unlink()
        self.credential.company_id = self.env["res.company"].create({"name": "Another"})
        wizard.invalidate_recordset()
        self.assertFalse(wizard.has_credentials)
