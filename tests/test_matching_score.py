"""Who is who: the pure part of the matching, on single cases and on whole seeded books."""

from datetime import date
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from ..models.matching.assign import match
from ..models.matching.keys import addresses, is_role, phone, same_number, tax_number
from ..models.matching.match_contact import parties_of_contacts, party_of_partner
from ..models.matching.match_document import DocumentFacts, match_documents
from ..models.matching.match_payment import Coin, match_payments
from ..models.matching.names import DIFFERENT, PART, SAME, TYPO, likeness, name_of
from ..models.matching.reasons import sentence, speaks_against
from .common.messy_books import make_books
from .common.messy_papers import make_papers

SEEDS = range(1, 21)


def nobody(_element):
    return None


@tagged("post_install", "-at_install")
class TestMatchKeys(TransactionCase):
    def test_names(self):
        for one, other, expected in (
            ("Müller & Söhne GmbH", "Mueller und Soehne G.m.b.H.", SAME),
            ("ACME Pty. Ltd.", "Acme Proprietary Limited", SAME),
            ("Smith, John", "John Smith", SAME),
            ("O'Brien Foods", "OBrien Foods Ltd", SAME),
            ("Søren Jensen A/S", "Soren Jensen", SAME),
            ("Northern Timber", "Nothern Timber Ltd", TYPO),
            ("Acme", "Acme Wellington Ltd", PART),
            ("Shop 12", "Shop 13", DIFFERENT),
            ("Hans Weber", "Hans Weber jun.", DIFFERENT),
            ("Jan Weber", "Jana Weber", DIFFERENT),
            ("Acme Auckland", "Acme Wellington", DIFFERENT),
            ("", "Acme", DIFFERENT),
        ):
            with self.subTest(one=one, other=other):
                self.assertEqual(likeness(name_of(one), name_of(other)), expected)

    def test_numbers(self):
        self.assertTrue(same_number(tax_number("DE 811 907 980", "DE"), tax_number("811907980", "DE")))
        self.assertFalse(same_number(tax_number("DE811907980"), tax_number("ATU811907980"[:3] + "11907980")))
        self.assertTrue(same_number(tax_number("ABN 51 824 753 556", "AU"), tax_number("51824753556", "AU")))
        self.assertTrue(same_number(tax_number("GST 049-091-850", "NZ"), tax_number("49091850", "NZ")))
        for text in ("n/a", "/", "", "0000000", "11111111", "TBC"):
            self.assertIsNone(tax_number(text, "NZ"), text)
        self.assertEqual(phone("+64 9 375 1444"), phone("64", "9", "375-1444"))
        self.assertEqual(phone("0800"), "")
        self.assertEqual(addresses("Ann <A.n.n+x@GoogleMail.com>; b@x.nz"), {"ann@gmail.com", "b@x.nz"})
        self.assertTrue(is_role("Accounts.Payable@acme.example"))
        self.assertFalse(is_role("ann@acme.example"))


@tagged("post_install", "-at_install")
class TestMatchContacts(TransactionCase):
    def match(self, partners, contacts, mark_of=nobody):
        contacts = [{"ContactID": f"x{number}", **contact} for number, contact in enumerate(contacts, 1)]
        partners = [{"id": number, "is_company": True, **partner} for number, partner in enumerate(partners, 1)]
        proposals = match([party_of_partner(values) for values in partners], parties_of_contacts(contacts, mark_of))
        return [(found.odoo, found.xero, found.grade) for found in proposals], proposals

    def test_tax_number_and_name_are_sure(self):
        found, _all = self.match(
            [{"name": "Acme Ltd", "vat": "123-456-789"}], [{"Name": "Acme", "TaxNumber": "123456789"}]
        )
        self.assertEqual(found, [(1, "x1", "sure")])

    def test_another_tax_number_is_never_sure(self):
        """Everything else may be the same: a person looks."""
        same = {"emails": ["ann@acme.example"], "phones": ["+64 9 375 1444"], "places": [("1 High St", "1010")]}
        found, proposals = self.match(
            [{"name": "Acme Ltd", "vat": "123456789", **same}],
            [
                {
                    "Name": "Acme Ltd",
                    "TaxNumber": "987654321",
                    "EmailAddress": "ann@acme.example",
                    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "093751444"}],
                    "Addresses": [{"AddressLine1": "1 High Street", "PostalCode": "1010"}],
                }
            ],
        )
        self.assertEqual(found, [(1, "x1", "doubtful")])
        self.assertIn("tax_differs", {reason.code for reason in proposals[0].pair.reasons})

    def test_a_name_alone_is_likely(self):
        found, _all = self.match([{"name": "Acme Ltd"}], [{"Name": "ACME Limited"}])
        self.assertEqual(found, [(1, "x1", "likely")])

    def test_two_equally_good_are_doubtful_and_both_are_shown(self):
        found, proposals = self.match(
            [{"name": "Acme Ltd", "emails": ["a@acme.example"]}, {"name": "Acme Ltd", "emails": ["a@acme.example"]}],
            [{"Name": "Acme Ltd", "EmailAddress": "a@acme.example"}],
        )
        self.assertEqual({grade for _one, _other, grade in found}, {"doubtful"})
        shown = {pair.odoo for proposal in proposals for pair in (proposal.pair, *proposal.rivals) if pair}
        self.assertEqual(shown, {1, 2})
        self.assertEqual(len([one for one, other, _grade in found if other]), 1)

    def test_branches_go_by_their_tax_numbers(self):
        found, _all = self.match(
            [{"name": "Acme", "vat": "111222333"}, {"name": "Acme", "vat": "444555666"}],
            [{"Name": "Acme Ltd", "TaxNumber": "444 555 666"}, {"Name": "Acme  Limited", "TaxNumber": "111 222 333"}],
        )
        self.assertEqual(set(found), {(1, "x2", "sure"), (2, "x1", "sure")})

    def test_a_shared_mailbox_proves_little(self):
        found, _all = self.match(
            [{"name": "Acme", "emails": ["books@x.example"]}, {"name": "Beta", "emails": ["books@x.example"]}],
            [{"Name": "Gamma", "EmailAddress": "books@x.example"}],
        )
        self.assertFalse([row for row in found if row[2] in ("sure", "likely")])

    def test_what_tells_from_branches_fathers_and_sons(self):
        """A house tells firms apart and not people, a mailbox people and not firms."""
        house, mailbox = {"places": [("1 High St", "1010")]}, {"emails": ["ann@x.example"]}
        there = {"Addresses": [{"AddressLine1": "1 High Street", "PostalCode": "1010"}]}
        mail_there, elsewhere = {"EmailAddress": "ann@x.example"}, {"emails": ["bob@x.example"]}
        firm, person = {"name": "Acme Ltd"}, {"name": "Ann Weber", "is_company": False}
        for partner, contact, expected in (
            ({**firm, **house}, {"Name": "ACME Limited", **there}, "sure"),
            ({**firm, **house, **elsewhere}, {"Name": "Acme", **there, **mail_there}, "sure"),
            ({**firm, **house}, {"Name": "Acme Inc", **there}, "likely"),
            ({"name": "Acme", **house}, {"Name": "Acme", **there}, "likely"),
            ({**firm, **mailbox}, {"Name": "Acme", **mail_there}, "likely"),
            ({**person, **house}, {"Name": "Ann Weber", **there}, "likely"),
            ({**person, **mailbox}, {"Name": "Weber, Ann", **mail_there}, "sure"),
            ({"name": "Anna Weber", "is_company": False, **mailbox, **house},
             {"Name": "Anna Webber", **mail_there, **there}, "sure"),
            ({"name": "Anna Weber", "is_company": False, **mailbox}, {"Name": "Anna Webber", **mail_there}, "likely"),
        ):  # fmt: skip
            with self.subTest(partner=partner, contact=contact):
                found, _all = self.match([partner], [contact])
                self.assertEqual(found, [(1, "x1", expected)])
        two = [{**firm, **house, **elsewhere}, {**firm, **house, **mailbox}]
        found, _all = self.match(two, [{"Name": "Acme", **there}])
        self.assertNotIn("sure", {grade for _one, _other, grade in found}, "which of the two, a person says")

    def test_a_name_and_a_mailbox_that_nobody_else_has_are_nearly_sure(self):
        mail, there = {"emails": ["ann@acme.example"]}, {"EmailAddress": "ann@acme.example"}
        _found, [one] = self.match([{"name": "Acme Ltd", **mail}], [{"Name": "Acme Ltd", **there}])
        self.assertEqual((one.pair.score, one.grade), (85, "likely"))
        _found, proposals = self.match(
            [{"name": "Acme Ltd", **mail}, {"name": "Acme Ltd"}], [{"Name": "Acme Ltd", **there}]
        )
        self.assertEqual(proposals[0].pair.score, 60, "a branch with the same name may be meant")

    def test_one_mailbox_and_half_a_name_are_for_a_person_to_see(self):
        mail, there = {"emails": ["ann@acme.example"]}, {"EmailAddress": "ann@acme.example"}
        for ours, theirs, expected in (
            ("Golf Club North", "Golf Club South", [(1, "x1", "doubtful")]),
            ("Delta Supplies", "Delta Supply Co", [(1, "x1", "doubtful")]),
            ("Shop 12", "Shop 13", [(1, None, None), (None, "x1", None)]),
            ("Ben Ali", "Ben Sow", [(1, None, None), (None, "x1", None)]),
        ):
            with self.subTest(ours=ours):
                found, proposals = self.match([{"name": ours, **mail}], [{"Name": theirs, **there}])
                self.assertEqual(found, expected)
                if proposals[0].pair:
                    self.assertEqual(proposals[0].pair.reasons[0].code, "name_related")
        found, _all = self.match([{"name": "Golf Club North"}], [{"Name": "Golf Club South"}])
        self.assertEqual(found, [(1, None, None), (None, "x1", None)], "the words alone say nothing")

    def test_a_name_that_is_written_otherwise_is_not_called_the_same(self):
        for ours, theirs, code in (("Acme Ltd", "Acme Ltd", "name_same"), ("Acme Ltd", "ACME Limited", "name_spelled")):
            _found, [one] = self.match([{"name": ours}], [{"Name": theirs}])
            self.assertEqual(one.pair.reasons[0].code, code)
        self.assertIn("Acme Ltd / ACME Limited", sentence(self.env, *one.pair.reasons[0]))
        self.assertFalse(speaks_against(self.env, "name_spelled"))

    def test_our_mark_is_sure(self):
        found, _all = self.match(
            [{"name": "Acme"}, {"name": "Acme"}],
            [{"Name": "Acme Ltd", "ContactNumber": "odoo-1"}],
            lambda element: int((element.get("ContactNumber") or "-0").partition("-")[2]) or None,
        )
        self.assertIn((1, "x1", "sure"), found)

    def test_merged_contacts_lead_to_the_one_that_survived(self):
        found, proposals = self.match(
            [{"name": "Old Name Ltd", "emails": ["ann@old.example"]}],
            [
                {"Name": "New Name Ltd", "TaxNumber": "123456789"},
                {
                    "Name": "Old Name Ltd",
                    "EmailAddress": "ann@old.example",
                    "ContactStatus": "ARCHIVED",
                    "MergedToContactID": "X1",
                },
            ],
        )
        self.assertEqual(found[0][:2], (1, "x1"))
        self.assertIn("former_name", {reason.code for reason in proposals[0].pair.reasons})
        self.assertEqual(len(found), 1)

    def test_an_active_contact_is_preferred_to_an_archived_one(self):
        found, _all = self.match(
            [{"name": "Acme Ltd", "vat": "123456789"}],
            [
                {"Name": "Acme Ltd", "TaxNumber": "123456789", "ContactStatus": "ARCHIVED"},
                {"Name": "Acme Limited", "TaxNumber": "123456789"},
            ],
        )
        self.assertEqual(found[0], (1, "x2", "sure"))

    def test_seeded_books(self):
        """No pair that is called sure is wrong, in any seed, and most of the true ones are found."""
        for seed in SEEDS:
            with self.subTest(seed=seed):
                books = make_books(500, seed)
                proposals = match(
                    [party_of_partner(values) for values in books.partners], parties_of_contacts(books.contacts, nobody)
                )
                by_grade = {
                    grade: [(found.odoo, found.xero) for found in proposals if found.xero and found.grade == grade]
                    for grade in ("sure", "likely", "doubtful")
                }
                self.assertEqual(books.wrong(by_grade["sure"]), [])
                self.assertGreater(books.figures(by_grade["sure"])[1], 0.6)
                precision, recall = books.figures(by_grade["sure"] + by_grade["likely"])
                self.assertGreater(recall, 0.85)
                self.assertGreater(precision, 0.99)
                for side in (0, 1):
                    keys = [key for found in proposals if (key := found[side]) is not None]
                    self.assertEqual(len(keys), len(set(keys)))

    def test_seeded_books_are_the_same_every_time(self):
        self.assertEqual(make_books(50, 3), make_books(50, 3))
        self.assertNotEqual(make_books(50, 3).partners, make_books(50, 4).partners)


def paper(key, number="", total="100", day=10, contact="c1", **values):
    return DocumentFacts(
        key=key,
        contact=contact,
        known=values.pop("known", True),
        numbers=(number, *values.pop("more", ())) if number else (),
        reference=values.pop("reference", ""),
        day=date(2025, 3, day),
        currency=values.pop("currency", "NZD"),
        total=Decimal(total),
        **values,
    )


@tagged("post_install", "-at_install")
class TestMatchDocuments(TransactionCase):
    def grade(self, one, other):
        found = match_documents([one], [other])[0]
        return found.grade if found.xero else None

    def test_seeded_papers(self):
        """No document is called surely another's, however alike rents and tickets are."""
        for seed in range(1, 5):
            with self.subTest(seed=seed):
                proposals = match_documents(*make_papers(seed))
                sure = [(found.odoo, found.xero) for found in proposals if found.grade == "sure"]
                self.assertEqual([pair for pair in sure if pair[0] != pair[1]], [])
                self.assertGreater(len(sure), 200)
                likely = [found.odoo == found.xero for found in proposals if found.grade == "likely"]
                self.assertGreater(sum(likely) / len(likely), 0.98)

    def test_a_slip_in_a_number_among_equal_sums(self):
        """The number of the next document, typed by mistake: only the one that nobody knows gives it away."""
        ours = [paper(1, "0011"), paper(2, "0012")]
        for theirs in ([paper("x", "0012"), paper("y", "0011")], [paper("x", "0012", day=12), paper("y", "0011")]):
            found = {(row.odoo, row.xero): row.grade for row in match_documents(ours, theirs)}
            self.assertEqual(found, {(1, "y"): "sure", (2, "x"): "sure"})
        found = {(row.odoo, row.xero): row.grade for row in match_documents(ours, [paper("x", "0012")])}
        self.assertEqual(found[2, "x"], "likely")
        rents = [paper(1, "0011", day=1), paper(2, "0012", day=28)]
        found = {(row.odoo, row.xero): row.grade for row in match_documents(rents, [paper("x", "0011", day=28)])}
        self.assertNotIn("sure", found.values())

    def test_grades(self):
        for one, other, expected in (
            (paper(1, "INV/2025/00012"), paper("x", "INV/2025/00012"), "sure"),
            (paper(1, "INV/2025/00012"), paper("x", "inv 2025 00012", day=25), "sure"),
            (paper(1, "INV/2025/00012"), paper("x", "INV-00012"), "sure"),
            (paper(1, "INV/2025/00012"), paper("x", "INV-00012", day=12), "likely"),
            (paper(1, "A1", more=("A1",)), paper("x", "A1"), "sure"),
            (paper(1, "INV/2025/00012"), paper("x", "INV-00012", total="101"), None),
            (paper(1, "INV/2025/00012"), paper("x", "INV/2025/00012", total="101"), "doubtful"),
            (paper(1, "INV/2025/00012"), paper("x", "INV/2025/00012", currency="USD"), "doubtful"),
            (paper(1, "INV/2025/00012"), paper("x", "INV/2025/00012", contact="c2"), "doubtful"),
            (paper(1, "A1", contact=""), paper("x", "A1", contact="c2", known=False), "likely"),
            (paper(1, "A1"), paper("x"), "likely"),
            (paper(1, "A1"), paper("x", "B7"), "doubtful"),
            (paper(1, "A1"), paper("x", "A1", status="DRAFT"), "likely"),
            (paper(1, "A1"), paper("x", "A1", status="VOIDED"), "doubtful"),
            (paper(1, "A1"), paper("x", "B7", contact="c2"), None),
        ):
            with self.subTest(one=one, other=other):
                self.assertEqual(self.grade(one, other), expected)

    def test_the_same_every_month(self):
        """Rent: the same sum and no number. The day tells them apart."""
        ours = [paper(day, day=day, status="") for day in range(1, 29)]
        theirs = [paper(f"x{day}", day=day) for day in range(1, 29)]
        pairs = {(found.odoo, found.xero) for found in match_documents(ours, theirs)}
        self.assertEqual(pairs, {(day, f"x{day}") for day in range(1, 29)})

    def test_a_bill_entered_twice_is_doubtful(self):
        found = match_documents([paper(1, "A1"), paper(2, "A1")], [paper("x", "A1")])
        self.assertEqual({proposal.grade for proposal in found}, {"doubtful"})

    def test_payments(self):
        def coin(key, amount, day, journal=1):
            return Coin(key, Decimal(amount), date(2025, 3, day), journal)

        found = match_payments(
            [coin(1, "50", 1), coin(2, "50", 10), coin(3, "30", 5), coin(4, "20", 7)],
            [coin("a", "50", 10), coin("b", "50", 3), coin("c", "30", 5, 2), coin("d", "99", 5)],
        )
        self.assertEqual(
            [match[:3] for match in found],
            [(1, 0, "sure"), (0, 1, "sure"), (2, 2, "doubtful"), (3, None, None), (None, 3, None)],
        )
        self.assertEqual(match_payments([coin(1, "5", 1)], [coin("a", "5", 1, None)])[0].grade, "likely")
