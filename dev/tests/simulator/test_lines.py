"""Line items: arithmetic, tax, discounts, accounts, tracking (facts 4.2, 4.3)."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator_client import line


def made(api, lines, **fields):
    return api.save("Invoices", **api.draft_fields(LineItems=lines, **fields))


def refused(api, *lines, **fields):
    return api.refused("Invoices", **api.draft_fields(LineItems=list(lines), **fields))


def cents(value):
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


class TestTax:
    def test_each_line_is_rounded_before_adding(self, sim):
        nz = sim.api("nz")
        prices = ("25.06", "25.61", "25.63")
        invoice = made(nz, [line(UnitAmount=price, TaxType="OUTPUT2") for price in prices])
        assert str(invoice["TotalTax"]) == "11.44"
        assert str(invoice["Total"]) == "87.74"

    def test_hundred_cheap_lines(self, uk):
        invoice = made(uk, [line(UnitAmount="0.33", TaxType="OUTPUT2") for _number in range(100)])
        assert str(invoice["TotalTax"]) == "7.00"

    def test_halves_go_away_from_zero(self, au):
        invoice = made(au, [line(UnitAmount="0.05", TaxType="OUTPUT"), line(UnitAmount=10)])
        assert str(invoice["TotalTax"]) == "0.01"
        invoice = made(au, [line(UnitAmount="-0.05", TaxType="OUTPUT"), line(UnitAmount=10)])
        assert str(invoice["TotalTax"]) == "-0.01"

    def test_inclusive(self, uk):
        invoice = made(uk, [line(UnitAmount="10.00", TaxType="OUTPUT2")], LineAmountTypes="Inclusive")
        assert [str(invoice[name]) for name in ("SubTotal", "TotalTax", "Total")] == ["8.33", "1.67", "10.00"]
        assert str(invoice["LineItems"][0]["LineAmount"]) == "10.00"

    def test_no_tax_forces_none(self, au):
        invoice = made(au, [line(TaxType="OUTPUT")], LineAmountTypes="NoTax")
        assert invoice["TotalTax"] == 0
        assert invoice["LineItems"][0]["TaxType"] == "NONE"

    def test_exclusive_is_the_default(self, au):
        fields = au.draft_fields(LineItems=[line(TaxType="OUTPUT")])
        del fields["LineAmountTypes"]
        assert au.save("Invoices", **fields)["Total"] == 110

    def test_without_tax_type_the_accounts_own_applies(self, au):
        invoice = made(au, [line(TaxType=None)])
        assert invoice["LineItems"][0]["TaxType"] == "OUTPUT"
        assert invoice["TotalTax"] == 10

    def test_components_add_up(self, sim):
        us = sim.api("us")
        assert str(made(us, [line(TaxType="TAX003")])["TotalTax"]) == "8.88"

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        rows=st.lists(
            st.tuples(
                st.decimals("0", "500", places=2),
                st.decimals("-200", "900", places=4),
                st.sampled_from(["OUTPUT2", "RROUTPUT", "NONE"]),
            ),
            min_size=1,
            max_size=6,
        ),
        inclusive=st.booleans(),
    )
    def test_totals_are_the_sums_of_rounded_lines(self, uk, rows, inclusive):
        rates = {"OUTPUT2": Decimal("0.2"), "RROUTPUT": Decimal("0.05"), "NONE": Decimal(0)}
        sent, net, tax = [], Decimal(0), Decimal(0)
        for quantity, price, kind in [*rows, (Decimal(1), Decimal(200000), "NONE")]:
            amount = cents(quantity * price)
            line_tax = amount - cents(amount / (1 + rates[kind])) if inclusive else cents(amount * rates[kind])
            net, tax = net + amount - (line_tax if inclusive else 0), tax + line_tax
            sent.append(line(Quantity=str(quantity), UnitAmount=str(price), TaxType=kind))
        fields = {
            "Type": "ACCREC", "Contact": {"Name": "Property"}, "DueDate": "2026-10-31", "Status": "AUTHORISED",
            "LineAmountTypes": "Inclusive" if inclusive else "Exclusive", "LineItems": sent,
        }  # fmt: skip
        invoice = uk.save("Invoices", **fields)
        assert (invoice["SubTotal"], invoice["TotalTax"], invoice["Total"]) == (net, tax, net + tax)


class TestTaxAmount:
    def test_overrides(self, au):
        invoice = made(au, [line(TaxType="OUTPUT", TaxAmount="9.99")])
        assert [str(invoice[name]) for name in ("SubTotal", "TotalTax", "Total")] == ["100.00", "9.99", "109.99"]

    def test_above_unit_amount_is_refused(self, sim, au):
        cheap = line(Quantity=100, UnitAmount="0.50", TaxType="OUTPUT", TaxAmount="5.00")
        assert refused(au, cheap) == ["The TaxAmount cannot be greater than the UnitAmount"]
        sim.control("readings", tax_amount_capped_by_unit_amount=False)
        assert made(au, [cheap])["TotalTax"] == 5

    def test_of_a_negative_line(self, au):
        invoice = made(au, [line(UnitAmount=-10, TaxType="OUTPUT", TaxAmount="-1.01"), line(UnitAmount=20)])
        assert str(invoice["TotalTax"]) == "-1.01"


class TestAmounts:
    def test_line_amount_and_quantity_give_the_price(self, au):
        invoice = made(au, [line(Quantity=3, UnitAmount=None, LineAmount=100)])
        row = invoice["LineItems"][0]
        assert (str(row["UnitAmount"]), str(row["LineAmount"])) == ("33.3333", "100.00")

    def test_line_amount_alone(self, au):
        row = made(au, [line(Quantity=None, UnitAmount=None, LineAmount="12.34")])["LineItems"][0]
        assert (row["Quantity"], str(row["UnitAmount"])) == (1, "12.3400")

    def test_all_three_must_agree(self, au):
        assert refused(au, line(Quantity=3, UnitAmount="33.33", LineAmount=100)) == [
            "The line total 100.00 does not match the expected line total 99.99"
        ]
        assert made(au, [line(Quantity=3, UnitAmount="33.3333", LineAmount=100)])

    def test_wrong_total_is_refused_unless_switched(self, sim, au):
        fields = au.draft_fields(Total="100.01")
        assert au.refused("Invoices", **fields) == ["The invoice total does not equal the sum of the lines."]
        assert au.save("Invoices", **fields | {"Total": 100})
        sim.control("readings", wrong_total_refused=False)
        assert au.save("Invoices", **fields)["Total"] == 100

    def test_quantity_text_of_thirteen_characters_at_most(self, au):
        assert made(au, [line(Quantity="1234567.12345", UnitAmount="0.01")])
        assert "13 characters" in refused(au, line(Quantity="1234567.123456"))[0]

    def test_quantity_keeps_four_decimals(self, au):
        row = made(au, [line(Quantity="1.23456", UnitAmount=100)])["LineItems"][0]
        assert (str(row["Quantity"]), str(row["LineAmount"])) == ("1.2346", "123.46")

    def test_largest_line_amount(self, au):
        assert made(au, [line(UnitAmount="9999999999.99")])
        assert "too large" in refused(au, line(UnitAmount="10000000000"))[0]

    def test_negative_lines_but_no_negative_total(self, au):
        assert made(au, [line(UnitAmount=10), line(UnitAmount=-4)])["Total"] == 6
        assert "negative" in refused(au, line(UnitAmount=-1))[0]

    def test_description_only(self, au):
        invoice = made(au, [line(), {"Description": "A section"}])
        row = invoice["LineItems"][1]
        assert row["Description"] == "A section"
        assert row["LineAmount"] == 0
        assert "AccountCode" not in row


class TestDiscounts:
    def test_rate(self, au):
        invoice = made(au, [line(Quantity=3, UnitAmount="33.33", DiscountRate="12.5", TaxType="OUTPUT")])
        assert str(invoice["SubTotal"]) == "87.49"
        assert str(invoice["TotalTax"]) == "8.75"
        assert str(invoice["TotalDiscount"]) == "12.50"
        assert invoice["IsDiscounted"] is True

    def test_amount(self, au):
        assert str(made(au, [line(DiscountAmount="10.50")])["SubTotal"]) == "89.50"

    @pytest.mark.parametrize(
        "fields",
        [{"DiscountRate": 101}, {"DiscountRate": -1}, {"DiscountAmount": "100.01"}, {"DiscountAmount": -1},
         {"DiscountRate": 10, "DiscountAmount": 10}],
    )  # fmt: skip
    def test_impossible_ones(self, au, fields):
        assert refused(au, line(**fields))

    def test_not_on_bills_or_credit_notes(self, au):
        message = ["Discounts can only be applied to sales invoices and quotes"]
        bill_line = line(AccountCode="400", DiscountRate=10)
        assert refused(au, bill_line, Type="ACCPAY") == message
        fields = au.draft_fields(Type="ACCRECCREDIT", LineItems=[line(DiscountRate=10)])
        assert au.refused("CreditNotes", **fields) == message


class TestAccounts:
    @pytest.mark.parametrize("code", ["9999", "610", "800", "820", "960", "090", "499"])
    def test_unknown_system_and_bank_accounts(self, au, code):
        assert refused(au, line(AccountCode=code)) == [f"Account code '{code}' is not a valid code for this document."]

    def test_archived(self, au):
        assert refused(au, line(AccountCode="280")) == ["Account code '280' has been archived, or deleted."]

    def test_rounding_account_is_usable(self, au):
        invoice = made(au, [line(), line(AccountCode="860", UnitAmount="-0.01", Description="Rounding")])
        assert str(invoice["Total"]) == "99.99"

    def test_by_account_id(self, au):
        account = au.rows("Accounts", where='Code=="200"')[0]
        row = made(au, [line(AccountCode=None, AccountID=account["AccountID"])])["LineItems"][0]
        assert row["AccountCode"] == "200"

    def test_draft_needs_none_but_approval_does(self, au):
        fields = au.draft_fields(LineItems=[line(AccountCode=None)], Status="DRAFT")
        draft = au.save("Invoices", **fields)
        assert au.refused("Invoices", "POST", InvoiceID=draft["InvoiceID"], Status="AUTHORISED")

    def test_messages_of_all_lines(self, au):
        messages = refused(au, line(AccountCode="9998"), line(), line(AccountCode="9999"))
        assert len(messages) == 2


class TestTaxTypes:
    def test_must_fit_the_account(self, au):
        message = "The TaxType code '{}' cannot be used with account code '{}'."
        assert refused(au, line(TaxType="INPUT")) == [message.format("INPUT", "200")]
        assert refused(au, line(AccountCode="400", TaxType="OUTPUT"), Type="ACCPAY") == [
            message.format("OUTPUT", "400")
        ]

    def test_must_exist_and_be_active(self, uk):
        assert refused(uk, line(TaxType="NONSENSE"))
        assert refused(uk, line(TaxType="SROUTPUT"))

    def test_archived_by_a_person(self, sim, uk):
        assert made(uk, [line(TaxType="RROUTPUT")])
        sim.act("edit_tax_rate", "uk", tax_type="RROUTPUT", Status="ARCHIVED")
        assert refused(uk, line(TaxType="RROUTPUT"))

    @pytest.mark.parametrize("org", ["au", "nz", "uk", "us"])
    def test_none_fits_everywhere(self, sim, org):
        assert made(sim.api(org), [line(), line(AccountCode="400"), line(AccountCode="860", UnitAmount=0)])


class TestTracking:
    def test_by_name_or_id(self, au):
        region = au.rows("TrackingCategories")[1]
        option = region["Options"][0]
        by_name = {"Name": "Department", "Option": "sales"}
        by_id = {
            "TrackingCategoryID": region["TrackingCategoryID"], "TrackingOptionID": option["TrackingOptionID"]
        }  # fmt: skip
        found = made(au, [line(Tracking=[by_name, by_id])])["LineItems"][0]["Tracking"]
        assert {row["Name"] for row in found} == {"Department", "Region"}
        assert all(row["TrackingOptionID"] for row in found)

    @pytest.mark.parametrize(
        "tracking",
        [[{"Name": "Region", "Option": "Atlantis"}], [{"Name": "Planet", "Option": "Mars"}],
         [{"Name": "Region", "Option": "North"}, {"Name": "Region", "Option": "South"}],
         [{"Name": "Region", "Option": "North"}] * 3],
    )  # fmt: skip
    def test_unknown_ones_are_not_created(self, au, tracking):
        assert refused(au, line(Tracking=tracking))


class TestTexts:
    def test_description_up_to_4000(self, au):
        assert made(au, [line(Description="d" * 4000)])
        assert "4000" in refused(au, line(Description="d" * 4001))[0]

    def test_approved_lines_need_one(self, au):
        assert refused(au, line(Description=None)) == ["The Description field must be specified"]
        assert made(au, [line(Description=None)], Status="DRAFT")


class TestUpdates:
    def test_known_ids_stay_new_lines_come_left_out_ones_go(self, au):
        invoice = made(au, [line(Description=text) for text in "abc"])
        kept = invoice["LineItems"][1]
        changed = au.change(
            "Invoices", InvoiceID=invoice["InvoiceID"], Status="AUTHORISED",
            LineItems=[line(LineItemID=kept["LineItemID"], Description="b2"), line(Description="new")],
        )  # fmt: skip
        rows = changed["LineItems"]
        assert [row["Description"] for row in rows] == ["b2", "new"]
        assert rows[0]["LineItemID"] == kept["LineItemID"]
        assert rows[1]["LineItemID"] not in {row["LineItemID"] for row in invoice["LineItems"]}
        assert changed["Total"] == 200

    def test_without_line_items_the_lines_stay(self, au):
        invoice = made(au, [line(), line()])
        changed = au.change("Invoices", InvoiceID=invoice["InvoiceID"], Status="AUTHORISED", Reference="r")
        assert [row["LineItemID"] for row in changed["LineItems"]] == [
            row["LineItemID"] for row in invoice["LineItems"]
        ]

    def test_fields_of_a_known_line_that_are_not_sent_stay(self, au):
        invoice = made(au, [line(Quantity=2, UnitAmount="12.5", TaxType="OUTPUT", TaxAmount="2.49")])
        row = invoice["LineItems"][0]
        changed = au.change(
            "Invoices", InvoiceID=invoice["InvoiceID"], Status="AUTHORISED",
            LineItems=[{"LineItemID": row["LineItemID"], "Description": "only this"}],
        )  # fmt: skip
        assert changed["Total"] == invoice["Total"]
        assert changed["LineItems"][0]["Description"] == "only this"

    def test_a_tax_above_the_price_of_one_piece_stays(self, au):
        invoice = made(au, [line(Quantity=30, UnitAmount="1.00", TaxType="OUTPUT")])
        row = invoice["LineItems"][0]
        assert row["TaxAmount"] > row["UnitAmount"]
        changed = au.change(
            "Invoices", InvoiceID=invoice["InvoiceID"], Status="AUTHORISED",
            LineItems=[{"LineItemID": row["LineItemID"], "Description": "only this"}],
        )  # fmt: skip
        assert changed["LineItems"][0] == row | {"Description": "only this"}

    def test_changing_the_amount_types_computes_tax_anew(self, au):
        invoice = made(au, [line(UnitAmount=110, TaxType="OUTPUT")])
        changed = au.change(
            "Invoices", InvoiceID=invoice["InvoiceID"], Status="AUTHORISED", LineAmountTypes="Inclusive"
        )
        assert (changed["SubTotal"], changed["TotalTax"], changed["Total"]) == (100, 10, 110)


def test_item_brings_what_is_not_sent(au):
    au.save("Items", Code="BIKE", Name="Bike", Description="A blue bike",
            SalesDetails={"UnitPrice": 250, "AccountCode": "200", "TaxType": "OUTPUT"})  # fmt: skip
    row = made(au, [{"ItemCode": "BIKE", "Quantity": 2}])["LineItems"][0]
    assert (row["Description"], row["UnitAmount"], row["AccountCode"]) == ("A blue bike", 250, "200")
    assert row["TaxAmount"] == 50
    row = made(au, [line(ItemCode="BIKE", AccountCode="260")])["LineItems"][0]
    assert (row["UnitAmount"], row["AccountCode"], row["TaxType"]) == (100, "260", "NONE")
    assert refused(au, line(ItemCode="NONE SUCH"))
