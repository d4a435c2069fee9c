"""Contacts that changed, or were made, in Xero."""

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...mappers.contact.canonical import canonical_contact
from ...mappers.contact.merge import merged_state
from ...mappers.contact.parts import payment_terms
from ...mappers.document.canonical import changed_fields
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ...xero_api import codec
from .decision_tables import CONTACT_TABLE
from .importer import FORBIDDEN, Result, Untakeable
from .partner_guard import Guarded
from .ruled_fields import ruled_keys

PLAIN = {
    "name": "name",
    "email": "email",
    "reference": "ref",
    "registry": "company_registry",
    "tax_number": "vat",
    "phone": "phone",
}
PLACES = {"invoice_address": "invoice", "delivery_address": "delivery"}


class XeroInboundContact(models.AbstractModel):
    """Only what changed in Xero since the last agreement is written: the rest of the partner is Odoo's.

    Written is as superuser, and never what ``xero.partner.guard`` reserves for people; or as the person who decides.
    """

    _name = "xero.inbound.contact"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Contact"

    _xero_type = "Contact"
    _resource = "Contacts"
    _id_field = "ContactID"
    _status_field = "ContactStatus"
    _odoo_model = "res.partner"
    _flow = "contacts"
    _policy_field = "conflict_contacts"
    _category = "CONTACT"
    _rank = 10
    _params = {"includeArchived": "true"}

    def _canonical(self, element):
        return canonical_contact(element)

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        partners = (
            self.env["res.partner"]
            .with_context(active_test=False)
            .browse([link.res_id for link, _element in changed])
            .exists()
        )
        by_id = {partner.id: partner for partner in partners}
        local = self._locally_changed(connection, changed, partners)
        shared = self._shared(connection, partners)
        reserved = self.env["xero.partner.guard"]._closed(partners, connection)
        ruled = self._ruled(connection, partners)
        results = {}
        for link, element in changed:
            partner = by_id.get(link.res_id)
            state = self._unruled(link, self._canonical(element), ruled.get(link.res_id))
            event = self._event(link, state)
            situation = "reserved" if link.res_id in reserved else self._situation(partner, local, shared, event)
            if situation == "changed" and not self._is_disputed(connection, link, partner, state, event):
                situation = "active" if partner.active else "archived"
            action = CONTACT_TABLE[situation, event] if event else "agreed"
            results[element[self._id_field]] = getattr(self, f"_do_{action}")(
                connection, link, element, state, partner, event
            )
        return results

    def _event(self, link, state) -> str | None:
        base = link.base_state or {}
        changed = changed_fields(base, state)
        if state.get("merged_to") and "merged_to" in changed:
            return "merged"
        if "status" in changed:
            return "restored" if state.get("status") == "ACTIVE" else "archived"
        return "edited" if changed else None

    def _situation(self, partner, local, shared, event) -> str:
        if not partner:
            return "missing"
        if event == "archived" and partner.active and partner.id in shared:
            return "shared"
        if partner.id in local:
            return "changed"
        if not partner.active:
            return "archived"
        return "shared" if partner.id in shared else "active"

    def _locally_changed(self, connection, changed, partners) -> set:
        links = {link.res_id: link for link, _element in changed}
        found = {
            res_id
            for res_id, out in self._outgoing(connection, partners).items()
            if links[res_id].digest and codec.digest(out.canonical()) != links[res_id].digest
        }
        return found - self._only_rules_differ(connection, {res_id: links[res_id] for res_id in found})

    def _outgoing(self, connection, partners) -> dict:
        return self.env["xero.mapper"]._for_type("Contact")._prepare(partners, connection)

    def _is_disputed(self, connection, link, partner, state, event) -> bool:
        """Whether the sides want different things: edits of different fields do not meet, and who archives or restores
        what the other did too has nothing to ask."""
        if event == "edited":
            return bool(self._both_sides(connection, link, partner, state))
        return bool(self._apart(link, self._canonical_odoo(connection, link, partner), state))

    def _both_sides(self, connection, link, partner, state) -> set:
        """Return the fields that both sides changed, each to something else; others do not meet."""
        base = link.base_state or {}
        odoo = self._canonical_odoo(connection, link, partner)
        remote, local = changed_fields(base, state), changed_fields(base, odoo)
        return {name for name in remote & local if odoo.get(name) != state.get(name)}

    def _canonical_odoo(self, connection, link, partner) -> dict:
        """Return Odoo's side in the form of Xero's. What Odoo never had is not sent, so there Xero's value stands."""
        return self._canonical_of(connection, link, self._outgoing(connection, partner)[partner.id])

    def _canonical_of(self, connection, link, out) -> dict:
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        base = link.base_state or {}
        if out.status == "ARCHIVED":
            state = {**base, **canonical_contact(out.payload)}
        else:
            state = merged_state(out.payload, base, set(link.odoo_keys or ()))
        emptied = {mapper._clearable[key][0] for key in link._emptied(mapper, out.payload)}
        return {name: value for name, value in state.items() if name not in emptied}

    def _shared(self, connection, partners) -> set:
        """Return the partners that a login or another connected company uses."""
        users = self.env["res.users"].search([("partner_id", "in", partners.ids)])
        others = self.env["xero.link"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", partners.ids),
                ("connection_id", "!=", connection.id),
                ("connection_id.active", "=", True),
                ("xero_id", "!=", False),
                ("xero_status", "!=", "ARCHIVED"),
            ]
        )
        return {*users.partner_id.ids, *others.mapped("res_id")}

    # === WHAT IS DONE === #

    def _do_ignored(self, connection, link, element, state, partner, event):
        self._save_base(connection, link, element)
        return Result("ignored", res_id=link.res_id)

    def _do_agreed(self, connection, link, element, state, partner, event):
        values = {}
        if partner and not changed_fields(self._canonical_odoo(connection, link, partner), state):
            # Nothing of Odoo's is left to be sent.
            out = self._outgoing(connection, partner)[partner.id]
            keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload, element)
            values = {
                "digest": codec.digest(out.canonical()),
                "odoo_keys": codec.dumps(keys).decode(),
                "state": "synced",
                "message": None,
            }
        self._save_base(connection, link, element, **values)
        return Result("agreed", res_id=link.res_id)

    def _do_updated(self, connection, link, element, state, partner, event):
        """Write what Xero may change; what it may not, a person is asked about."""
        base = link.base_state or {}
        changed = changed_fields(base, state)
        reserved, reason = self.env["xero.partner.guard"]._reserved(partner, changed, connection)
        result = self._try(
            connection,
            link,
            element,
            partner,
            "updated",
            lambda: self._write(connection, partner, state, changed - reserved),
        )
        if not reserved or result.outcome != "updated":
            return result
        self._save_base_except(link, base, self._canonical(element), reserved)
        return self._refuse(connection, link, element, partner, reason, "reserved")

    def _do_reserved(self, connection, link, element, state, partner, event):
        """Nothing of this partner is Xero's to change: ask, unless both sides hold the same anyway."""
        if not self._apart(link, self._canonical_odoo(connection, link, partner), state):
            return self._do_agreed(connection, link, element, state, partner, event)
        changed = changed_fields(link.base_state, state)
        _reserved, reason = self.env["xero.partner.guard"]._reserved(partner, changed, connection)
        return self._refuse(connection, link, element, partner, reason, "reserved")

    def _save_base_except(self, link, base: dict, state: dict, fields) -> None:
        """Keep the former agreement, ``base``, on ``fields``: of the rest Odoo has what Xero has."""
        agreed = {name: value for name, value in state.items() if name not in fields}
        agreed |= {name: base[name] for name in fields if name in base}
        link.write({"base_state": agreed, "base_digest": codec.digest(agreed)})

    def _do_archived(self, connection, link, element, state, partner, event):
        return self._try(
            connection, link, element, partner, "archived", lambda: self._set_active(connection, partner, False)
        )

    def _do_restored(self, connection, link, element, state, partner, event):
        return self._try(
            connection, link, element, partner, "restored", lambda: self._set_active(connection, partner, True)
        )

    def _do_refused(self, connection, link, element, state, partner, event):
        return self._refuse(
            connection,
            link,
            element,
            partner,
            self.env["xero.reason"]._(
                "%s was archived in Xero. In Odoo it stays, because a login or another company uses it. "
                "No document can be sent for it until it "
                "is restored in Xero.",
                named(partner.display_name),
            ),
        )

    def _do_conflict(self, connection, link, element, state, partner, event):
        return self.env["xero.conflict"]._meet(self, connection, link, element, partner)

    def _do_merged(self, connection, link, element, state, partner, event):
        """The contact lives on under another id: the partner's link follows, unless another partner has it already."""
        survivor = self._links(connection, [state["merged_to"]]).get(state["merged_to"])
        if survivor:
            other = self.env["res.partner"].browse(survivor.res_id).exists()
            return self._refuse(
                connection,
                link,
                element,
                partner,
                self.env["xero.reason"]._(
                    "Xero merged the contacts of %(one)s and %(other)s into one. Merge the two in Odoo as well.",
                    one=named(partner.display_name),
                    other=named(other.display_name),
                ),
                kind="merged",
            )
        before = link.xero_id
        link.write(
            {
                "xero_id": state["merged_to"],
                "xero_status": "ACTIVE",
                "base_state": False,
                "base_digest": False,
                "base_source": "write",
            }
        )
        self.env["xero.sync.job"]._enqueue_fetch(connection, "Contact", [state["merged_to"]])
        self._contact_lives_on(connection, before, state["merged_to"])
        self._send_refused_again(connection, partner)
        return Result("merged", res_id=partner.id)

    def _send_refused_again(self, connection, partner) -> None:
        """Try again the documents that Xero refused for an archived contact: the partner has a living one now."""
        rows = self.env.execute_query(
            SQL(
                """SELECT j.id FROM xero_sync_job j JOIN account_move m ON m.id = j.res_id
                    WHERE j.connection_id = %s AND j.res_model = 'account.move' AND j.state = 'failed'
                      AND j.failure_type = 'closed' AND m.commercial_partner_id = %s""",
                connection.id,
                partner.id,
            )
        )
        self.env["xero.sync.job"].browse([job_id for [job_id] in rows])._retry()

    def _refuse(self, connection, link, element, partner, reason, kind="refused"):
        return self.env["xero.conflict"]._refuse(self, connection, link, element, partner, reason, kind)

    def _try(self, connection, link, element, partner, outcome, step):
        try:
            with self.env.cr.savepoint():
                step()
        except Untakeable as error:
            return Result("failed", said(error), partner.id, error.fix)
        except FORBIDDEN as error:
            partner.invalidate_recordset()
            kind = "reserved" if isinstance(error, Guarded) else "refused"
            return self._refuse(connection, link, element, partner, quoted(error.args[0]), kind)
        self._save_base(connection, link, element, **self._base_values(connection, link, partner, element))
        self.env["xero.conflict"]._overtaken(link)
        return Result(outcome, res_id=partner.id)

    def _base_values(self, connection, link, partner, element) -> dict:
        """Return the columns of the link after the partner took over ``element``.

        A change of Odoo's that is still to be sent keeps the old digest, so that it is sent; what it emptied too.
        """
        values = {"state": "synced", "message": None, "xero_number": element.get("Name") or None}
        waiting = self.env["xero.sync.job"].search_count(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", "res.partner"),
                ("res_id", "=", partner.id),
                ("operation", "=", "push"),
                # One under way looks first at what it would overwrite, and is sent afterwards.
                ("state", "not in", ("done", "cancelled")),
            ],
            limit=1,
        )
        if not waiting:
            out = self._outgoing(connection, partner)[partner.id]
            keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload, element)
            values |= {"digest": codec.digest(out.canonical()), "odoo_keys": codec.dumps(keys).decode()}
        return values

    # === NEW === #

    def _apply_new(self, connection, elements):
        """Link again what was made for a partner, create what the settings want, and leave the rest alone."""
        results, verdicts = {}, self._recognise(connection, elements)
        for element in elements:
            xero_id = element["ContactID"]
            kept = self._kept_apart(connection, element, verdicts.get(xero_id))
            if kept:
                results[xero_id] = kept
            elif connection.inbound_contacts == "create" and element.get("ContactStatus", "ACTIVE") == "ACTIVE":
                results[xero_id] = self._create(connection, element)
            else:
                results[xero_id] = Result("ignored")
        return results

    def _is_gone(self, element) -> bool:
        return element.get("ContactStatus", "ACTIVE") != "ACTIVE"

    def _link_again(self, connection, element, partner):
        self.env["xero.link"]._save(
            [self._link_row(connection, partner.id, element, xero_number=element.get("Name"), digest=None)]
        )
        return Result("linked", res_id=partner.id)

    def _ensure(self, connection, contacts: list[dict]) -> None:
        """Make partners for those ``contacts`` of imported documents that are not linked; their details are fetched."""
        by_id = {contact["ContactID"]: contact for contact in contacts if contact.get("ContactID")}
        missing = sorted(set(by_id) - set(self._links(connection, list(by_id))))
        elements = [{"ContactStatus": "ACTIVE", **by_id[xero_id]} for xero_id in missing]
        verdicts = self._recognise(connection, elements)
        for element in elements:
            if not self._kept_apart(connection, element, verdicts.get(element["ContactID"])):
                self._create(connection, element)
        self.env["xero.sync.job"]._enqueue_fetch(connection, "Contact", missing)

    def _create(self, connection, element):
        """Link ``element`` to the one partner that surely is the same, or make a partner of it."""
        state = self._canonical(element)
        partner = self._same(connection, state)
        found = bool(partner)
        try:
            with self.env.cr.savepoint():
                if not found:
                    partner = self.env["res.partner"].create(self._new_values(connection, element, state))
                    self._write(connection, partner, state, set(state) - {"name", "status"})
        except (AccessError, UserError) as error:
            return Result("failed", quoted(error.args[0]), None, {"kind": "validation"})
        self.env["xero.link"]._save(
            [self._link_row(connection, partner.id, element, xero_number=element.get("Name"), from_xero=True)]
        )
        link = self.env["xero.link"]._map(connection, "Contact", "res.partner", partner.ids)[partner.id]
        out = self._outgoing(connection, partner)[partner.id]
        keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload, element)
        link.write({"digest": codec.digest(out.canonical()), "odoo_keys": keys if not found else False})
        return Result("linked" if found else "created", res_id=partner.id)

    def _new_values(self, connection, element, state) -> dict:
        person = (
            element.get("FirstName")
            and element.get("LastName")
            and state.get("name") == f"{element['FirstName']} {element['LastName']}"
        )
        return {
            "name": state.get("name") or self.env._("Contact of Xero"),
            "is_company": not person,
            "customer_rank": int(bool(element.get("IsCustomer"))),
            "supplier_rank": int(bool(element.get("IsSupplier"))),
        }

    def _same(self, connection, state):
        """Return the one unlinked partner of the same name and the same tax number or e-mail address; else none.

        It is nobody who logs in and no company: those are linked by people only.
        """
        partners = self.env["res.partner"]
        keys = [(field, state[name]) for name, field in (("tax_number", "vat"), ("email", "email")) if state.get(name)]
        if not keys or not state.get("name"):
            return partners
        found = partners.search(
            [
                ("parent_id", "=", False),
                ("name", "=ilike", state["name"].replace("%", r"\%").replace("_", r"\_")),
                ("company_id", "in", (False, connection.company_id.id)),
                *(["|"] * (len(keys) - 1)),
                *((field, "=ilike", value) for field, value in keys),
            ],
            limit=2,
        )
        linked = self.env["xero.link"]._map(connection, "Contact", "res.partner", found.ids)
        free = found.filtered(lambda partner: partner.id not in linked)
        free -= self.env["xero.partner.guard"]._people(free)
        return free if len(found) == 1 and free else partners

    # === WRITING === #

    def _set_active(self, connection, partner, active: bool) -> None:
        self._check(connection, partner, {"status"})
        partner.action_unarchive() if active else partner.action_archive()

    def _check(self, connection, partner, changed) -> None:
        """See that the way in may write to ``partner``; whether a person may, Odoo itself says.

        :raise Guarded: it may not
        """
        if partner.env.su:
            self.env["xero.partner.guard"]._check(partner, changed, connection)

    def _write(self, connection, partner, state, changed) -> None:
        """Write the fields ``changed`` of ``state``, but not what rules fill, to ``partner``, its addresses and people.

        :param partner: as superuser, or in the environment of the person who decided
        :raise Guarded: Xero may not change these fields by itself
        """
        ruled = self._ruled(connection, partner).get(partner.id) or ()
        changed = changed - ruled_keys(ruled)[0]
        self._check(connection, partner, changed)
        values = {field: state.get(name) or False for name, field in PLAIN.items() if name in changed}
        if not values.get("name", True):
            del values["name"]
        if "terms" in changed:
            values |= self._term_values(state.get("terms") or {})
        if values:
            partner.write(values)
        for name, kind in PLACES.items():
            if name in changed:
                self._write_place(partner, kind, state.get(name) or {})
        if "persons" in changed:
            self._write_persons(partner, state.get("persons") or [])

    def _write_place(self, partner, kind, place):
        """Write an address to the part of the partner that stands for it; a new delivery address becomes a part."""
        values = self._place_values(place)
        part = partner.child_ids.filtered(lambda child: child.type == kind)[:1]
        if part:
            part.write(values)
        elif kind == "invoice":
            partner.write(values)
        elif place and any((partner[name] or False) != value for name, value in values.items()):
            partner.env["res.partner"].create(
                {"parent_id": partner.id, "type": kind, "name": place.get("attention") or False, **values}
            )

    def _place_values(self, place) -> dict:
        country = self._country(place.get("country"))
        province = (
            self.env["res.country.state"].search(
                [
                    ("country_id", "=", country.id),
                    "|",
                    ("name", "=ilike", place.get("region", "")),
                    ("code", "=ilike", place.get("region", "")),
                ],
                limit=1,
            )
            if place.get("region") and country
            else self.env["res.country.state"]
        )
        return {
            "street": place.get("street") or False,
            "street2": place.get("street2") or False,
            "city": place.get("city") or False,
            "zip": place.get("zip") or False,
            "country_id": country.id,
            "state_id": province.id,
        }

    def _country(self, name):
        countries = self.env["res.country"].with_context(lang="en_US")
        return (
            countries.search(["|", ("name", "=ilike", name), ("code", "=ilike", name)], limit=1) if name else countries
        )

    def _write_persons(self, partner, persons):
        """Add people and correct their names, found by their address; who was taken out in Xero stays in Odoo."""
        by_email = {
            (child.email or "").strip().lower(): child for child in partner.child_ids if child.type == "contact"
        }
        for person in persons:
            child = by_email.get(person.get("email", "").lower())
            if not child and person.get("name"):
                partner.env["res.partner"].create(
                    {
                        "parent_id": partner.id,
                        "type": "contact",
                        "name": person["name"],
                        "email": person.get("email") or False,
                    }
                )
            elif child and person.get("name") and child.name != person["name"]:
                child.name = person["name"]

    def _term_values(self, terms) -> dict:
        """Return the payment terms of Odoo that say the same as Xero's; without one Odoo's stay."""
        values = {}
        for side, field in (("sales", "property_payment_term_id"), ("bills", "property_supplier_payment_term_id")):
            if side in terms and (term := self._term(terms[side])):
                values[field] = term.id
        return values

    def _term(self, wanted):
        company_ids = [False, *self.env.company.parent_ids.ids]
        for term in self.env["account.payment.term"].search([("company_id", "in", company_ids)]):
            told = payment_terms(PartnerTerms(term, term)).get("Sales")
            if told and f"{told['Type']} {told['Day']}" == wanted:
                return term
        return None


class PartnerTerms:
    """Stands in for a partner of one payment term, for the mapper that tells Xero's form of it."""

    def __init__(self, sales, bills):
        self.property_payment_term_id = sales
        self.property_supplier_payment_term_id = bills
