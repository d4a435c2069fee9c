"""Partners are merged in Odoo while their contacts are on the way to Xero: none is lost, none is doubled unseen."""

from itertools import count, product

from odoo.tests import tagged

from .common.inbound import InboundCommon

FAULTS = ({}, {"kind": "page", "status": 200, "saved": True}, {"kind": "drop_after"}, {"kind": "page", "status": 403})
MOMENTS = ("_push", "_store_and_send", "_send", "_save_answer", "_resolve_creation", "after")


@tagged("post_install", "-at_install")
class TestMergeUnderWay(InboundCommon):
    def setUp(self):
        super().setUp()
        self.exporter_class = type(self.env["xero.exporter.contact"])
        self.numbers = count()

    def new_partner(self):
        return self.env["res.partner"].create({"name": f"Kea {next(self.numbers)}", "is_company": True})

    def merge_at(self, moment, survivor, loser):
        """Let a person merge when an exporter comes to ``moment``, once."""
        original, done = getattr(self.exporter_class, moment, None), []

        def merge_first(exporter, *args, **kwargs):
            if not done and (moment != "_push" or args[1][0].xero_type == "Contact"):
                done.append(True)
                self.merge(exporter.env, survivor, loser)
                exporter.env.cr.commit()
                exporter.env.invalidate_all(flush=False)
            return original(exporter, *args, **kwargs)

        if original:
            self.patch(self.exporter_class, moment, merge_first)
        return done

    def merge(self, env, survivor, loser):
        wizard = env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge([survivor.id, loser.id], env["res.partner"].browse(survivor.id), extra_checks=False)
        env.flush_all()

    def settle(self):
        for _round in range(4):
            self.resume()
            self.drain()
            if not self.open_jobs():
                break
        self.poll()

    def settled(self, survivor, moves, later):
        """Every contact with our mark is linked to somebody living or set aside, and all documents have theirs."""
        self.settle()
        self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "res_id", "failure_detail"]))
        contacts = self.simulator.documents(self.tenant, "Contacts")
        marked = [row for row in contacts if (row.get("ContactNumber") or "").startswith("odoo-")]
        links = {link.xero_id: link for link in self.env["xero.link"].search([("xero_type", "=", "Contact")])}
        for contact in marked:
            link = links.get(contact["ContactID"])
            self.assertTrue(link, contact["ContactNumber"])
            alive = link.res_model == "res.partner" and self.env["res.partner"].browse(link.res_id).exists()
            self.assertEqual(link.state, "synced" if alive else "ignored", contact["ContactNumber"])
        self.assertTrue(survivor.xero_contact_id)
        self.assertInXero(moves)
        self.assertEqual(
            {self.in_xero(move)["inner"]["contact"] for move in later}, {survivor.xero_contact_id} if later else set()
        )
        self.assertEqual(len({row["ContactNumber"] for row in marked}), len(marked))

    def play(self, moment, fault, survivor, loser, sent):
        """Merge at ``moment`` of the creation of ``sent``, and see what comes of it."""
        moves = self.env["account.move"].union(*(self.make_move(partner=partner) for partner in sent))
        later = moves
        if loser not in sent:
            moves |= self.env["account.move"].search([("partner_id", "=", loser.id)])
        self.simulator.clear_faults()
        if fault:
            self.simulator.fault(method="PUT", resource="Contacts", **fault)
        done = self.merge_at(moment, survivor, loser)
        self.drain()
        if not done:
            self.settle()
            done.append(True)
            self.merge(self.env, survivor, loser)
            # What is in Xero before a merge stays with its contact there.
            later = self.env["account.move"]
        self.env.invalidate_all()
        self.settled(survivor, moves, later)

    def each(self, play):
        for moment, fault in product(MOMENTS, FAULTS):
            with self.subTest(moment=moment, **fault):
                play(moment, fault, self.new_partner(), self.new_partner())

    def test_survivor_without_link(self):
        self.each(lambda moment, fault, survivor, loser: self.play(moment, fault, survivor, loser, [loser]))

    def test_survivor_with_link(self):
        def play(moment, fault, survivor, loser):
            self.make_move(partner=survivor)
            self.drain()
            self.play(moment, fault, survivor, loser, [loser])

        self.each(play)

    def test_both_in_creation(self):
        self.each(lambda moment, fault, survivor, loser: self.play(moment, fault, survivor, loser, [survivor, loser]))

    def test_survivor_in_creation_and_loser_with_link(self):
        """The link of the loser moves to the survivor, whose own creation must not overwrite it."""

        def play(moment, fault, survivor, loser):
            self.make_move(partner=loser)
            self.drain()
            self.play(moment, fault, survivor, loser, [survivor])

        self.each(play)

    def test_an_update_under_way(self):
        for linked, moment in product((True, False), ("_push", "_store_and_send", "_send", "_save_answer")):
            with self.subTest(moment=moment, linked=linked):
                survivor, loser = self.new_partner(), self.new_partner()
                moves = self.make_move(partner=loser)
                if linked:
                    moves |= self.make_move(partner=survivor)
                self.drain()
                loser.email = "new@example.com"
                done = self.merge_at(moment, survivor, loser)
                self.drain()
                self.assertTrue(done)
                self.env.invalidate_all()
                self.settle()
                self.assertFalse(self.open_jobs())
                self.assertFalse(self.link_of(loser).filtered(lambda link: link.state != "ignored"))
                self.assertTrue(survivor.xero_contact_id)
                self.assertInXero(moves)
