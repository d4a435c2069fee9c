"""Customers and vendors."""

from odoo import models
from odoo.tools import SQL

from .. import marks
from ..document.mapped import mapped
from ..field_rule.rule_book import RuleBook
from ..outgoing import Need, Outgoing, Problem
from ..text import email, fold, named, shorten, squeeze
from .merge import element_of, kept, merged, merged_state, sheet
from .parts import addresses, payment_terms, person_names, persons, phones, untold_persons

NAME_LENGTH = 255
CODE_LENGTH = 50
OWN_FIELDS = (
    "name",
    "is_company",
    "active",
    "email",
    "phone",
    "ref",
    "vat",
    "company_registry",
    "street",
    "street2",
    "city",
    "zip",
    "state_id",
    "country_id",
    "type",
    "company_id",
    "commercial_partner_id",
)
COMPANY_FIELDS = (
    "property_payment_term_id",
    "property_supplier_payment_term_id",
    "specific_property_product_pricelist",
)
TERM_LINE_FIELDS = ("value", "value_amount", "nb_days", "delay_type", "days_next_month")


class XeroMapperContact(models.AbstractModel):
    """Commercial partners: what Odoo invoices is a contact in Xero; its addresses and people are parts of it.

    Fields that are empty in Odoo are left out. An update says what Odoo changed since both last agreed, by field and
    element (``merge``): what people typed in Xero stays.
    """

    _name = "xero.mapper.contact"
    _inherit = "xero.mapper"
    _description = "Xero Contact Mapper"

    _xero_type = "Contact"
    _xero_resource = "Contacts"
    _xero_id_field = "ContactID"
    _xero_number_field = "Name"
    _xero_status_field = "ContactStatus"
    _odoo_model = "res.partner"
    _xero_page = "/Contacts/View/{xero_id}"
    _flow = "contacts"
    _push_rank = 10
    _first_fields = OWN_FIELDS + COMPANY_FIELDS
    _tracked_fields = frozenset({*OWN_FIELDS, *COMPANY_FIELDS, "parent_id", "child_ids"})

    # === MAPPER === #

    def _handles(self, records):
        """Return the commercial partners: a change of an address or person is a change of its company."""
        return records.commercial_partner_id

    def _prepare(self, records, connection, links=None) -> dict[int, Outgoing]:
        """Return what to send for the partners ``records``; a fixed number of queries for any number of them."""
        company = connection.company_id
        partners = records.sudo().with_company(company).with_context(lang="en_US", active_test=False)
        partners.fetch(self._first_fields)
        parts = self._parts(partners, company)
        if links is None:
            links = self.env["xero.link"]._map(connection, self._xero_type, self._odoo_model, partners.ids)
        names = self._names(partners, connection)
        currencies = mapped(connection.sudo().with_env(partners.env)).currencies
        self._prefetch_terms(partners)
        rules = RuleBook(partners.env, connection, self.env["xero.field.rule"]._rules(connection))
        rules.load(partners)
        own_marks = self._marks(partners.ids, connection)
        outgoing = {}
        for partner in partners:
            mine, link = parts.get(partner.id, partners.browse()), links.get(partner.id)
            out = outgoing[partner.id] = self._outgoing(partner, mine, link, names[partner.id], currencies)
            if out.status == "ACTIVE":
                out.payload["ContactNumber"] = marks.write_number(own_marks[partner.id])
                self._extend(partner, rules, out)
        self._keep_for_documents([out for out in outgoing.values() if out.status == "ARCHIVED"], connection)
        return outgoing

    def _keep_for_documents(self, archived, connection) -> None:
        """Let the contacts ``archived`` wait for their documents and what pays them: Xero takes none of an archived
        contact.

        :param archived: the :class:`~..outgoing.Outgoing` of each
        """
        if not archived:
            return
        self.env["account.move"].flush_model(["commercial_partner_id"])
        self.env["xero.payment.part"].flush_model(["document_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (m.commercial_partner_id) m.commercial_partner_id,
                          j.xero_type, j.res_model, j.res_id
                     FROM xero_sync_job j
                     LEFT JOIN xero_payment_part p ON j.res_model = 'xero.payment.part' AND p.id = j.res_id
                     JOIN account_move m
                       ON m.id = CASE j.res_model WHEN 'account.move' THEN j.res_id ELSE p.document_id END
                    WHERE j.connection_id = %s AND j.operation IN ('push', 'void')
                      AND j.state NOT IN ('done', 'cancelled') AND m.commercial_partner_id = ANY(%s)
                    ORDER BY m.commercial_partner_id, j.id""",
                connection.id,
                [out.res_id for out in archived],
            )
        )
        needs = {partner_id: Need(*need) for partner_id, *need in rows}
        for out in archived:
            out.needs += [needs[out.res_id]] if out.res_id in needs else []

    def _extend(self, partner, rules, out) -> None:
        """Add to the payload, in place; addons extend it. Field rules have the last word."""
        rules.fill(partner, "document", out.payload, out)

    def _parts(self, partners, company) -> dict:
        """Return the active addresses and people of each partner, as far as the company may see them."""
        found = partners.with_context(active_test=True).search_fetch(
            [
                ("commercial_partner_id", "in", partners.ids),
                ("id", "not in", partners.ids),
                ("company_id", "in", (False, *company.ids, *company.parent_ids.ids)),
            ],
            OWN_FIELDS,
            order="id",
        )
        return {owner.id: parts for owner, parts in found.grouped("commercial_partner_id").items()}

    def _prefetch_terms(self, partners):
        terms = partners.property_payment_term_id | partners.property_supplier_payment_term_id
        terms.line_ids.fetch(TERM_LINE_FIELDS)

    def _claim_of(self, element):
        return marks.read_number(element.get("ContactNumber"))

    def _is_same(self, element, payload):
        """The name is equal, or the code that Odoo knows the contact by."""
        names = [fold(squeeze(side.get("Name"))).casefold() for side in (element, payload)]
        codes = [squeeze(side.get("AccountNumber")).casefold() for side in (element, payload)]
        return any(one == other != "" for one, other in (names, codes))

    def _may_stand_for(self, records, connection):
        """Return commercial partners of everybody, or of the connection's companies.

        Nobody who logs in and no company is among them: who they are is never taken from Xero.
        """
        guard = self.env["xero.partner.guard"]
        return (records & self._handles(records)) - guard._people(records) - guard._foreign(records, connection)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return one call for each contact: Xero has no list filter by contact number."""
        return [
            {"searchTerm": element["ContactNumber"], "includeArchived": "true"}
            for element in elements
            if element.get("ContactNumber")
        ]

    # === AGREEMENT === #

    def _sheet(self, out) -> dict:
        """Return what Odoo has of a contact.

        :param out: an active one
        """
        return sheet(out.payload, out.untold)

    def _sheet_to_keep(self, out, link) -> dict:
        """Return what the link keeps when all that Odoo has is agreed: later changes are told from it.

        :param out: an archived one has nothing to keep
        :param link: ``None`` without one
        """
        return {} if out.status == "ARCHIVED" else kept(out.payload, out.untold, link and self._sheet_of(link))

    def _sheet_of(self, link) -> dict | None:
        """Return what Odoo had at the last agreement; ``None`` where that is not known."""
        return link.odoo_keys if isinstance(link.odoo_keys, dict) else None

    def _update(self, out, link, element=None) -> dict:
        """Return the update that says what Odoo changed, without Xero's id.

        :param element: the contact as Xero holds it now; by default as both last agreed
        """
        element = element_of(link.base_state or {}) if element is None else element
        payload = merged(out.payload, out.untold, self._sheet_of(link), element, out.ruled)
        elsewhere = link.made_xero_id and link.made_xero_id != link.xero_id
        if elsewhere or element.get("ContactNumber") and not self._mark_of(element):
            # The number stands on a contact that was merged away in Xero, for good; or this one has another app's, or
            # another database's.
            payload.pop("ContactNumber", None)
        return payload

    def _state_after(self, out, link) -> dict:
        """Return the state of what Xero would hold after the update, if it holds what both last agreed on."""
        return merged_state(out.payload, out.untold, self._sheet_of(link), link.base_state or {}, out.ruled)

    def _removal_payload(self, link) -> dict:
        """Contacts are never deleted in Xero; they are archived."""
        if not link.xero_id or link.xero_status == "ARCHIVED":
            return {}
        return {"ContactID": link.xero_id, "ContactStatus": "ARCHIVED"}

    # === ONE CONTACT === #

    def _outgoing(self, partner, parts, link, name, currencies) -> Outgoing:
        if not partner.active and link and link.xero_id:
            # Xero takes no other change together with archiving, and none afterwards.
            return Outgoing(partner.id, {"ContactStatus": "ARCHIVED"}, "ARCHIVED", number=name)
        out = Outgoing(partner.id, status="ACTIVE", number=name)
        invoice = parts.filtered(lambda part: part.type == "invoice")[:1] or partner
        delivery = parts.filtered(lambda part: part.type == "delivery")[:1] or partner
        mail = email(partner.email) or email(invoice.email)
        payload = {
            "Name": name,
            "ContactStatus": "ACTIVE",
            **person_names(partner),
            "EmailAddress": mail,
            "AccountNumber": self._code(partner.ref),
            "CompanyNumber": self._code(partner.company_registry),
            "TaxNumber": self._tax_number(partner, out),
            "Addresses": addresses(partner, invoice, delivery),
            "Phones": phones(partner),
            "ContactPersons": persons(parts),
            "PaymentTerms": payment_terms(partner),
            "DefaultCurrency": self._currency(partner, currencies),
        }
        out.payload = {key: value for key, value in payload.items() if value}
        filled = {
            "EmailAddress": squeeze(partner.email or invoice.email),
            "AccountNumber": squeeze(partner.ref),
            "CompanyNumber": squeeze(partner.company_registry),
        }
        out.untold = {key: value for key, value in filled.items() if value and key not in out.payload}
        if people := untold_persons(parts):
            out.untold["ContactPersons"] = people
        if not name:
            out.problems.append(
                Problem("validation", self.env["xero.reason"]._("The contact has no name."), "res.partner", partner.id)
            )
        self._remark_on_texts(partner, parts, out)
        return out

    def _code(self, text) -> str:
        """Return an identifier; one that does not fit is left out, since half of it would identify something else."""
        code = squeeze(text)
        return code if len(code) <= CODE_LENGTH else ""

    def _tax_number(self, partner, out) -> str:
        """Return the tax number. Odoo's ``/`` says that the partner has none."""
        number = squeeze(partner.vat)
        if len(number) <= CODE_LENGTH:
            return "" if number == "/" else number
        out.problems.append(
            Problem(
                "validation",
                self.env["xero.reason"]._(
                    "The tax number of %s is longer than the 50 characters that Xero takes.",
                    named(partner.display_name),
                ),
                "res.partner",
                partner.id,
                topic="length",
            )
        )
        return ""

    def _currency(self, partner, currencies) -> str:
        """Return the currency of the pricelist chosen for the partner, if the organisation has it."""
        code = partner.specific_property_product_pricelist.currency_id.name
        return code if code in currencies else ""

    # === NAMES === #

    def _names(self, partners, connection) -> dict[int, str]:
        """Return a name for each partner that is unique in Xero, as names of active contacts must be.

        The name that another contact of ours has in Xero already, or an earlier partner of the batch takes, gets
        the reference or the id of the partner added.
        """
        wishes = {partner: self._wishes(partner) for partner in partners.sorted("id")}
        taken = self._taken({name.lower() for names in wishes.values() for name in names}, connection)
        chosen = {}
        for partner, names in wishes.items():
            free = (name for name in names if not taken.get(name.lower(), set()) - {partner.id})
            chosen[partner.id] = next(free, names[-1])
            taken.setdefault(chosen[partner.id].lower(), set()).add(partner.id)
        return chosen

    def _wishes(self, partner) -> list[str]:
        """Return the names that would do, the preferred one first."""
        name = squeeze(partner.name) or email(partner.email)
        reference = squeeze(partner.ref)
        suffixes = [
            "",
            *([f" ({reference})"] if reference and len(reference) <= CODE_LENGTH else []),
            f" ({partner.id})",
        ]
        return [shorten(name, NAME_LENGTH - len(suffix)) + suffix for suffix in suffixes] if name else [""]

    def _taken(self, names, connection) -> dict[str, set]:
        """Return which partners of ours have one of ``names`` (lower case) in Xero: ``{name: partner ids}``."""
        self.env["xero.link"].flush_model(["xero_number", "xero_status", "res_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT lower(xero_number), array_agg(res_id) FROM xero_link
                WHERE connection_id = %s AND xero_type = %s AND xero_id IS NOT NULL
                  AND COALESCE(xero_status, '') != 'ARCHIVED' AND lower(xero_number) = ANY(%s)
                GROUP BY 1""",
                connection.id,
                self._xero_type,
                sorted(names),
            )
        )
        return {name: set(ids) for name, ids in rows}
