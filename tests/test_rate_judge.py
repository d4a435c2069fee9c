"""What the rates of a day come to. No database."""

from datetime import date, timedelta
from decimal import Decimal as D

from odoo.tests import BaseCase, tagged

from ..models.rate.judge import Series, fault_of, is_rate, of_day


@tagged("post_install", "-at_install")
class TestRateJudge(BaseCase):
    def seen(self, *rates):
        return [(D(rate), f"2026-03-10 0{place}:00:00", ("Invoice", place, None)) for place, rate in enumerate(rates)]

    def fault(self, rates, around=()):
        return fault_of(of_day(self.seen(*rates)), [D(rate) for rate in around])

    def test_the_rate_that_most_documents_have(self):
        day = of_day(self.seen("0.66", "0.661", "0.66"))
        self.assertEqual((day.rate, day.lowest, day.highest, day.count), (D("0.66"), D("0.66"), D("0.661"), 3))
        self.assertEqual(day.source[1], 2)

    def test_of_as_many_the_newest(self):
        self.assertEqual(of_day(self.seen("0.66", "0.661")).rate, D("0.661"))

    def test_a_document_without_a_rate_of_its_own_says_nothing(self):
        self.assertEqual(of_day(self.seen("1", "1", "0.66")).rate, D("0.66"))
        self.assertEqual(self.fault(["1", "1"], ["0.66"]), "one")
        self.assertEqual(self.fault(["1"]), "one")
        self.assertEqual(self.fault(["1"], ["1.0", "1.001"]), "", "currencies that are tied to each other")

    def test_documents_of_a_day_that_are_far_apart(self):
        self.assertEqual(self.fault(["0.66", "0.6634"]), "spread")
        self.assertEqual(self.fault(["0.66", "0.6632"]), "")

    def test_a_jump_is_looked_at(self):
        self.assertEqual(self.fault(["0.80"], ["0.66"]), "jump")
        self.assertEqual(self.fault(["0.79"], ["0.66"]), "")

    def test_the_wrong_way_round(self):
        self.assertEqual(self.fault(["1.5151"], ["0.66", "0.661"]), "inverted")
        self.assertEqual(self.fault(["0.006451"], ["155.0"]), "inverted")

    def test_one_wrong_day_condemns_no_other(self):
        self.assertEqual(self.fault(["0.66"], ["1.5151", "0.661", "0.659"]), "")

    def test_the_days_nearest(self):
        first = date(2026, 3, 1)
        series = Series({first + timedelta(days=number): D(number + 1) for number in range(20)})
        self.assertEqual(sorted(series.around(first + timedelta(days=10))), [D(8), D(9), D(10), D(12), D(13)])
        self.assertEqual(series.around(first), [D(2), D(3), D(4), D(5), D(6)])
        self.assertEqual(Series({first: D(1)}).around(first), [])
        self.assertEqual(series.around(first + timedelta(days=400)), [D(20), D(19), D(18), D(17), D(16)])

    def test_what_nobody_gave_a_rate_accuses_no_other_day(self):
        first = date(2026, 3, 1)
        days = [first + timedelta(days=number) for number in range(3)]
        series = Series({days[0]: D("0.6049"), days[1]: D("0.61"), days[2]: D(1)})
        self.assertEqual(series.around(days[1]), [D("0.6049")])
        self.assertEqual(series.around(days[2]), [D("0.61"), D("0.6049")])
        tied = Series({days[0]: D(1), days[1]: D(1)})
        self.assertEqual(tied.around(days[1]), [D(1)], "what is tied has no other rate")

    def test_what_is_no_rate(self):
        for odd in (None, "0.66", 0, D("-0.5"), D("0"), True, D("1E+9"), D("0.0000001")):
            self.assertFalse(is_rate(odd), odd)
        for rate in (D("0.66"), 2, D("25000.123456"), D("0.000312")):
            self.assertTrue(is_rate(rate), rate)
