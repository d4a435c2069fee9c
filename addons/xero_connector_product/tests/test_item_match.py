"""Matching of products with items: judged, reviewed, linked and undone like everything else."""

from datetime import timedelta
from uuid import uuid4

from odoo import Command
from odoo.addons.xero_connector.tests.common.matching import MatchCommon
from odoo.addons.xero_connector.xero_api import codec
from odoo.tests import TransactionCase, tagged

from ..models.match_item import ItemFacts, match_items
from .item_common import ItemCommon


@tagged("post_install", "-at_install")
class TestItemScore(TransactionCase):
    def grades(self, products, items):
        products = [ItemFacts(number, *values) for number, values in enumerate(products, 1)]
        items = [ItemFacts(f"x{number}", *values) for number, values in enumerate(items, 1)]
        return [(found.odoo, found.xero, found.grade) for found in match_items(products, items)]

    def test_one_with_one(self):
        for product, item, grade in (
            (("CH-1", ("Chair",)), ("CH-1", ("Chair",)), "sure"),
            (("ch-1 ", ("Chair",)), ("CH-1", ("Armchair",)), "sure"),
            (("CH 1", ("Chair",)), ("CH1", ("Chair",)), "sure"),
            (("CH 1", ("Chair",)), ("CH1", ("Table",)), "likely"),
            (("CH-1", ("Chair",)), ("CH1", ("Table",)), None),
            (("CH-1", ("Oak Chair",)), ("C-9", ("Oak Chair",)), "doubtful"),
            (("", ("Oak Chair",)), ("C-9", ("oak chair",)), "likely"),
            (("", ("Oak Chair",)), ("C-9", ("Oak Table",)), None),
            (("CH-1", ("Chair",), "4006381333931"), ("4006381333931", ("Stuhl",)), "likely"),
            (("", ("Chair", "Stuhl")), ("C-9", ("Stuhl",)), "likely"),
            (("CH-1", ("Shop 12",)), ("C-9", ("Shop 13",)), None),
        ):
            with self.subTest(product=product, item=item):
                self.assertEqual(self.grades([product], [item])[0][2], grade)

    def test_one_code_twice_is_doubtful_on_either_side(self):
        twice = [("CH-1", ("Red",)), ("ch-1", ("Blue",))]
        self.assertEqual({row[2] for row in self.grades(twice, [("CH-1", ("Chair",))])}, {"doubtful"})
        found = self.grades([("CH-1", ("Chair",))], [("CH-1", ("Chair",)), ("CH -1", ("Chair",))])
        self.assertEqual(found[0][2], "doubtful")

    def test_variants_of_one_name_go_by_their_codes(self):
        """No item is offered to a product of the same name when the code of either has its own counterpart."""
        products = [(f"TS-{size}", ("T-shirt",)) for size in range(10)]
        found = self.grades(products, [(f"TS-{size}", ("T-shirt",)) for size in range(9)])
        self.assertEqual({row[2] for row in found}, {"sure", None})
        self.assertEqual(found[-1], (10, None, None))

    def test_archived_products_give_way(self):
        archived = ("CH-1", ("Chair",), "", True)
        found = self.grades([archived, ("CH-1", ("Chair",))], [("CH-1", ("Chair",))])
        self.assertEqual(found, [(2, "x1", "sure")])
        self.assertEqual(self.grades([archived], [("CH-1", ("Chair",))]), [(1, "x1", "sure")])
        self.assertEqual(self.grades([archived], [("T-1", ("Table",))]), [(None, "x1", None)])


@tagged("post_install", "-at_install")
class TestItemMatch(ItemCommon, MatchCommon):
    def setUp(self):
        super().setUp()
        self.quiet["product.product"].search([]).write({"sale_ok": False, "purchase_ok": False})

    def ware(self, code, name, **values):
        """Return a product that nobody has sent."""
        values = {"name": name, "default_code": code, "lst_price": 50, **values}
        return self.quiet["product.product"].create(values).with_env(self.env)

    def variants(self, name, *colours):
        """Return a product's variants, one for each colour, that nobody has sent."""
        colour = self.env["product.attribute"].create({"name": "Colour"})
        values = colour.value_ids.create([{"name": text, "attribute_id": colour.id} for text in colours])
        line = {"attribute_id": colour.id, "value_ids": [Command.set(values.ids)]}
        template = self.quiet["product.template"].create({"name": name, "attribute_line_ids": [Command.create(line)]})
        return template.product_variant_ids

    def to_items(self, match):
        match.action_next()
        self.drain()
        self.assertEqual((match.state, match.stage), ("review", "items"), match.reason)
        return match

    def test_linked_by_code_and_nothing_is_sent(self):
        chair, there = self.ware("ch-1", "Chair"), self.item("CH-1", "Armchair")
        new, alone = self.ware("NEW-1", "Lamp"), self.item("T-1", "Table")
        self.simulator.reset_stats()
        match = self.to_items(self.start())
        self.assertIn("Step 2 of 3: Products", match.stage_title)
        line = self.line_of(match, chair)
        self.assertEqual((line.xero_id, line.verdict, line.kind), (there, "sure", "item"))
        self.assertIn("Same code: CH-1", line.reason_text)
        self.assertIn("Name", line.differing)
        self.assertIn("Armchair", line.comparison)
        self.assertEqual(self.line_of(match, new).verdict, "odoo_only")
        self.assertEqual(self.line_of(match, xero_id=alone).verdict, "xero_only")
        self.assertFalse(self.link_of(chair), "nothing before a person confirms")
        match.action_confirm_sure()
        self.drain()
        self.assertEqual((chair.xero_item_id, chair.xero_number, match.linked_count), (there, "CH-1", 1))
        match.action_next()
        self.drain()
        self.assertEqual(match.stage, "documents")
        self.finish(match)
        self.assertQuiet()
        self.assertEqual({row["Name"] for row in self.items()}, {"Armchair", "Table"})
        self.assertEqual(chair.name, "Chair")

    def test_documents_that_wait_for_it_go_on_and_name_it(self):
        chair, there = self.ware("CH-1", "Chair"), self.item("CH-1", "Chair")
        partner = self.pushed(partner=self.customer("Known Ltd")).partner_id
        match = self.to_items(self.start())
        line = {"product_id": chair.id, "quantity": 1, "price_unit": 30, "tax_ids": []}
        move = self.make_move(partner=partner, lines=[line])
        match.action_confirm_sure()
        self.drain()
        match.action_next()
        self.drain()
        self.finish(match)
        self.assertInXero(move)
        self.assertEqual(self.in_xero(move)["LineItems"][0]["ItemCode"], "CH-1")
        self.assertEqual([row["ItemID"] for row in self.items()], [there])
        match.action_undo()
        self.drain()
        kept = self.line_of(match, chair)
        self.assertEqual((kept.state, bool(self.link_of(chair))), ("kept", True))
        self.assertIn("Documents that name this product", kept.problem)

    def test_undone(self):
        chair = self.ware("CH-1", "Chair")
        self.item("CH-1", "Chair")
        match = self.to_items(self.start())
        match.action_confirm_sure()
        self.drain()
        match.action_undo()
        self.drain()
        self.assertEqual((match.state, self.line_of(match, chair).state), ("undone", "undone"))
        self.assertFalse(self.link_of(chair))

    def test_another_code_is_shown_side_by_side_and_odoo_wins_where_chosen(self):
        chair, other = self.variants("Oak Chair", "Red", "Blue")
        chair.default_code, there = "CH-1", self.item("C-9", "Red Oak Chair")
        match = self.to_items(self.start())
        self.assertFalse(self.line_of(match, other), "without a code it is never sent, and no item is called so")
        self.assertEqual(self.line_of(match, chair).odoo_name, "CH-1 · Oak Chair (Red)")
        line = self.line_of(match, chair)
        self.assertEqual((line.verdict, line.xero_id), ("doubtful", there))
        self.assertIn("C-9", line.comparison)
        line.differences = "odoo"
        line.action_link()
        self.drain()
        match.action_next()
        self.drain()
        self.finish(match)
        self.assertEqual([(row["ItemID"], row["Code"]) for row in self.items()], [(there, "CH-1")])

    def test_xero_never_writes_products(self):
        chair = self.ware("CH-1", "Chair")
        self.item("CH-1", "Armchair")
        match = self.to_items(self.start())
        match.differences = "xero"
        match.action_confirm_sure()
        self.drain()
        self.assertEqual((chair.name, self.line_of(match, chair).state), ("Chair", "linked"))
        self.assertIn("from Odoo to Xero only", self.line_of(match, chair).problem)

    def test_changed_meanwhile_is_compared_again(self):
        here, there = self.ware("CH-1", "Chair"), self.ware("T-1", "Table")
        self.item("CH-1", "Chair")
        table = self.item("T-1", "Table")
        match = self.to_items(self.start())
        here.with_context(xero_no_sync=True).default_code = "CH-2"
        renamed = codec.dumps({"Items": [{"ItemID": table, "Code": "T-9", "Name": "Table"}]})
        self.with_client(lambda client: client.post("Items", renamed, idempotency_key=str(uuid4())))
        # What was read two minutes ago counts as fresh.
        match.sudo().changes_at -= timedelta(minutes=5)
        match.action_confirm_sure()
        self.drain()
        self.assertFalse(self.link_of(here) or self.link_of(there))
        self.assertEqual(self.line_of(match, here).verdict, "doubtful")
        self.assertIn("compared again", self.line_of(match, here).reason_text)

    def test_other_companies_and_archived_ones(self):
        """Shared products and those of this company take part; a second company matches for itself."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.ware("CH-1", "Chair", company_id=other.id)
        shared = self.ware("T-1", "Table")
        archived = self.ware("L-1", "Lamp", active=False)
        for code, name in (("CH-1", "Chair"), ("T-1", "Table"), ("L-1", "Lamp")):
            self.item(code, name)
        match = self.to_items(self.start())
        self.assertFalse(self.line_of(match, theirs))
        self.assertEqual(self.line_of(match, shared).verdict, "sure")
        self.assertTrue(self.line_of(match, archived).odoo_archived)
        match.action_confirm_sure()
        self.drain()
        self.assertEqual(self.link_of(shared).company_id, self.company)
        match.action_next()
        self.drain()
        self.finish(match)
        self.assertQuiet()

    def test_queries_do_not_grow_with_products(self):
        counts = []
        for wave in range(2):
            for number in range(5 if not wave else 40):
                self.ware(f"W{wave}-{number}", f"ItemFacts {wave} {number}")
                self.item(f"W{wave}-{number}", f"ItemFacts {wave} {number}")
            match = self.to_items(self.start())
            match = self.env["xero.match"].sudo().browse(match.id)
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            [batch] = match._propose()
            compared = self.env.cr.sql_log_count
            match._write_proposals(batch, batch.proposals, 0, 0)
            self.env.flush_all()
            counts.append((compared - start, self.env.cr.sql_log_count - compared))
            match.action_abandon()
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0][0], 8)

    def test_switched_off_there_is_no_such_step(self):
        self.connection.item_policy = "off"
        self.item("CH-1", "Chair")
        match = self.start()
        self.assertIn("1 of 2", match.stage_title)
        self.assertNotIn("Item", match.snapshot_id.kinds)
        match.action_next()
        self.drain()
        self.assertEqual(match.stage, "documents")
