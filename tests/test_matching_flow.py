from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..mappers import marks
from ..xero_api import errors
from .common.matching import MatchCommon


@tagged("post_install", "-at_install")
class TestMatchContactFlow(MatchCommon):
    def test_nothing_happens_before_a_person_confirms(self):
        partner, contact = self.both("Acme Ltd", "123456789")
        before = self.writes_of(partner)
        self.simulator.reset_stats()
        match = self.start()
        line = self.line_of(match, partner)
        self.assertEqual((line.xero_id, line.verdict, line.choice), (contact, "sure", "open"))
        self.assertIn("123456789", line.reason_text)
        self.assertFalse(self.link_of(partner))
        self.assertEqual(self.writes_of(partner), before)
        self.assertFalse({key for key in self.simulator.calls(self.tenant) if key[0] != "GET"})

    def test_only_a_mark_with_proof_is_evidence(self):
        made_up, proven = self.customer("Acme Ltd"), self.customer("Beta Ltd")
        mark = self.env["xero.mapper"]._for_type("Contact")._marks(proven.ids, self.connection)[proven.id]
        unsigned = mark._replace(signature=None)
        self.contact("Somebody Else", ContactNumber=marks.write_number(unsigned._replace(res_id=made_up.id)))
        contact = self.contact("Renamed Since", ContactNumber=marks.write_number(mark))
        match = self.start()
        self.assertEqual(self.line_of(match, made_up).verdict, "odoo_only")
        line = self.line_of(match, proven)
        self.assertEqual((line.xero_id, line.verdict), (contact, "likely"), "the name is another by now")

    def test_confirmed_contacts_are_linked_and_nothing_is_created(self):
        """The heart of it: identical and differing ones make no call, not then and not later."""
        same, contact = self.both("Acme Ltd", "123456789")
        other = self.customer("Beta Ltd", vat="555666777", email="ann@beta.example", phone="+64 9 111 2222")
        self.contact("Beta Limited", TaxNumber="555666777", EmailAddress="bob@beta.example")
        match = self.start()
        self.assertEqual((match.sure_count, match.doubtful_count), (2, 0))
        self.assertIn("E-mail", self.line_of(match, other).differing)
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertIn("E-Mail", self.line_of(match, other).with_context(lang="de_DE").differing)
        match.action_confirm_sure()
        self.drain()
        self.assertEqual((match.linked_count, match.sure_count, match.state), (2, 0, "review"))
        self.assertEqual(same.xero_contact_id, contact)
        self.assertEqual({same.xero_sync_state, other.xero_sync_state}, {"synced"})
        self.finish(match)
        self.assertQuiet()
        contacts = self.simulator.documents(self.tenant, "Contacts")
        self.assertEqual(
            [row["EmailAddress"] for row in contacts if row["Name"] == "Beta Limited"], ["bob@beta.example"]
        )
        self.assertEqual(other.email, "ann@beta.example")

    def test_posting_for_a_linked_contact_creates_no_second_contact(self):
        partner, contact = self.both("Acme Ltd", "123456789")
        match = self.start()
        match.action_confirm_sure()
        self.drain()
        self.finish(match)
        count = len(self.simulator.documents(self.tenant, "Contacts"))
        move = self.make_move(partner=partner)
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.in_xero(move)["inner"]["contact"], contact)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Contacts")), count)

    def test_an_edit_after_linking_travels_both_ways(self):
        partner, contact = self.both("Acme Ltd", "123456789")
        match = self.start()
        match.action_confirm_sure()
        self.drain()
        self.finish(match)
        partner.email = "new@acme.example"
        self.drain()
        self.assertEqual(self.contact_in_xero(contact)["EmailAddress"], "new@acme.example")
        self.poll("Contact")
        self.person("edit_contact", contact=contact, AccountNumber="A-77")
        self.poll("Contact")
        self.assertEqual(partner.ref, "A-77")

    def contact_in_xero(self, xero_id):
        return next(row for row in self.simulator.documents(self.tenant, "Contacts") if row["ContactID"] == xero_id)

    def test_whoever_works_in_odoo_is_looked_at_alone(self):
        partner, _contact = self.both("Acme Ltd", "123456789")
        self.env["res.users"].with_context(xero_no_sync=True).create(
            {"name": "Acme", "login": "acme", "partner_id": partner.id}
        )
        match = self.start()
        self.assertEqual(self.line_of(match, partner).verdict, "doubtful")
        match.action_confirm_sure()
        self.drain()
        self.assertFalse(partner.xero_contact_id)

    def test_odoo_wins_where_chosen(self):
        partner = self.customer("Acme Ltd", vat="123456789", email="ann@acme.example")
        contact = self.contact(
            "Acme Limited", TaxNumber="123456789", EmailAddress="old@acme.example", AccountNumber="K1"
        )
        match = self.start()
        match.differences = "odoo"
        match.action_confirm_sure()
        self.drain()
        self.finish(match)
        found = self.contact_in_xero(contact)
        self.assertEqual(
            (found["EmailAddress"], found["Name"], found["AccountNumber"]), ("ann@acme.example", "Acme Ltd", "K1")
        )
        self.assertEqual(partner.xero_sync_state, "synced")
        self.poll()
        self.assertQuiet()

    def test_xero_wins_where_chosen(self):
        partner = self.customer("Acme Ltd", vat="123456789", email="ann@acme.example", phone="123456789")
        self.contact("Acme Limited", TaxNumber="123456789", EmailAddress="new@acme.example", AccountNumber="K1")
        match = self.start()
        self.line_of(match, partner).differences = "xero"
        match.action_confirm_sure()
        self.drain()
        self.assertEqual((partner.name, partner.email, partner.ref), ("Acme Limited", "new@acme.example", "K1"))
        self.assertEqual(partner.phone, "123456789", "what is empty in Xero clears nothing")
        self.finish(match)
        self.assertQuiet()
        match.action_undo()
        self.drain()
        self.assertEqual(self.line_of(match, partner).state, "kept")

    def test_changed_in_odoo_meanwhile_is_compared_again(self):
        partner, _contact = self.both("Acme Ltd", "123456789")
        other, _there = self.both("Beta Ltd", "555666777")
        match = self.start()
        partner.with_context(xero_no_sync=True).vat = "999888777"
        match.action_confirm_sure()
        self.drain()
        self.assertTrue(self.link_of(other))
        self.assertFalse(self.link_of(partner))
        line = self.line_of(match, partner)
        self.assertEqual((line.verdict, line.state, line.choice), ("doubtful", "open", "open"))
        self.assertIn("compared again", line.reason_text)

    def test_changed_in_xero_meanwhile_is_compared_again(self):
        partner, contact = self.both("Acme Ltd", "123456789")
        match = self.start()
        self.person("edit_contact", contact=contact, TaxNumber="999888777")
        match.action_confirm_sure()
        self.drain()
        self.assertFalse(self.link_of(partner))
        line = self.line_of(match, partner)
        self.assertEqual((line.verdict, line.choice, line.xero_id), ("doubtful", "open", contact))
        self.assertIn("compared again", line.reason_text)

    def test_a_person_chooses_another_one(self):
        partner = self.customer("Acme Ltd", email="ann@acme.example")
        near, far = self.contact("Acme Holdings Ltd"), self.contact("Completely Other Inc")
        match = self.start()
        line = self.line_of(match, partner)
        first = line.xero_id
        action = line.action_search()
        elements = self.env[action["res_model"]].search(action["domain"])
        self.assertLessEqual({near, far}, set(elements.mapped("xero_id")))
        element = elements.filtered(lambda found: found.xero_id == far)
        element.with_context(**action["context"]).action_match_choose()
        self.assertEqual((line.xero_id, line.verdict), (far, "doubtful"))
        if first:
            self.assertEqual(self.line_of(match, xero_id=first).verdict, "xero_only")
        self.assertEqual(len(self.line_of(match, xero_id=far)), 1)
        line.action_link()
        self.drain()
        self.assertEqual(partner.xero_contact_id, far)

    def test_two_that_fit_are_shown_and_one_is_chosen(self):
        one = self.customer("Acme Ltd", email="x@acme.example")
        two = self.customer("Acme Ltd", email="x@acme.example")
        contact = self.contact("Acme Ltd", EmailAddress="x@acme.example")
        match = self.start()
        self.assertEqual((match.sure_count, match.likely_count, match.doubtful_count), (0, 0, 2))
        [taken] = self.line_of(match, xero_id=contact)
        loser = one if taken.res_id == two.id else two
        self.line_of(match, loser).candidate_ids.action_choose()
        line = self.line_of(match, loser)
        self.assertEqual(line.xero_id, contact)
        self.assertFalse(self.line_of(match, (one | two) - loser).xero_id)
        line.action_link()
        self.drain()
        self.assertEqual(loser.xero_contact_id, contact)

    def test_not_the_same_stays_apart(self):
        partner = self.customer("Acme Ltd")
        self.contact("Acme Limited")
        match = self.start()
        line = self.line_of(match, partner)
        self.assertEqual(line.verdict, "likely")
        line.action_apart()
        match.action_confirm_likely()
        self.drain()
        self.assertFalse(self.link_of(partner))
        line.action_reopen()
        line.action_link()
        self.drain()
        self.assertTrue(self.link_of(partner))

    def test_archived_and_merged_contacts(self):
        archived, gone = self.both("Acme Ltd", "123456789")
        self.person("archive_contact", contact=gone)
        merged = self.customer("Beta Ltd", email="ann@beta.example", phone="+64 9 111 2222")
        loser = self.contact("Beta Ltd", EmailAddress="ann@beta.example")
        survivor = self.contact("Beta International Ltd")
        self.person("merge_contacts", contact=loser, into=survivor)
        match = self.start()
        line = self.line_of(match, archived)
        self.assertEqual((line.xero_id, line.xero_archived), (gone, True))
        self.assertEqual(self.line_of(match, merged).xero_id, survivor)
        self.assertFalse(self.line_of(match, xero_id=loser))
        (line | self.line_of(match, merged)).action_link()
        self.drain()
        self.assertEqual(merged.xero_contact_id, survivor)
        self.finish(match)
        self.assertQuiet()

    def test_undo_takes_away_exactly_its_own_links(self):
        used, _one = self.both("Acme Ltd", "123456789")
        free, _two = self.both("Beta Ltd", "555666777")
        edited, _three = self.both("Gamma Ltd", "444555666")
        before = self.pushed(partner=self.customer("Before Ltd"))
        match = self.start()
        match.action_confirm_sure()
        self.drain()
        self.finish(match)
        move = self.make_move(partner=used)
        edited.email = "new@gamma.example"
        self.drain()
        match.action_undo()
        self.drain()
        self.assertEqual(match.state, "undone")
        self.assertFalse(self.link_of(free))
        for record in (used, edited, move, before, before.partner_id):
            self.assertTrue(self.link_of(record), record)
        self.assertIn("Documents of this contact", self.line_of(match, used).problem)
        self.assertIn("synced through it", self.line_of(match, edited).problem)
        self.assertEqual(match.kept_count, 2)
        self.assertTrue(self.connection.hold_until_matched, "Xero has them, and nothing says so any more")

    def test_work_that_stops_between_chunks_goes_on_without_loss(self):
        pairs = [self.both(f"Firm {chr(65 + index)}ton Ltd", f"77000{index}111") for index in range(6)]
        self.patch_chunks(2)
        runner = type(self.env["xero.match"])
        match = self.env["xero.match"]._start(self.connection)
        write = runner._write_proposals
        with patch.object(runner, "_write_proposals", self.dying(write, 2)):
            self.drain()
        self.assertEqual((match.state, len(match.line_ids)), ("scoring", 2))
        self.resume()
        self.drain()
        self.assertEqual(match.state, "review")
        lines = self.line_of(match).filtered(lambda line: line.verdict == "sure")
        self.assertEqual(sorted(lines.mapped("res_id")), sorted(partner.id for partner, _contact in pairs))
        match.action_confirm_sure()
        with patch.object(runner, "_link_chunk", self.dying(runner._link_chunk, 2)):
            self.drain()
        self.assertEqual((match.linked_count, match.waiting_count), (2, 4))
        self.resume()
        self.drain()
        self.assertEqual((match.linked_count, match.waiting_count), (6, 0))
        self.assertEqual(
            {(partner.id, partner.xero_contact_id) for partner, _contact in pairs},
            {(partner.id, contact) for partner, contact in pairs},
        )
        self.finish(match)
        self.assertQuiet()

    def patch_chunks(self, size):
        from ..models.matching import task_match as xero_match_work
        from ..models.queue import drain as xero_drain

        self.startPatcher(patch.object(xero_match_work, "CHUNK", size))
        self.startPatcher(patch.object(xero_match_work, "LINK_CHUNK", size))
        # A job does one chunk; what is left has a job of its own.
        self.startPatcher(patch.object(xero_drain, "SLICE_SECONDS", -1))

    def dying(self, method, call):
        """Return ``method``, which breaks at its ``call``-th call."""
        calls = []

        def dies(*args, **kwargs):
            calls.append(1)
            if len(calls) == call:
                raise errors.Unavailable("the worker is stopped")
            return method(*args, **kwargs)

        return dies

    def test_new_records_wait_while_the_matching_is_open(self):
        """What would be created a second time is not sent before somebody has said who is who."""
        _partner, contact = self.both("Acme Ltd", "123456789")
        match = self.start()
        new = self.env["res.partner"].create({"name": "New Ltd", "is_company": True, "customer_rank": 1})
        self.drain()
        self.assertEqual(new.xero_sync_state, "queued")
        self.assertEqual(
            [row["ContactID"] for row in self.simulator.documents(self.tenant, "Contacts")][-1:], [contact]
        )
        match.action_abandon()
        self.drain()
        self.assertEqual(new.xero_sync_state, "synced", new.xero_sync_message)

    def test_abandoned_and_begun_again(self):
        partner, _contact = self.both("Acme Ltd", "123456789")
        match = self.start()
        self.assertEqual(self.env["xero.match"]._start(self.connection), match, "one at a time, and it is resumed")
        match.action_abandon()
        self.assertEqual(match.state, "abandoned")
        with self.assertRaises(UserError):
            match.action_confirm_sure()
        again = self.start()
        self.assertNotEqual(again, match)
        self.assertEqual(self.line_of(again, partner).verdict, "sure")

    def test_reading_that_fails_is_told_and_tried_again(self):
        self.simulator.fault("error", resource="Contacts", method="GET", status=403)
        match = self.env["xero.match"]._start(self.connection)
        self.drain()
        self.assertEqual(match.state, "failed")
        self.assertTrue(match.reason)
        self.simulator.clear_faults()
        match.action_read_again()
        self.drain()
        self.assertEqual(match.state, "review", match.reason)


@tagged("post_install", "-at_install")
class TestMatchPeople(MatchCommon):
    def login(self, login, groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login,
            groups=f"base.group_user,{groups}",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def test_what_stands_in_either_book_is_shown_as_text(self):
        partner, _contact = self.both("Acme Ltd", "123456789")
        line = self.line_of(self.start(), partner).sudo()
        line.reasons = [["name_differs", "<img src=x>"]]
        for shown in (line.reason_list, line._row("<img src=x>", "<img src=x>", "<img src=x>\n<img src=x>")):
            self.assertNotIn("<img", shown)
            self.assertIn("&lt;img src=x&gt;", shown)

    def test_administrators_match_and_accountants_watch(self):
        partner, _contact = self.both("Acme Ltd", "123456789")
        manager = self.login("match_manager", "base.group_system,account.group_account_manager")
        accountant = self.login("match_accountant", "account.group_account_invoice")
        with self.assertRaises(UserError):
            self.connection.with_user(accountant).action_match()
        action = self.connection.with_user(manager).action_match()
        self.drain()
        match = self.env["xero.match"].with_user(manager).browse(action["res_id"])
        self.assertEqual(match.state, "review")
        line = self.line_of(match, partner)
        self.assertIn("Acme", line.with_user(manager).comparison)
        watched = match.with_user(accountant)
        self.assertEqual(watched.sure_count, 1)
        for forbidden in (
            watched.action_confirm_sure,
            watched.action_undo,
            line.with_user(accountant).action_link,
            line.with_user(accountant).action_apart,
        ):
            with self.assertRaises(UserError):
                forbidden()
        with self.assertRaises(AccessError):
            watched.differences = "xero"
        with self.assertRaises(UserError):
            line.with_user(manager).write({"state": "linked"})
        with self.assertRaises(UserError):
            match.write({"state": "done"})
        match.differences = "odoo"
        match.action_confirm_sure()
        self.drain()
        self.assertTrue(partner.xero_contact_id)

    def test_employees_see_nothing(self):
        self.both("Acme Ltd", "123456789")
        self.start()
        employee = self.login("match_employee", "base.group_user")
        for model in ("xero.match", "xero.match.line", "xero.match.candidate"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(employee).search([])

    def test_two_companies_do_not_see_each_other(self):
        other = self.setup_other_company(name="Other Company")["company"]
        shared = self.customer("Shared Ltd", vat="123456789")
        own = self.customer("Own Ltd", vat="555666777", company_id=other.id)
        other.partner_id.write({"name": "Intercompany Ltd", "vat": "111222333", "company_id": False})
        self.contact("Intercompany Ltd", TaxNumber="111222333")
        self.contact("Shared Ltd", TaxNumber="123456789")
        self.contact("Own Ltd", TaxNumber="555666777")
        match = self.start()
        self.assertTrue(self.line_of(match, shared).xero_id)
        self.assertFalse(self.line_of(match, own))
        self.assertTrue(self.line_of(match, other.partner_id).xero_id, "they trade with each other")
        self.assertFalse(self.line_of(match, self.company.partner_id))
        stranger = self.login("match_stranger", "base.group_system,account.group_account_manager", other)
        self.assertFalse(self.env["xero.match"].with_user(stranger).search([]))
        self.assertFalse(self.env["xero.match.line"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            match.with_user(stranger).action_confirm_sure()
