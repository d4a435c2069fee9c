"""Xero's arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import money

D = Decimal
RATES = {"OUTPUT": D(15), "VAT20": D(20), "NONE": D(0), "ODD": D("8.25")}


def percent(tax_type: str) -> Decimal:
    return RATES[tax_type]


def line(unit: str, tax_type: str = "OUTPUT", **more: object) -> dict:
    return {"UnitAmount": D(unit), "Quantity": D(1), "TaxType": tax_type, **more}


prices = st.decimals(min_value=-10000, max_value=10000, places=4)
quantities = st.decimals(min_value=-100, max_value=100, places=4)
lines = st.lists(
    st.fixed_dictionaries({"UnitAmount": prices, "Quantity": quantities, "TaxType": st.sampled_from(sorted(RATES))}),
    max_size=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.125", "0.13"),
        ("-0.125", "-0.13"),
        ("0.124999", "0.12"),
        ("2.675", "2.68"),
        ("1", "1.00"),
        ("-0.004", "0.00"),
    ],
)
def test_halves_go_away_from_zero(value: str, expected: str) -> None:
    assert money.cents(D(value)) == D(expected)
    assert money.cents(value).as_tuple().exponent == -2


def test_other_precisions() -> None:
    assert str(money.unit("1.00005")) == "1.0001"
    assert str(money.unit(3)) == "3.0000"
    assert str(money.rate("0.6912345")) == "0.691235"


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        money.cents(0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        money.line_amount({"UnitAmount": 0.1})


def test_three_lines_at_fifteen_percent() -> None:
    """Tax is rounded on each line: 3.76 + 3.84 + 3.84, where rounding the sum once gives 11.45."""
    found = money.predict_total([line("25.06"), line("25.61"), line("25.63")], percent)
    assert found == (D("76.30"), D("11.44"), D("87.74"))


def test_hundred_cheap_lines() -> None:
    assert money.predict_total([line("0.33", "VAT20")] * 100, percent) == (D("33.00"), D("7.00"), D("40.00"))


def test_given_tax_wins() -> None:
    given_tax = [line("25.06", TaxAmount=D("3.77")), {"LineAmount": D(10), "TaxAmount": D("1.5")}]
    assert money.predict_total(given_tax, percent) == (D("35.06"), D("5.27"), D("40.33"))


def test_amounts_of_lines() -> None:
    assert money.line_amount(line("0.0333", Quantity=D(3))) == D("0.10")
    assert money.line_amount({"UnitAmount": D("5.005")}) == D("5.01")
    assert money.line_amount(line("10", Quantity=D(0))) == D("0.00")
    assert money.line_amount(line("19.99", Quantity=D(3), DiscountRate=D("12.5"))) == D("52.47")
    assert money.line_amount(line("10", Quantity=D(3), DiscountAmount=D("0.55"))) == D("29.45")
    assert money.line_amount({"LineAmount": D("7.005"), "Quantity": D(3)}) == D("7.01")


def test_price_is_cut_to_four_decimals_before_multiplying() -> None:
    assert money.line_amount(line("0.00005", Quantity=D(1000))) == D("0.10")


def test_description_only_lines_count_nothing() -> None:
    section = {"Description": "Section"}
    assert money.line_amount(section) is None
    assert money.predict_total([section, line("1.00"), {"Description": "x", "UnitAmount": None}], percent) == (
        D("1.00"),
        D("0.15"),
        D("1.15"),
    )


def test_nothing_at_all() -> None:
    assert [str(value) for value in money.predict_total([], percent)] == ["0.00", "0.00", "0.00"]


def test_tax_inside() -> None:
    """115.00 at 15 %: 15.00; 10.00 at 15 %: 10.00 less 8.70."""
    found = money.predict_total([line("115"), line("10")], percent, "Inclusive")
    assert found == (D("108.70"), D("16.30"), D("125.00"))


def test_no_tax() -> None:
    assert money.predict_total([{"UnitAmount": D(3)}], percent, "NoTax") == (D("3.00"), D("0.00"), D("3.00"))


def test_unknown_tax_cannot_be_predicted() -> None:
    with pytest.raises(ValueError, match="TaxType"):
        money.predict_total([{"UnitAmount": D(3)}], percent)


@given(lines)
def test_total_is_subtotal_plus_tax(given_lines: list[dict]) -> None:
    subtotal, tax, total = money.predict_total(given_lines, percent)
    assert subtotal + tax == total
    assert all(value == money.cents(value) for value in (subtotal, tax, total))


@given(lines)
def test_signs_mirror(given_lines: list[dict]) -> None:
    """A credit note is the mirror of its invoice, to the cent."""
    mirrored = [{**item, "Quantity": -item["Quantity"]} for item in given_lines]
    there = money.predict_total(given_lines, percent)
    assert money.predict_total(mirrored, percent) == tuple(-value for value in there)


@given(lines)
def test_order_of_lines_does_not_matter(given_lines: list[dict]) -> None:
    assert money.predict_total(given_lines[::-1], percent) == money.predict_total(given_lines, percent)


@given(prices, st.sampled_from(sorted(RATES)))
def test_inside_and_outside_agree(price: Decimal, tax_type: str) -> None:
    """Putting the tax on a net of whole cents and taking it out again gives the same tax."""
    net = money.cents(price)
    tax = money.line_tax(net, RATES[tax_type])
    assert money.included_tax(net + tax, RATES[tax_type]) == tax
