"""Lines keep their ids in Xero, whatever is changed around them."""

from odoo.tests import BaseCase, tagged

from ..mappers.document.line_ids import kept_lines


def line(text, price=10, number=None, **values):
    """Return a line as it is sent; with a number, as Xero has it."""
    held = {"LineItemID": number, "LineAmount": price} if number else {}
    return {"Description": text, "Quantity": 1, "UnitAmount": price, "AccountCode": "200", **held, **values}


HELD = [line("Tea", 10, "a"), line("Milk", 20, "b"), line("Tea", 30, "c")]
CASES = [
    ("abc", line("Tea", 10), line("Milk", 20), line("Tea", 30)),
    ("abc", line("Tea", 10), line("Milk", 25), line("Tea", 30)),
    ("abc", line("Tea", 10), line("Oat milk", 20), line("Tea", 30)),
    ("bc", line("Milk", 20), line("Tea", 30)),
    ("c", line("Tea", 30)),
    ("a-bc", line("Tea", 10), line("Sugar", 1), line("Milk", 20), line("Tea", 30)),
    ("-abc", line("New", 10), line("Tea", 10), line("Milk", 21), line("Tea", 30)),
    ("abc-", line("Other", 1), line("Things", 2), line("Entirely", 3), line("More", 4)),
    ("",),
]


@tagged("post_install", "-at_install")
class TestLineIds(BaseCase):
    def test_each_line_stays_itself(self):
        """What is the same keeps its id, then what has the same text, then what stands in its place."""
        for ids, *rows in CASES:
            with self.subTest(ids=ids):
                kept = kept_lines(rows, {"LineItems": HELD})
                self.assertEqual("".join(row.get("LineItemID", "-") for row in kept), ids)

    def test_what_is_gone_is_emptied_in_words(self):
        """Xero keeps what it is not sent of a line that it knows."""
        held = [line("Tea", 10, "a", DiscountRate=5, Tracking=[{"TrackingOptionID": "x"}])]
        emptied = {**line("Tea"), "LineItemID": "a", "DiscountRate": 0, "Tracking": []}
        self.assertEqual(kept_lines([line("Tea")], {"LineItems": held}), [emptied])
        row = line("Tea", 10, DiscountRate=5, Tracking=[{"TrackingOptionID": "y"}])
        self.assertEqual(kept_lines([row], {"LineItems": held}), [{**row, "LineItemID": "a"}])

    def test_a_text_becomes_no_amount(self):
        """And no line with a discount of an amount becomes one with a rate."""
        text = {"Description": "Thanks", "LineItemID": "a", "LineAmount": 0}
        for row, held in (
            (line("Tea"), text),
            ({"Description": "Thank you"}, line("Tea", 10, "a")),
            (line("Tea"), line("Tea", 10, "a", DiscountAmount=2)),
        ):
            self.assertEqual(kept_lines([row], {"LineItems": [held]}), [row])

    def test_an_answer_without_lines(self):
        """Nothing is known of them, so they are sent as new ones."""
        self.assertEqual(kept_lines([line("Tea")], {}), [line("Tea")])
