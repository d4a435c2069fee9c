"""Cost of preparing many documents at once."""

from odoo.tests import tagged

from .common.mapper import MapperCase


@tagged("post_install", "-at_install")
class TestMapperBatch(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = cls.tax(10), cls.tax(20)
        cls.partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "street": "Street 1",
                    "city": "Town",
                    "email": f"c{number}@example.com",
                    "is_company": True,
                    "property_payment_term_id": cls.env.ref("account.account_payment_term_30days").id,
                    "child_ids": [
                        (0, 0, {"name": "Person", "email": "p@example.com"}),
                        (0, 0, {"name": "Store", "type": "delivery", "city": "Port"}),
                    ],
                }
                for number in range(50)
            ]
        )
        cls.moves = cls.env["account.move"].union(*(cls._one(number) for number in range(50)))
        for partner in cls.partners:
            cls.link(partner, f"c0000000-0000-0000-0000-{partner.id:012d}")

    @classmethod
    def _one(cls, number):
        ten, twenty = cls.taxes
        lines = [(2, 10.5, ten), (1, 33.33, twenty), (3, 9.99, 10, twenty)][: number % 3 + 1]
        return cls.move(lines, "out_refund" if number % 2 else "out_invoice", partner_id=cls.partners[number].id)

    def _queries(self, kind, records):
        """Return the number of queries of preparing ``records`` with nothing cached."""
        mapper = self.mapper[kind]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.assertEqual(len(mapper._prepare(records, self.connection)), len(records))
        return self.cr.sql_log_count - before

    def test_number_of_queries_does_not_grow(self):
        for kind, records in (
            ("Invoice", self.moves.filtered(lambda move: move.move_type == "out_invoice")),
            ("CreditNote", self.moves.filtered(lambda move: move.move_type == "out_refund")),
            ("Contact", self.partners),
        ):
            self._queries(kind, records)
            few = self._queries(kind, records[:5])
            many = self._queries(kind, records)
            self.assertEqual(few, many, kind)

    def test_problems_cost_no_query_each(self):
        self.env["xero.mapping.account"].sudo().search([]).unlink()
        self.env["xero.link"].sudo().search([]).unlink()
        invoices = self.moves.filtered(lambda move: move.move_type == "out_invoice")
        self._queries("Invoice", invoices)
        few = self._queries("Invoice", invoices[:5])
        many = self._queries("Invoice", invoices)
        self.assertLessEqual(many, few + 1)

    def test_dependencies_take_one_query(self):
        self.env.flush_all()
        self.assertEqual(self.connection.sync_when, "posted")
        with self.assertQueryCount(1):
            needs = self.mapper["Invoice"]._dependencies(self.moves.ids, self.connection)
        self.assertEqual({need.res_id for need in needs}, set(self.partners.ids))
        self.assertEqual({(need.xero_type, need.res_model) for need in needs}, {("Contact", "res.partner")})
