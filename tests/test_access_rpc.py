from datetime import datetime, timedelta

import requests

from odoo.tests import HttpCase, new_test_user, tagged

from .common import XeroCommon, second_cursor


@tagged("post_install", "-at_install")
class TestOtherPrograms(XeroCommon, HttpCase):
    """Documents that no person clicked together sync the same way."""

    def setUp(self):
        super().setUp()
        self.biller = new_test_user(
            self.env,
            "biller",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )

    def values(self):
        return {
            "move_type": "out_invoice",
            "partner_id": self.partner_a.id,
            "invoice_date": "2026-03-10",
            "invoice_line_ids": [
                (
                    0,
                    0,
                    {
                        "name": "By program",
                        "quantity": 2,
                        "price_unit": 12.5,
                        "tax_ids": [(6, 0, self.tax_sale_a.ids)],
                        "account_id": self.company_data["default_account_revenue"].id,
                    },
                )
            ],
        }

    def json2(self, model, method, **body):
        key = self.env(user=self.biller)["res.users.apikeys"]._generate(
            "rpc", "test", datetime.now() + timedelta(days=1)
        )
        answer = requests.post(
            f"{self.base_url()}/json/2/{model}/{method}",
            json=body,
            timeout=30.0,
            headers={"Authorization": f"bearer {key}", "X-Odoo-Database": self.env.cr.dbname},
            cookies={"test_request_key": self.http_request_key},
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def test_json2(self):
        with self.allow_requests():
            [move_id] = self.json2("account.move", "create", vals_list=[self.values()])
            self.json2("account.move", "action_post", ids=[move_id])
            move = self.env["account.move"].browse(move_id)
            self.assertEqual(move.xero_sync_state, "queued")
            self.drain()
            self.assertInXero(move)
            self.json2("account.move", "action_xero_sync", ids=[move_id])
        self.assertEqual(self.job_of(move).priority, 5)

    def test_old_rpc(self):
        self.authenticate("biller", "biller")

        def call(model, method, args):
            answer = self.url_open(
                "/web/dataset/call_kw", json={"params": {"model": model, "method": method, "args": args, "kwargs": {}}}
            )
            return answer.json()["result"]

        move_id = call("account.move", "create", [self.values()])
        move_id = move_id[0] if isinstance(move_id, list) else move_id
        call("account.move", "action_post", [[move_id]])
        self.drain()
        self.assertInXero(self.env["account.move"].browse(move_id))

    def test_import(self):
        rows = [["out_invoice", str(self.partner_a.id), "2026-03-10", "Imported", "3", "4.5"]]
        fields = [
            "move_type",
            "partner_id/.id",
            "invoice_date",
            "invoice_line_ids/name",
            "invoice_line_ids/quantity",
            "invoice_line_ids/price_unit",
        ]
        result = self.env["account.move"].with_user(self.biller).with_company(self.company).load(fields, rows)
        move = self.env["account.move"].browse(result["ids"])
        move.invoice_line_ids.tax_ids = self.tax_sale_a
        move.with_user(self.biller).action_post()
        self.drain()
        self.assertInXero(move)

    def test_recurring_entry(self):
        move = self.make_move(post=False, auto_post="monthly", auto_post_until="2026-12-31")
        with second_cursor(self.env) as env:
            env["account.move"]._autopost_draft_entries()
        self.drain()
        self.assertInXero(move)
