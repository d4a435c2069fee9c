"""Which documents and payments a session becomes; no database is needed."""

from decimal import Decimal
from itertools import product

from odoo.tests import BaseCase, tagged

from ..mappers.divide import CREDIT, INVOICE, LEFT, LINE, MODES, PAID, Difference, Till, divide

ZERO = Decimal(0)


def money(value):
    return Decimal(value)


@tagged("post_install", "-at_install")
class TestTillDivide(BaseCase):
    def test_whatever_happens_the_sums_agree(self):
        """Of every day that can be, each document has what it is paid or owed, and both make the day."""
        amounts = [money(value) for value in ("-30", "0", "12.5", "40")]
        for card, cash, owed, off in product(amounts, amounts, amounts, [money(value) for value in ("-45", "0", "3")]):
            till = Till(card + cash + owed, {1: cash, 2: card}, owed, [Difference(1, 9, off)] if off else [])
            for mode in MODES:
                with self.subTest(card=card, cash=cash, owed=owed, off=off, mode=mode):
                    self._check(till, mode)

    def _check(self, till, mode):
        self.assertFalse(till.gap)
        papers = divide(till, mode)
        told = {side: papers[side] for side in papers}
        off = sum((one.amount for one in till.differences), ZERO) if mode != LEFT else ZERO
        banked = {1: till.money[1] + off, 2: till.money[2]}
        went = {1: ZERO, 2: ZERO}
        for side, paper in told.items():
            sign = 1 if side == INVOICE else -1
            paid = sum((share.amount for share in paper.shares), ZERO)
            self.assertTrue(all(share.amount > 0 for share in paper.shares))
            self.assertEqual(paper.total - paid, max(sign * till.owed, ZERO), "what is open is what is owed")
            lines = sign * till.sold + sum((amount for _account, amount in paper.added), ZERO) if paper.sells else ZERO
            self.assertEqual(lines + paper.cleared, paper.total, "the lines are the total")
            for share in paper.shares:
                if not share.account_id:
                    went[share.journal_id] += sign * share.amount
        self.assertEqual(went, banked)
        if len(told) == 2:
            self.assertEqual(told[INVOICE].cleared, told[CREDIT].cleared, "it comes to nothing")
            self.assertEqual([paper.sells for paper in told.values()].count(True), 1)
        elif told:
            self.assertFalse([paper.cleared for paper in told.values() if paper.cleared])

    def test_what_is_missing_is_paid_to_its_account(self):
        till = Till(money("50"), {1: money("50")}, differences=[Difference(1, 9, money("-2"))])
        [paper] = divide(till, PAID).values()
        self.assertEqual([tuple(share) for share in paper.shares], [(1, 0, money("48")), (1, 9, money("2"))])
        [paper] = divide(till, LINE).values()
        self.assertEqual((paper.total, paper.added), (money("48"), ((9, money("-2")),)))
        [paper] = divide(till, LEFT).values()
        self.assertEqual((paper.total, paper.added, len(paper.shares)), (money("50"), (), 1))

    def test_nothing_at_all(self):
        self.assertFalse(divide(Till(is_empty=True)))
        self.assertEqual(divide(Till())[INVOICE].total, 0)
        # Money that was short where nothing was sold.
        [paper] = divide(Till(is_empty=True, money={1: ZERO}, differences=[Difference(1, 9, money("-2"))])).values()
        self.assertEqual((paper.total, paper.added), (money("2"), ((9, money("2")),)))
