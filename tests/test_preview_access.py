"""Who sees and starts previews: real users, two companies and a branch."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common.preview import PreviewCase


@tagged("post_install", "-at_install")
class TestPreviewAccess(PreviewCase):
    def person(self, login, company, groups="account.group_account_invoice"):
        return new_test_user(
            self.env, login, groups=groups, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def open(self, user, records):
        action = records.with_user(user).with_context(allowed_company_ids=user.company_id.ids).action_xero_preview()
        return self.env["xero.preview"].with_user(user).browse(action["res_id"])

    def in_branch(self, branch):
        """Return a document of ``branch``, whose books are its parent's."""
        move = self.silent()
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET company_id = %s WHERE id = %s", [branch.id, move.id])
        self.env.cr.execute("UPDATE account_move_line SET company_id = %s WHERE move_id = %s", [branch.id, move.id])
        self.env.invalidate_all()
        return move

    def test_an_accountant_looks_but_changes_nothing(self):
        accountant = self.person("pv_acc", self.company)
        preview = self.open(accountant, self.silent())
        self.assertEqual((preview.state, preview.user_id), ("ready", accountant))
        self.assertTrue(preview.totals and preview.line_ids[0].shown and preview.summary)
        for action in (lambda: preview.write({"state": "stopped"}), preview.unlink, preview.line_ids.unlink):
            with self.assertRaises(AccessError):
                action()
        preview.action_again()
        preview.action_send()
        self.drain()
        self.assertEqual(self.link_of(self.partner_a).state, "synced")

    def test_an_employee_sees_nothing(self):
        employee = self.person("pv_emp", self.company, "base.group_user")
        move = self.silent()
        with self.assertRaises(AccessError):
            self.open(employee, move)
        preview = self.preview(move)
        with self.assertRaises(AccessError):
            preview.with_user(employee).read(["state"])
        with self.assertRaises(AccessError):
            self.connection.with_user(employee).action_preview_queue()

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.person("pv_far", other)
        move = self.silent()
        preview = self.preview(move)
        for records in (preview, preview.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(stranger).read(["state" if records == preview else "number"])
        self.assertFalse(self.env["xero.preview"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self.open(stranger, move)
        partner = self.env["res.partner"].create({"name": "Shared", "is_company": True})
        with self.assertRaisesRegex(UserError, "not connected"):
            self.open(stranger, partner)

    def test_a_branch_sees_its_own_documents_and_shared_contacts(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        accountant = self.person("pv_branch", branch)
        own, parents = self.in_branch(branch), self.silent()
        preview = self.open(accountant, own)
        self.assertEqual(self.line_of(preview, own).action, "create")
        self.assertTrue(self.line_of(preview, self.partner_a), "the contact that goes first")
        with self.assertRaises(AccessError):
            self.open(accountant, parents)
        file = {"name": "secret.pdf", "res_model": "account.move", "res_id": parents.id, "raw": b"a"}
        self.env["ir.attachment"].create(file)
        both = self.preview(own | parents)
        mine = both.with_user(accountant).with_context(allowed_company_ids=branch.ids)
        self.assertIn(parents.name, self.problems(both, "notice")["attachments"].message)
        self.env.invalidate_all()
        seen = set(mine.problem_ids.mapped("topic"))
        self.assertEqual(seen, {"unread"}, "other sentences name documents of the parent")
        seen = mine.line_ids
        self.assertEqual(set(seen.filtered(lambda line: line.res_model == "account.move").mapped("res_id")), {own.id})

    def test_two_companies_are_two_previews(self):
        other = self.setup_other_company(name="Second")["company"]
        connection = self.env["xero.connection"].create(
            {"company_id": other.id, "credential_id": self.credential.id, "sync_from": "2019-01-01"}
        )
        self.connect(connection, self.add_organisation(**{**self.organisation, "Name": "Second Organisation"}))
        partner = self.env["res.partner"].create({"name": "There", "is_company": True, "company_id": other.id})
        partners = partner | self.partner_a.copy({"name": "Here"})
        with self.assertNoTrace():
            action = partners.action_xero_preview()
        previews = self.env["xero.preview"].search(action["domain"])
        self.assertEqual(previews.connection_id, self.connection | connection)
        self.assertEqual([len(preview.line_ids) for preview in previews], [1, 1])
