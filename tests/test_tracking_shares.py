"""Lines that several analytic accounts have shares of: several lines in Xero, and back."""

from odoo import Command
from odoo.tests import tagged

from .common.journal import JournalCommon
from .common.kept import KeptCommon


class SharesCommon(KeptCommon):
    def setUp(self):
        super().setUp()
        self.connection.line_shares = "split"
        self.region, self.department, self.project = self.env["account.analytic.plan"].create(
            [{"name": "Region"}, {"name": "Department"}, {"name": "Project"}]
        )
        self.coast = self.env["account.analytic.plan"].create({"name": "Coasts", "parent_id": self.region.id})
        accounts = [("North", self.region), ("South", self.region), ("West Coast", self.coast)]
        accounts += [("Sales", self.department), ("Service", self.department), ("House", self.project)]
        self.north, self.south, self.west, self.sales, self.service, self.house = self.env[
            "account.analytic.account"
        ].create([{"name": name, "plan_id": plan.id} for name, plan in accounts])
        self.env["xero.mapping.tracking"]._refresh(self.connection)

    def shares(self, *pairs):
        """Return a distribution: accounts of one key together, with percentages."""
        return {",".join(str(one.id) for one in accounts): percent for accounts, percent in pairs}

    def line(self, *pairs, price=100.0, quantity=1, **values):
        return {
            "quantity": quantity,
            "price_unit": price,
            "analytic_distribution": self.shares(*pairs),
            **values,
        }

    def taxed(self, move_type="out_invoice"):
        taxes = self.tax_sale_a if move_type.startswith("out_") else self.tax_purchase_a
        return {"tax_ids": [Command.set(taxes.ids)]}

    def pushed_line(self, *pairs, move_type="out_invoice", **values):
        return self.pushed(move_type, [{**self.taxed(move_type), **self.line(*pairs, **values)}])

    def parts(self, move):
        """Return amount and options of each line in Xero."""
        return [
            (float(line["LineAmount"]), sorted(part["Option"] for part in line.get("Tracking") or []))
            for line in self.in_xero(move)["LineItems"]
        ]

    def ids(self, move):
        return [line["LineItemID"] for line in self.in_xero(move)["LineItems"]]

    def assertQuiet(self, move):
        """Both sides agree and nobody has anything to say any more."""
        self.poll()
        self.env["xero.sync.runner"]._sweep()
        self.simulator.reset_stats()
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "failure_detail"]))
        self.assertFalse(self.conflict_of(move).filtered(lambda conflict: conflict.state == "open"))
        calls = self.simulator.calls(self.tenant)
        self.assertFalse([call for call in calls if call[0] in ("POST", "PUT")], calls)
        self.assertInXero(move)


@tagged("post_install", "-at_install")
class TestSharesOut(SharesCommon):
    def test_a_line_becomes_its_shares(self):
        both = (self.north | self.sales, 60), (self.south | self.service, 40)
        joint = [(60, ["North", "Sales"]), (40, ["Service", "South"])]
        apart = [(30, ["North", "Sales"]), (30, ["North", "Service"]), (20, ["Sales", "South"])]
        cases = (
            ([(self.north, 60), (self.south, 40)], [(60, ["North"]), (40, ["South"])]),
            ([(self.north, 33.33), (self.south, 33.33), (self.west, 33.34)], None),
            (both, joint),
            (
                [(self.north, 60), (self.south, 40), (self.sales, 50), (self.service, 50)],
                [*apart, (20, ["Service", "South"])],
            ),
            ([(self.north, 60)], [(60, ["North"]), (40, [])]),
            ([(self.house, 40), (self.north, 60)], [(60, ["North"]), (40, [])]),
            ([(self.house, 40), (self.house | self.north, 60)], [(60, ["North"]), (40, [])]),
            ([(self.north, 100), (self.sales, 70)], [(70, ["North", "Sales"]), (30, ["North"])]),
            ([(self.north, 100), (self.house, 20)], [(100, ["North"])]),
            ([(self.house, 20), (self.house, 80)], [(100, [])]),
        )
        moves = [self.make_move(lines=[{**self.taxed(), **self.line(*pairs)}]) for pairs, _parts in cases]
        self.drain()
        for move, (pairs, parts) in zip(moves, cases):
            with self.subTest(pairs=pairs):
                parts = parts or [(33.33, ["North"]), (33.33, ["South"]), (33.34, ["West Coast"])]
                self.assertEqual(self.parts(move), parts)
                self.assertInXero(move)
                # One plan: to the cent what Odoo's own analytic items say.
                items = move.invoice_line_ids.analytic_line_ids
                for account, of_account in items.grouped(self.region._column_name()).items():
                    if account and not (self.sales | self.service) & items[self.department._column_name()]:
                        told = sum(amount for amount, options in parts if account.name in options)
                        self.assertAlmostEqual(sum(of_account.mapped("amount")), told)
        texts = [line["Description"] for line in self.in_xero(moves[1])["LineItems"]]
        self.assertEqual(texts, ["Line 1 (33.33 %)", "Line 1 (33.33 %)", "Line 1 (33.34 %)"])
        before = [move.invoice_line_ids.analytic_distribution for move in moves]
        rows = [self.writes_of(move.line_ids) for move in moves]
        for move in moves:
            self.assertQuiet(move)
        self.assertEqual([move.invoice_line_ids.analytic_distribution for move in moves], before)
        self.assertEqual([self.writes_of(move.line_ids) for move in moves], rows)

    def test_every_kind(self):
        pairs = (self.north, 33.33), (self.south, 66.67)
        for move_type in ("out_invoice", "in_invoice", "out_refund", "in_refund"):
            with self.subTest(move_type=move_type):
                lines = [
                    {**self.taxed(move_type), **self.line(*pairs, price=0.35, quantity=7, discount=10)},
                    {**self.taxed(move_type), **self.line(*pairs, price=0.05)},
                    {**self.taxed(move_type), **self.line(*pairs, price=0.01)},
                    {**self.taxed(move_type), **self.line(*pairs, price=-0.31)},
                    {**self.taxed(move_type), **self.line(*pairs, price=10, discount=100)},
                    (1, 19.99),
                ]
                self.number += 1
                move = self.pushed(move_type, lines, ref=f"B-{self.number}")
                self.assertInXero(move)
                self.assertEqual(sum(amount for amount, _options in self.parts(move)), round(move.amount_untaxed, 2))
                self.assertQuiet(move)

    def test_changes_keep_the_parts(self):
        move = self.pushed_line((self.north, 60), (self.south, 40))
        first, second = self.ids(move)
        self.rework(move, self.update(move, 0, price_unit=200.0))
        self.assertEqual((self.parts(move), self.ids(move)), ([(120, ["North"]), (80, ["South"])], [first, second]))
        move.invoice_line_ids.analytic_distribution = self.shares((self.north, 50), (self.south, 30), (self.west, 20))
        self.drain()
        self.assertEqual(self.parts(move), [(100, ["North"]), (60, ["South"]), (40, ["West Coast"])])
        self.assertEqual(self.ids(move)[:2], [first, second])
        # The option tells which part it is, whatever comes before it.
        move.invoice_line_ids.analytic_distribution = self.shares((self.south, 100))
        self.drain()
        self.assertEqual((self.parts(move), self.ids(move)), ([(200, ["South"])], [second]))
        self.assertEqual(self.in_xero(move)["LineItems"][0]["Description"], "Line 1")
        self.assertQuiet(move)

    def test_nothing_of_other_lines_moves(self):
        lines = [(3, 33.33), {**self.taxed(), **self.line((self.north, 50), (self.south, 50))}, (1, 0.07)]
        move = self.pushed(lines=lines)
        before = self.held(move)
        move.invoice_line_ids[1].analytic_distribution = self.shares((self.north, 70), (self.south, 30))
        self.drain()
        after = self.held(move)
        kept = [before[1][one] for one in (list(before[1])[0], list(before[1])[-1])]
        self.assertEqual([after[1][one] for one in (list(after[1])[0], list(after[1])[-1])], kept)
        self.assertEqual(list(after[1]), list(before[1]))

    def test_other_ways(self):
        pairs = (self.north, 60), (self.south, 40)
        for way, told in (("largest", [(100, ["North"])]), ("untracked", [(100, [])])):
            with self.subTest(way):
                self.connection.line_shares = way
                move = self.pushed_line(*pairs)
                self.assertEqual(self.parts(move), told)
                # What Xero says of it is no change of the shares.
                self.edit_line(move, 0, UnitAmount=110)
                self.poll()
                self.assertEqual(move.amount_untaxed, 110)
                self.assertEqual(move.invoice_line_ids.analytic_distribution, self.shares(*pairs))
                self.assertQuiet(move)
        self.connection.line_shares = "refuse"
        move = self.make_move(lines=[{**self.taxed(), **self.line(*pairs)}])
        whole = self.make_move(lines=[{**self.taxed(), **self.line((self.north | self.sales, 100))}])
        self.drain()
        self.assertEqual(whole.xero_sync_state, "synced")
        self.assertEqual(self.job_of(move).state, "failed")
        self.assertIn("Line 1 is shared among analytic accounts", self.job_of(move).failure_detail)
        # It goes by itself when the setting is another one.
        self.connection.line_shares = "split"
        self.drain()
        self.assertEqual(self.parts(move), [(60, ["North"]), (40, ["South"])])
        self.connection.line_share_text = False
        move = self.pushed_line(*pairs)
        self.assertEqual([line["Description"] for line in self.in_xero(move)["LineItems"]], ["Line 1", "Line 1"])

    def test_what_means_no_amounts_is_not_sent(self):
        many = self.env["account.analytic.account"].create(
            [{"name": f"Shop {number}", "plan_id": self.region.id} for number in range(31)]
        )
        cases = (
            ([(self.north, 60), (self.south, 60)], "more than the whole of it"),
            ([(self.north, 120), (self.south, -20)], "below nothing"),
            ([(one, 3) for one in many], "more than 30 lines"),
        )
        for pairs, words in cases:
            with self.subTest(words):
                move = self.make_move(lines=[{**self.taxed(), **self.line(*pairs)}])
                self.drain()
                self.assertEqual(self.job_of(move).state, "failed")
                self.assertIn(words, self.job_of(move).failure_detail)
                move.invoice_line_ids.analytic_distribution = self.shares((self.north, 50), (self.south, 50))
                self.drain()
                self.assertEqual(self.parts(move), [(50, ["North"]), (50, ["South"])])
        lines = [{**self.taxed(), **self.line((self.north, 50), (self.south, 50), price=1)}] * 151
        move = self.make_move(lines=lines)
        self.drain()
        self.assertIn("302 lines", self.job_of(move).failure_detail)

    def test_plans_that_every_line_needs(self):
        self.connection.required_plan_ids = self.region
        cases = (
            ([(self.north, 60), (self.south, 39.99)], "the whole of it to analytic accounts of Region"),
            ([(self.sales, 60), (self.service, 40)], "the whole of it to analytic accounts of Region"),
            ([(self.north, 60), (self.south, 40)], ""),
        )
        for pairs, words in cases:
            move = self.make_move(lines=[{**self.taxed(), **self.line(*pairs)}])
            self.drain()
            self.assertIn(words, self.job_of(move).failure_detail or "")
            self.assertEqual(self.job_of(move).state, "failed" if words else "done")

    def test_accounts_that_are_gone(self):
        move = self.make_move(
            lines=[{**self.taxed(), **self.line((self.north, 60), (self.house, 40))}], post=False
        )
        self.house.unlink()
        move.action_post()
        option = self.env["xero.tracking.option"].search([("name", "=", "South")]).sudo()
        option.status = "ARCHIVED"
        other = self.make_move(lines=[{**self.taxed(), **self.line((self.north, 60), (self.south, 40))}])
        self.drain()
        self.assertEqual(self.parts(move), [(60, ["North"]), (40, [])])
        self.assertEqual(self.parts(other), [(60, ["North"]), (40, [])])

    def test_answers_that_are_lost(self):
        for kind, options in (("drop_after", {}), ("error", {"status": 500, "saved": True}), ("drop_before", {})):
            with self.subTest(kind):
                move = self.pushed_line((self.north, 60), (self.south, 40))
                self.simulator.fault(kind, method="POST", resource="Invoices", **options)
                move.invoice_line_ids.analytic_distribution = self.shares((self.north, 50), (self.south, 50))
                self.drain()
                self.resume()
                self.drain()
                self.assertEqual(self.parts(move), [(50, ["North"]), (50, ["South"])])
                self.assertQuiet(move)

    def test_the_preview_says_it(self):
        move = self.make_move(lines=[{**self.taxed(), **self.line((self.north, 33.33), (self.south, 66.67))}])
        action = move.action_xero_preview()
        preview = self.env["xero.preview"].browse(action.get("res_id") or action["context"].get("preview_id"))
        texts = "\n".join(preview.problem_ids.mapped("message"))
        self.assertIn("Line 1: 1 line becomes 2: 33.33 + 66.67.", texts)

    def test_the_number_of_queries(self):
        pairs = (self.north, 60), (self.south | self.house, 40)
        moves = self.env["account.move"].union(
            *(self.make_move(lines=[{**self.taxed(), **self.line(*pairs)}] * 3) for _number in range(12))
        )
        mapper = self.env["xero.mapper"]._for_type("Invoice")
        mapper._prepare(moves, self.connection)
        counts = []
        for batch in (moves[:2], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            out = mapper._prepare(batch, self.connection)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual({len(one.payload["LineItems"]) for one in out.values()}, {6})
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestSharesOfMoney(SharesCommon):
    """Xero's total is Odoo's, update after update, and nothing moves that nobody changed."""

    def fine(self, code, rounding):
        token = self.simulator.control("/token", organisations=[self.tenant], scopes=["accounting.settings"])
        headers = {"Authorization": f"Bearer {token['access_token']}", "xero-tenant-id": self.tenant}
        answer = self.simulator.session.put(
            f"{self.simulator.url}/api.xro/2.0/Currencies", json={"Code": code}, headers=headers, timeout=30.0
        )
        self.assertTrue(answer.ok, answer.text)
        currency = self.setup_other_currency(code, rates=[("2016-01-01", 0.3)])
        currency.rounding = rounding
        self.connection.action_pull()
        self.drain()
        return currency

    def included(self):
        included = {"name": "15% included", "price_include_override": "tax_included"}
        return {"tax_ids": [Command.set(self.tax_sale_a.copy(included).ids)]}

    def assertSteps(self, move, *steps):
        """Change ``move`` in ``steps``, each a function that returns the lines of Xero that may change."""
        self.assertInXero(move)
        self.assertQuiet(move)
        for step in steps:
            before = self.held(move)
            changed = step(move)
            self.drain()
            self.assertInXero(move)
            after = self.held(move)
            kept = {line_id for place, line_id in enumerate(before[1]) if place not in changed}
            self.assertEqual({one: before[1][one] for one in kept}, {one: after[1].get(one) for one in kept})
            self.assertQuiet(move)

    def test_prices_with_tax_and_odd_currencies(self):
        tax = self.included()
        rate = self.connection.tax_mapping_ids.filtered(lambda row: row.tax_ids == self.tax_sale_a)[:1]
        row = self.env["xero.mapping.tax"].search(
            [("connection_id", "=", self.connection.id), ("tax_ids", "in", tax["tax_ids"][0][2])], limit=1
        )
        if not row:
            row = rate.copy({"tax_ids": tax["tax_ids"]})
        row.write({"xero_tax_rate_id": rate.xero_tax_rate_id.id, "state": "confirmed"})
        pairs = (self.north, 33.33), (self.south, 33.33), (self.west, 33.34)
        cases = [("USD", self.company.currency_id, (99.99, 0.35, -10.01))]
        cases.append(("JPY", self.fine("JPY", 1.0), (10007, 101, -333)))
        cases.append(("KWD", self.fine("KWD", 0.001), (9.075, 1.115, -0.685)))
        for code, currency, prices in cases:
            for kind in ("out_invoice", "out_refund"):
                for taxes in (self.taxed(), tax):
                    with self.subTest(code=code, kind=kind, taxes=taxes):
                        lines = [{**taxes, **self.line(*pairs, price=price)} for price in prices]
                        lines.append({**taxes, **self.line((self.north, 100), price=prices[0], quantity=3)})
                        move = self.pushed(kind, lines, currency_id=currency.id)
                        first = move.invoice_line_ids[0]

                        def share(move, first=first):
                            first.analytic_distribution = self.shares((self.north, 50), (self.south, 50))
                            return {0, 1, 2}

                        def price(move, prices=prices):
                            self.rework(move, self.update(move, 3, quantity=2))
                            return {len(self.held(move)[1]) - 1}

                        self.assertSteps(move, share, price)


@tagged("post_install", "-at_install")
class TestSharesBack(SharesCommon):
    def distribution(self, move):
        return move.invoice_line_ids.analytic_distribution

    def test_options_of_parts(self):
        for paid in (False, True):
            with self.subTest(paid=paid):
                move = self.pushed_line((self.north, 60), (self.south | self.house, 40))
                if paid:
                    self.pay(move)
                self.edit_line(move, 1, Tracking=[{"Name": "Region", "Option": "West Coast"}])
                self.poll()
                self.assertFalse(self.conflict_of(move))
                self.assertQuiet(move)
                found = self.distribution(move)
                self.assertEqual(sum(found.values()), 100)
                totals = dict.fromkeys((self.north, self.west, self.house), 0)
                for key, percent in found.items():
                    for account in map(int, key.split(",")):
                        totals[self.env["account.analytic.account"].browse(account)] += percent
                self.assertEqual(totals, {self.north: 60, self.west: 40, self.house: 40})

    def test_amounts_of_parts_with_the_same_sum(self):
        move = self.pushed_line((self.north, 60), (self.south, 40))
        self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        ids = self.ids(move)
        self.edit(move, LineItems=[{"LineItemID": ids[0], "UnitAmount": 25}, {"LineItemID": ids[1], "UnitAmount": 75}])
        self.poll()
        self.assertEqual(self.distribution(move), self.shares((self.north, 25), (self.south, 75)))
        self.assertEqual((move.state, move.amount_untaxed), ("posted", 100))
        self.assertQuiet(move)

    def test_another_sum(self):
        move = self.pushed_line((self.north, 60), (self.south, 40), price=25.0, quantity=4)
        line = move.invoice_line_ids
        self.edit_line(move, 0, UnitAmount=100)
        self.poll()
        self.assertEqual((move.amount_untaxed, move.invoice_line_ids), (140, line))
        self.assertEqual((line.quantity, line.price_unit), (4, 35), "what Odoo counts stays")
        self.assertEqual(self.distribution(move), self.shares((self.north, 71.43), (self.south, 28.57)))
        self.assertQuiet(move)

    def test_parts_that_are_put_together_or_divided(self):
        move = self.pushed_line((self.north, 60), (self.south, 40))
        line, ids = move.invoice_line_ids, self.ids(move)
        self.edit(move, LineItems=[{"LineItemID": ids[0], "UnitAmount": 100}])
        self.poll()
        self.assertEqual((move.invoice_line_ids, self.distribution(move)), (line, self.shares((self.north, 100))))
        self.assertQuiet(move)
        # And divided again, as people do in Xero.
        held = self.in_xero(move)["LineItems"][0]
        new = {name: held[name] for name in ("Description", "AccountCode", "TaxType")}
        new |= {"Quantity": 1, "UnitAmount": 30, "Tracking": [{"Name": "Region", "Option": "South"}]}
        self.edit(move, LineItems=[{"LineItemID": held["LineItemID"], "UnitAmount": 70}, new])
        self.poll()
        self.assertEqual(move.invoice_line_ids, line)
        self.assertEqual(self.distribution(move), self.shares((self.north, 70), (self.south, 30)))
        self.assertQuiet(move)
        # A part that is divided into two of one option says nothing new.
        ids = self.ids(move)
        more = {**new, "Description": self.in_xero(move)["LineItems"][1]["Description"], "UnitAmount": 10}
        self.edit(
            move, LineItems=[{"LineItemID": ids[0]}, {"LineItemID": ids[1], "UnitAmount": 20}, more]
        )
        self.poll()
        self.assertEqual(move.invoice_line_ids, line)
        self.assertEqual(self.distribution(move), self.shares((self.north, 70), (self.south, 30)))
        self.assertQuiet(move)
        self.rework(move, self.update(move, 0, name="Another text"))
        self.assertInXero(move)

    def test_texts_and_accounts_of_parts(self):
        move = self.pushed_line((self.north, 60), (self.south, 40))
        line = move.invoice_line_ids
        self.edit_line(move, 1, Description="By Xero (40 %)")
        self.poll()
        self.assertEqual((move.invoice_line_ids, line.name), (line, "By Xero"))
        self.assertQuiet(move)
        self.edit_line(move, 1, AccountCode="260")
        self.poll()
        other = self.env["xero.mapping.account"].search([("xero_account_id.code", "=", "260")])
        if not other:
            self.assertIn("260", self.failed_fetch().failure_detail)
            account = self.company_data["default_account_revenue"].copy({"code": "OTHER", "name": "Other"})
            row = self.env["xero.mapping.account"].sudo()._ensure(self.connection, account)
            row.xero_account_id = self.env["xero.account"].search(
                [("connection_id", "=", self.connection.id), ("code", "=", "260")]
            )
            row.state = "confirmed"
            self.drain()
            self.fetch("Invoice", move.xero_invoice_id)
        self.assertFalse(self.conflict_of(move))
        lines = move.invoice_line_ids.sorted("price_subtotal")
        self.assertEqual(lines.mapped("price_subtotal"), [40, 60])
        self.assertEqual(
            lines.mapped("analytic_distribution"), [self.shares((self.south, 100)), self.shares((self.north, 100))]
        )
        self.assertEqual(len(lines.account_id), 2)
        self.assertQuiet(move)

    def test_both_sides(self):
        """Shares on one side, something else on the other."""
        shared = self.shares((self.north, 50), (self.south, 50))
        cases = (
            (lambda move: move.invoice_line_ids[0].write({"analytic_distribution": shared}), {"place": 2}),
            (lambda move: self.rework_only(move, 1, price_unit=60.0), {"place": 0, "UnitAmount": 10}),
            (lambda move: self.rework_only(move, 0, name="By Odoo"), {"place": 2}),
        )
        for number, (here, there) in enumerate(cases):
            with self.subTest(number):
                move = self.pushed(
                    lines=[{**self.taxed(), **self.line((self.north, 60), (self.south, 40))}, (1, 20.0)]
                )
                place, values = there["place"], {name: value for name, value in there.items() if name != "place"}
                self.edit_line(move, place, **(values or {"Description": "By Xero"}))
                here(move)
                self.drain()
                self.poll()
                self.drain()
                self.assertFalse(self.conflict_of(move), self.conflict_of(move).line_ids.mapped("label"))
                self.assertQuiet(move)
                lines = move.invoice_line_ids
                self.assertEqual(len(lines), 2)
                if number == 0:
                    self.assertEqual(lines.mapped("name"), ["Line 1", "By Xero"])
                    self.assertEqual(self.parts(move), [(50, ["North"]), (50, ["South"]), (20, [])])
                elif number == 1:
                    self.assertEqual(lines.mapped("price_subtotal"), [50, 60])
                    self.assertEqual(self.parts(move), [(10, ["North"]), (40, ["South"]), (60, [])])
                else:
                    self.assertEqual(lines.mapped("name"), ["By Odoo", "By Xero"])

    def rework_only(self, move, place, **values):
        move.button_draft()
        move.write({"invoice_line_ids": [self.update(move, place, **values)]})
        move.action_post()

    def test_both_changed_the_shares(self):
        for side in ("odoo", "xero"):
            with self.subTest(side):
                self.connection.conflict_documents = "ask"
                move = self.pushed(
                    lines=[{**self.taxed(), **self.line((self.north, 60), (self.south, 40))}, (1, 20.0)]
                )
                ids = self.ids(move)
                mine = self.shares((self.north, 50), (self.south, 50))
                self.edit(
                    move,
                    LineItems=[
                        {"LineItemID": ids[0], "UnitAmount": 30},
                        {"LineItemID": ids[1], "UnitAmount": 70},
                        {"LineItemID": ids[2], "Description": "By Xero"},
                    ],
                )
                move.invoice_line_ids[0].analytic_distribution = mine
                self.drain()
                self.poll()
                conflict = self.conflict_of(move)
                [row] = conflict.line_ids.filtered(lambda line: line.label == "Line 1: Tracking")
                told = [{*text.split(" + ")} for text in (row.base, row.odoo, row.xero)]
                self.assertEqual(
                    told, [{f"Region: North {mine}", f"Region: South {100 - mine}"} for mine in (60, 50, 30)]
                )
                row.choice = side
                conflict.action_settle()
                self.drain()
                self.poll()
                self.drain()
                theirs = self.shares((self.north, 30), (self.south, 70))
                self.assertEqual(
                    move.invoice_line_ids[0].analytic_distribution, mine if side == "odoo" else theirs
                )
                self.assertEqual(move.invoice_line_ids[1].name, "By Xero")
                first = 50 if side == "odoo" else 30
                self.assertEqual([amount for amount, _o in self.parts(move)], [first, 100 - first, 20])
                self.assertQuiet(move)

    def test_lines_that_are_imported_stay_lines(self):
        north, south = ([{"Name": "Region", "Option": option}] for option in ("North", "South"))
        same = {"Description": "Rent", "Quantity": 1}
        move = self.imported(
            "in_invoice", {**same, "UnitAmount": 60, "Tracking": north}, {**same, "UnitAmount": 40, "Tracking": south}
        )
        self.assertEqual(
            move.invoice_line_ids.mapped("analytic_distribution"),
            [self.shares((self.north, 100)), self.shares((self.south, 100))],
        )
        self.assertQuiet(move)

    def test_paid_in_xero(self):
        """Xero changes no amount any more: other shares are refused in words, other options are sent."""
        move = self.pushed_line((self.north, 60), (self.south, 40))
        self.person("edit_account", code="090", CurrencyCode="USD")
        self.person("pay", invoice=move.xero_invoice_id, amount=10, account="090")
        self.poll()
        move.invoice_line_ids.analytic_distribution = self.shares((self.north, 60), (self.west, 40))
        self.drain()
        self.assertEqual(self.parts(move), [(60, ["North"]), (40, ["West Coast"])])
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        move.invoice_line_ids.analytic_distribution = self.shares((self.north, 50), (self.west, 50))
        self.drain()
        self.assertEqual(self.job_of(move).state, "failed")
        self.assertIn("Analytic accounts have other shares", self.job_of(move).failure_detail)
        self.assertEqual(self.parts(move), [(60, ["North"]), (40, ["West Coast"])])


@tagged("post_install", "-at_install")
class TestSharesOfEntries(JournalCommon):
    def test_journal_entries(self):
        """Lines of entries are divided in the same way, and still balance."""
        self.connection.line_shares = "split"
        plan = self.env["account.analytic.plan"].create({"name": "Region"})
        accounts = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("North", "South", "West Coast")]
        )
        self.env["xero.mapping.tracking"]._refresh(self.connection)
        shares = {str(one.id): percent for one, percent in zip(accounts, (33.33, 33.33, 33.34))}
        entry = self.make_entry(
            [
                {"account_id": self.expense.id, "balance": 100.02, "name": "Rent", "analytic_distribution": shares},
                (self.accrual, -100.02),
            ]
        )
        self.drain()
        lines = self.journal_in_xero(entry)["JournalLines"]
        told = [(line["Description"], round(float(line["LineAmount"]), 2)) for line in lines if line["Tracking"]]
        self.assertEqual(told, [("Rent (33.33 %)", 33.33), ("Rent (33.33 %)", 33.34), ("Rent (33.34 %)", 33.35)])
        self.assertAlmostEqual(sum(float(line["LineAmount"]) for line in lines), 0)
        self.assertEqual(
            [line["Tracking"][0]["Option"] for line in lines if line["Tracking"]], ["North", "South", "West Coast"]
        )
