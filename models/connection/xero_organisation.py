"""What an organisation is: facts that Xero tells, and what speaks against them."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ...xero_api import dates, shape
from ...xero_api.elements import rows

FACTS_EVERY = timedelta(hours=20)
# Where each fact comes from.
FACTS = {
    "tenant_name": "Name",
    "currency_code": "BaseCurrency",
    "country_code": "CountryCode",
    "short_code": "ShortCode",
    "edition": "Edition",
    "organisation_class": "Class",
    "timezone": "Timezone",
    "is_demo_company": "IsDemoCompany",
    "period_lock_date": "PeriodLockDate",
    "year_lock_date": "EndOfYearLockDate",
    "tax_basis": "SalesTaxBasis",
    "year_end_day": "FinancialYearEndDay",
    "year_end_month": "FinancialYearEndMonth",
}
# What a person needs to choose among organisations, besides their names.
TELLING = ("country_code", "currency_code", "is_demo_company")
# Ledger and cashbook editions have no invoicing to push to.
EDITIONS_WITHOUT_INVOICING = ("PARTNER", "CASHBOOK", "LEDGER")


class XeroOrganisation(models.AbstractModel):
    """Reads what the organisation of a connection is and may do. ``client`` calls that organisation."""

    _name = "xero.organisation"
    _description = "Xero Organisation"

    @api.model
    def _refresh(self, connection, client) -> None:
        """Read the organisation's facts; one call that Xero does not count as egress.

        :raise UserError: its edition has no invoicing
        :raise XeroError: Xero does not answer
        """
        connection.ensure_one()
        organisation = self._read(client)
        editions = (organisation.get("Edition"), organisation.get("Version"))
        if any(edition in EDITIONS_WITHOUT_INVOICING for edition in editions):
            raise UserError(
                self.env["xero.reason"]._(
                    "%s is a ledger or cashbook edition: it has no invoices to sync.", named(organisation.get("Name"))
                )
            )
        # What is odd in them, or left out, changes none of the facts that are known.
        odd = {path[0] for path, _what in shape.faults("Organisation", organisation)}
        values = self._facts({name: value for name, value in organisation.items() if name not in odd})
        values["tenant_name"] = values["tenant_name"] or connection.tenant_name
        connection.write({name: value for name, value in values.items() if FACTS.get(name) not in odd})

    def _read(self, client) -> dict:
        """Return Xero's element of the organisation that ``client`` calls; one call."""
        found = rows(client.get("Organisation").data, "Organisation")
        return found[0] if found else {}

    @api.model
    def _look(self, client) -> dict:
        """Return what tells an organisation apart before it is linked; one call. What is odd, or not said, is left out.

        :return: ``country_code``, ``currency_code`` and ``is_demo_company``, as columns of a connection
        :raise XeroError: Xero does not answer
        """
        organisation = self._read(client)
        odd = {path[0] for path, _what in shape.faults("Organisation", organisation) if path}
        told = {name: organisation.get(FACTS[name]) for name in TELLING if FACTS[name] not in odd}
        return {name: value for name, value in told.items() if value}

    def _facts(self, organisation: dict) -> dict:
        """Return the columns of a connection that hold the facts."""
        values = {name: organisation.get(key) for name, key in FACTS.items()}
        for name in ("period_lock_date", "year_lock_date"):
            day = dates.parse_xero(values[name])
            values[name] = day and day.date()
        for name, most in (("year_end_day", 31), ("year_end_month", 12)):
            number = values[name]
            values[name] = number if isinstance(number, int) and 0 < number <= most else 0
        return {**values, "is_demo_company": bool(values["is_demo_company"]), "facts_at": fields.Datetime.now()}

    @api.model
    def _refresh_actions(self, connection, client) -> None:
        """Read what plan and person allow; one call. What Xero does not name stays unknown.

        :raise XeroError: Xero does not answer
        """
        connection.ensure_one()
        found = rows(client.get("Organisation", xero_id="Actions").data, "Actions")
        status = {row["Name"]: row.get("Status") for row in found if isinstance(row.get("Name"), str)}
        refused = sorted(name for name, word in status.items() if name and word != "ALLOWED")
        currencies = status.get("UseMulticurrency")
        connection.write(
            {
                "multi_currency": {None: "unknown", "ALLOWED": "allowed"}.get(currencies, "refused"),
                "actions_refused": refused,
            }
        )

    @api.model
    def _mismatches(self, company, currency: str | None, country: str | None) -> list[str]:
        """Return what speaks against an organisation with this base currency and country for ``company``, as
        sentences.

        :param currency: ISO 4217 code, empty when it is not known
        :param country: ISO 3166 code, empty when it is not known
        """
        found = []
        if currency and currency != company.currency_id.name:
            found.append(
                self.env._(
                    "The organisation keeps its books in %(xero)s, %(company)s in %(odoo)s. Documents "
                    "cannot agree to the cent.",
                    xero=currency,
                    company=named(company.name),
                    odoo=company.currency_id.name,
                )
            )
        if country and company.country_id and country != company.country_id.code:
            found.append(
                self.env._(
                    "The organisation is in %(xero)s, %(company)s in %(odoo)s: check that it is the right one.",
                    xero=country,
                    company=named(company.name),
                    odoo=company.country_id.code,
                )
            )
        return found
