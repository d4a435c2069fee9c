"""What is known of Odoo taxes before anybody is asked: words, what may be claimed, and the country's own table."""

import csv
import re
from functools import cache
from pathlib import Path

from odoo.tools import html2plaintext

from .suggest import normal
from .suggest_tax import Listed, TaxFacts, words_of

CHARTS = Path(__file__).parent / "charts"
# Odoo's charts with a table, and the country whose edition of Xero the table is about.
COUNTRIES = {"au": "AU", "ca_2023": "CA", "nz": "NZ", "sg": "SG", "uk": "GB", "us": "US", "za": "ZA"}
OVERSEAS = re.compile(r"\b(?:os|overseas|rest of the world|exports?|imports?|foreign|international|outside)\b")
OWN_ID = re.compile(r"\d+_(.+)")


@cache
def _rows(name: str) -> list[dict]:
    with (CHARTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def table(chart: str) -> dict:
    """Return what Xero calls the taxes of one of Odoo's charts: ``{sorted ids of templates: Listed}``.

    An entry without types says that Xero has no rate for them.
    """
    return {
        tuple(sorted(row["taxes"].split("+"))): Listed(
            tuple(row["xero"].split()) if row["xero"] != "-" else (),
            row["sure"] == "yes",
            frozenset(row["words"].split()),
        )
        for row in (_rows(chart) if chart in COUNTRIES else ())
    }


@cache
def _tags() -> dict:
    """Return what the boxes of tax returns say: ``{(country, name of the tag): words}``."""
    return {(row["country"], row["tag"]): frozenset(row["words"].split()) for row in _rows("tags")}


class TaxReader:
    """Facts of the taxes of one company family; whatever is read of a tax is read once.

    :param taxes: ``account.tax``, with the rights to read everything: all that will be asked for
    :param country: code of the country of the Xero organisation; empty when it is not known yet
    """

    def __init__(self, taxes, country: str):
        # Words are looked for in the language that charts are written in.
        self._taxes = taxes.with_context(lang="en_US", active_test=False)
        self._country = country
        self._words = {}
        self._templates = self._read_templates()

    def _read_templates(self) -> dict[int, str]:
        domain = [("module", "=", "account"), ("model", "=", "account.tax"), ("res_id", "in", self._taxes.ids)]
        found = self._taxes.env["ir.model.data"].sudo().search_fetch(domain, ["name", "res_id"])
        return {row.res_id: match[1] for row in found if (match := OWN_ID.fullmatch(row.name))}

    def facts(self, taxes, use: str, effective: float) -> TaxFacts:
        """Return what is known of a set of taxes.

        :param taxes: some of those that the reader was made with
        :param use: "sale" or "purchase"
        :param effective: what they add, in percent
        """
        taxes = taxes.with_env(self._taxes.env)
        claimed = use == "sale" or is_claimed(taxes)
        return TaxFacts(
            use,
            self._names(taxes),
            frozenset().union(*(self._words_of(tax) for tax in taxes)),
            effective if claimed else 0.0,
            sum(tax.amount for tax in taxes if tax.amount > 0),
            claimed,
            self._listed(taxes),
        )

    def _names(self, taxes) -> list[str]:
        """Return what Xero may call them: by name, description and label on invoices."""
        kinds = [[tax[name] for tax in taxes] for name in ("name", "description", "invoice_label")]
        return [" + ".join(html2plaintext(text) for text in texts) for texts in kinds if all(texts)]

    def _words_of(self, tax) -> frozenset:
        if tax.id not in self._words:
            tags = tax.invoice_repartition_line_ids.tag_ids
            texts = [tax.name, html2plaintext(tax.description or ""), tax.invoice_label, *tags.mapped("name")]
            boxes = [_tags().get((tag.country_id.code, (tag.name or "").lstrip("+-")), frozenset()) for tag in tags]
            scope = {"service": "services", "consu": "goods"}.get(tax.tax_scope)
            self._words[tax.id] = words_of(*texts).union(*boxes, {scope} if scope else (), self._where(tax))
        return self._words[tax.id]

    def _where(self, tax) -> frozenset:
        """Return what the fiscal positions say that use the tax: only what all of them say."""
        said = []
        for position in tax.fiscal_position_ids:
            words = words_of(position.name) & {"ec", "export", "import"}
            if not words and OVERSEAS.search(normal(position.name)):
                words = {"export" if tax.type_tax_use == "sale" else "import"}
            said.append(frozenset(words))
        return frozenset.intersection(*said) if said else frozenset()

    def _listed(self, taxes) -> Listed | None:
        company = taxes[:1].company_id.root_id
        chart = company.chart_template
        if not self._templates or (self._country and self._country != COUNTRIES.get(chart)):
            return None
        return table(chart).get(tuple(sorted(self._templates.get(tax.id, "") for tax in taxes)))


def is_claimed(taxes) -> bool:
    """Whether any of the tax is settled with the tax office; else Odoo books all of it as cost."""
    charged = taxes.filtered("amount")
    parts = charged.invoice_repartition_line_ids.filtered(lambda part: part.repartition_type == "tax")
    return not charged or any(
        part.use_in_tax_closing or part.account_id.internal_group in ("asset", "liability", "equity") for part in parts
    )
