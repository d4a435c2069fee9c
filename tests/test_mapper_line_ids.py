"""Lines keep their ids in Xero, whatever is changed around them, and wherever they go."""

import time

from odoo.tests import BaseCase, tagged

from ..mappers.document.line_ids import paired


def line(text, price=10, number=None, **values):
    """Return a line as it is sent; with a number, as Xero has it."""
    held = {"LineItemID": number, "LineAmount": price} if number else {}
    return {"Description": text, "Quantity": 1, "UnitAmount": price, "AccountCode": "200", **held, **values}


HELD = [line("Tea", 10, "a"), line("Milk", 20, "b"), line("Tea", 30, "c")]
CASES = [
    ("abc", line("Tea", 10), line("Milk", 20), line("Tea", 30)),
    ("abc", line("Tea", 10), line("Milk", 25), line("Tea", 30)),
    ("abc", line("Tea", 10), line("Oat milk", 20), line("Tea", 30)),
    ("abc", line("Tea", 10), line("Oat milk", 21), line("Tea", 30)),
    ("bc", line("Milk", 20), line("Tea", 30)),
    ("c", line("Tea", 30)),
    ("a-bc", line("Tea", 10), line("Sugar", 1), line("Milk", 20), line("Tea", 30)),
    ("-abc", line("New", 11), line("Tea", 10), line("Milk", 21), line("Tea", 30)),
    ("abc-", line("Other", 1), line("Things", 2), line("Entirely", 3), line("More", 4)),
    ("cab", line("Tea", 30), line("Tea", 10), line("Milk", 20)),
    ("cba", line("Tea", 30), line("Milk", 22), line("Tea", 10)),
    ("",),
]
# What is known of places in advance, and what comes of it.
KNOWN = [
    ("ba-", {0: 1, 1: 0, 2: None}, line("Bread", 1), line("Butter", 2), line("Jam", 30)),
    ("c", {0: 2}, line("Milk", 20)),
    ("-", {0: None}, line("Sugar", 20)),
    ("b", {0: None}, line("Milk", 33)),
]


@tagged("post_install", "-at_install")
class TestLineIds(BaseCase):
    def ids(self, rows, held=(), **options):
        held = held or HELD
        pairs = paired(rows, held, **options)
        return "".join(held[pairs[place]]["LineItemID"] if place in pairs else "-" for place in range(len(rows)))

    def test_each_line_stays_itself(self):
        """What is the same keeps its id wherever it goes, then what has the same text or amount, then by its place."""
        for ids, *rows in CASES:
            with self.subTest(ids=ids):
                self.assertEqual(self.ids(rows), ids)

    def test_what_is_known_comes_first(self):
        """A line that is new in Odoo takes the place of none, but for one of the same text: somebody typed it again."""
        for ids, known, *rows in KNOWN:
            with self.subTest(ids=ids):
                self.assertEqual(self.ids(rows, known=known), ids)

    def test_amounts_with_tax(self):
        """3 x 9.99 with tax is 24.98 without."""
        held = [
            line("One", 9.99, "a", Quantity=3, LineAmount=29.97, TaxAmount=4.99),
            line("Two", 12, "b", LineAmount=12, TaxAmount=2),
        ]
        held = [{**row, "LineAmount": str(row["LineAmount"])} for row in held]
        self.assertEqual(self.ids([line("Line 1", "10.00"), line("Line 2", "24.98")], held, inclusive=True), "ba")

    def test_a_text_becomes_no_amount(self):
        text = {"Description": "Thanks", "LineItemID": "a", "LineAmount": 0}
        for row, held in ((line("Tea"), text), ({"Description": "Thank you"}, line("Tea", 10, "a"))):
            self.assertEqual(self.ids([row], [held]), "-")

    def test_an_answer_without_lines(self):
        """Nothing is known of them, so they are sent as new ones."""
        self.assertEqual(paired([line("Tea")], []), {})

    def test_thousands_of_equal_lines(self):
        """It takes twice as long for twice as many, whether they are equal, moved or all changed."""
        for rows in (
            [line("Tea", 10)] * 2000,
            [line(f"Tea {number}", 10) for number in range(2000)],
            [line("Tea", number) for number in range(2000)],
        ):
            held = [
                {**row, "LineItemID": str(number), "LineAmount": row["UnitAmount"]} for number, row in enumerate(rows)
            ]
            for changed in (rows, rows[::-1], [{**row, "Description": "New"} for row in rows], rows[1:]):
                began = time.process_time()
                self.assertEqual(len(paired(changed, held)), len(changed))
                self.assertLess(time.process_time() - began, 1)
