"""Contacts that changed, or were made, in Xero."""

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...mappers.contact.canonical import canonical_contact
from ...mappers.contact.countries import county, key, spelled, territory
from ...mappers.contact.merge import carried, changed_people, disputed
from ...mappers.contact.parts import payment_terms
from ...mappers.contact.people import Person, pairs
from ...mappers.document.canonical import changed_fields
from ...mappers.reason import said
from ...mappers.text import email, named, quoted
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
# Odoo may refuse each of these for a reason of its own; then the rest is taken over without it.
IDENTIFIERS = {"registry": "company_registry", "tax_number": "vat"}
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
            if self._differs(links[res_id], out)
        }
        return found - self._only_rules_differ(connection, {res_id: links[res_id] for res_id in found})

    def _differs(self, link, out) -> bool:
        """Whether Odoo would send ``out`` otherwise than was agreed, or is to send it again."""
        if not link.digest:
            # A person chose Odoo's side, which is Odoo's change until it is there.
            return link.state == "to_sync"
        return codec.digest(out.canonical()) != link.digest

    def _outgoing(self, connection, partners) -> dict:
        return self.env["xero.mapper"]._for_type("Contact")._prepare(partners, connection)

    def _is_disputed(self, connection, link, partner, state, event) -> bool:
        """Whether the sides want different things: edits of different fields do not meet, and who archives or restores
        what the other did too has nothing to ask."""
        if event == "edited":
            return bool(self._both_sides(connection, link, partner, state))
        return bool(self._apart(link, self._canonical_odoo(connection, link, partner), state))

    def _both_sides(self, connection, link, partner, state) -> set:
        """Return the fields in which both sides changed the same, each to something else; others do not meet."""
        return disputed(link.base_state or {}, self._canonical_odoo(connection, link, partner), state)

    def _canonical_odoo(self, connection, link, partner) -> dict:
        """Return Odoo's side in the form of Xero's: what both last agreed on, with Odoo's changes in it."""
        return self._canonical_of(connection, link, self._outgoing(connection, partner)[partner.id])

    def _canonical_of(self, connection, link, out) -> dict:
        if out.status == "ARCHIVED":
            return {**(link.base_state or {}), **canonical_contact(out.payload)}
        return self._mapper()._state_after(out, link)

    def _mapper(self):
        return self.env["xero.mapper"]._for_type(self._xero_type)

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
            values = {
                **self._agreed(self._outgoing(connection, partner)[partner.id], link),
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
        refused = {}
        result = self._try(
            connection,
            link,
            element,
            partner,
            "updated",
            lambda: refused.update(self._write(connection, partner, state, changed - reserved, base)),
        )
        if not (reserved or refused) or result.outcome != "updated":
            return result
        self._save_base_except(link, base, self._canonical(element), {*reserved, *refused})
        if refused:
            reason = self.env["xero.reason"]._join("\n", [*refused.values(), *filter(None, [reason])])
        kind = "reserved" if reserved or "persons" in refused else "refused"
        return self._refuse(connection, link, element, partner, reason, kind)

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
        survivor = self._links(connection, [state["merged_to"]]).get(state["merged_to"], link.browse())
        other = self.env["res.partner"].browse(survivor.res_id or []).exists()
        if other:
            result = self._refuse(
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
            # What Xero refused for the contact says from now on that a person is asked.
            self._send_refused_again(connection, partner)
            return result
        before = link.xero_id
        # Whose link it is was merged or deleted in Odoo: it stands for the contact that is gone from now on.
        survivor.xero_id = False
        survivor.flush_recordset()
        link.write(
            {
                "xero_id": state["merged_to"],
                "made_xero_id": link.made_xero_id or before,
                "xero_status": "ACTIVE",
                "base_state": False,
                "base_digest": False,
                "base_source": "write",
            }
        )
        link.flush_recordset()
        survivor.xero_id = before
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
        before = self._unsent(connection, partner)
        try:
            with self.env.cr.savepoint():
                step()
        except Untakeable as error:
            return Result("failed", said(error), partner.id, error.fix)
        except FORBIDDEN as error:
            partner.invalidate_recordset()
            kind = "reserved" if isinstance(error, Guarded) else "refused"
            return self._refuse(connection, link, element, partner, quoted(error.args[0]), kind)
        self._save_base(connection, link, element, **self._base_values(connection, link, partner, element, before))
        self.env["xero.conflict"]._overtaken(link)
        return Result(outcome, res_id=partner.id)

    def _unsent(self, connection, partner):
        """Return the ``Outgoing`` of ``partner`` where a change of Odoo's is still to be sent; else ``None``."""
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
        return self._outgoing(connection, partner)[partner.id] if waiting else None

    def _base_values(self, connection, link, partner, element, before=None) -> dict:
        """Return the columns of the link after the partner took over ``element``.

        :param before: the ``Outgoing`` of right before, where a change of Odoo's is still to be sent: the old digest is
            kept, so that it is, and of what Odoo had only what Xero changed is another thing now
        """
        values = {"state": "synced", "message": None, "xero_number": element.get("Name") or None}
        out = self._outgoing(connection, partner)[partner.id]
        if before is None:
            return values | self._agreed(out, link)
        if "ARCHIVED" not in (out.status, before.status):
            mapper = self._mapper()
            told = carried(mapper._sheet_of(link), mapper._sheet(before), mapper._sheet(out))
            values["odoo_keys"] = codec.dumps(told).decode()
        return values

    def _agreed(self, out, link) -> dict:
        """Return the columns of ``link`` when nothing of ``out`` is left to be sent."""
        sheet = self._mapper()._sheet_to_keep(out, link)
        return {
            "digest": codec.digest(out.canonical()),
            **({"odoo_keys": codec.dumps(sheet).decode()} if sheet else {}),
        }

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
        found, refused = bool(partner), {}
        try:
            with self.env.cr.savepoint():
                if not found:
                    partner = self.env["res.partner"].create(self._new_values(connection, element, state))
                    refused = self._write(connection, partner, state, set(state) - {"name", "status"})
        except (AccessError, UserError) as error:
            return Result("failed", quoted(error.args[0]), None, {"kind": "validation"})
        self.env["xero.link"]._save(
            [self._link_row(connection, partner.id, element, xero_number=element.get("Name"), from_xero=True)]
        )
        link = self.env["xero.link"]._map(connection, "Contact", "res.partner", partner.ids)[partner.id]
        self._save_base(
            connection, link, element, **self._agreed(self._outgoing(connection, partner)[partner.id], link)
        )
        reason = self._tell_refused(connection, link, partner, refused)
        return Result("linked" if found else "created", reason, res_id=partner.id)

    def _tell_refused(self, connection, link, partner, refused) -> str | None:
        """Say on a new ``partner`` what Odoo did not take of the contact; return it, ``None`` when that is nothing."""
        if not refused:
            return None
        reason = self.env["xero.reason"]._join("\n", refused.values())
        link.message = reason
        self.env["xero.log"]._post(connection, [(partner, reason)])
        return reason

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

    def _write(self, connection, partner, state, changed, base=None) -> dict:
        """Write the fields ``changed`` of ``state``, but not what rules fill, to ``partner``, its addresses and people.

        Of a field with parts, those are written that are another than in ``base``: a person's correction of a street
        says nothing of the country.

        :param partner: as superuser, or in the environment of the person who decided
        :param base: the state to compare with; by default one without anything
        :return: ``{field: reason}`` of what stays as it is: identifiers that Odoo does not take, people whose address
            lets them in
        :raise Guarded: Xero may not change these fields by itself
        """
        base = base or {}
        ruled = self._ruled(connection, partner).get(partner.id) or ()
        changed = changed - ruled_keys(ruled)[0]
        self._check(connection, partner, changed)
        values = {
            field: state.get(name) or False for name, field in PLAIN.items() if name in changed - IDENTIFIERS.keys()
        }
        if not values.get("name", True):
            del values["name"]
        if "terms" in changed:
            values |= self._term_values(partner, state.get("terms") or {}, base.get("terms") or {})
        if values:
            partner.write(values)
        for name, kind in PLACES.items():
            if name in changed:
                self._write_place(partner, kind, state.get(name) or {}, base.get(name) or {})
        refused = {}
        if "persons" in changed:
            people = changed_people(base.get("persons") or [], state.get("persons") or [])
            refused["persons"] = self._write_persons(partner, people)
        # Whether a number is one may depend on the country.
        for name in IDENTIFIERS:
            if name in changed:
                refused[name] = self._refused(partner, name, state.get(name) or False)
        return {name: reason for name, reason in refused.items() if reason}

    def _refused(self, partner, name, value) -> str | None:
        """Write an identifier; return why Odoo does not take it, ``None`` when it does.

        One that Odoo forbids to empty, such as for its documents, is refused as any other.
        """
        try:
            with self.env.cr.savepoint():
                partner.write({PLAIN[name]: value})
                partner.flush_recordset()
        except AccessError:
            raise
        except UserError as error:
            partner.invalidate_recordset()
            return self.env["xero.reason"]._(
                "Odoo does not accept the %(field)s %(value)s that %(name)s has in Xero, and keeps its own: %(reason)s",
                field=partner._fields[PLAIN[name]].string,
                value=named(value or "-"),
                name=named(partner.display_name),
                reason=quoted(error.args[0]),
            )
        return None

    def _write_place(self, partner, kind, place, base):
        """Write what changed of an address to the part of the partner that stands for it; a new delivery address
        becomes a part, with all of it.
        """
        part = partner.child_ids.filtered(lambda child: child.type == kind)[:1]
        if part or kind == "invoice":
            values = self._place_values(part or partner, place, base)
            if part and place.get("attention") and place["attention"] != base.get("attention"):
                values["name"] = place["attention"]
            if values:
                (part or partner).write(values)
            return
        values = self._place_values(partner.browse(), place, {})
        own = partner._read_format(list(values), load="")[0] if values else {}
        if any(own[name] != value for name, value in values.items()):
            partner.env["res.partner"].create(
                {"parent_id": partner.id, "type": kind, "name": place.get("attention") or False, **values}
            )

    def _place_values(self, part, place, base) -> dict:
        """Return what to write to ``part``, which has an address, for what changed in ``place`` since ``base``.

        Nothing is emptied by a country or region that cannot be understood.

        :param part: ``res.partner``; empty for a new one
        """
        changed = {name for name in {*place, *base} if place.get(name) != base.get(name)}
        values = {name: place.get(name) or False for name in ("street", "street2", "city", "zip") if name in changed}
        country = self._country(place.get("country"))
        if "country" in changed and (country or not place.get("country")) and country != part.country_id:
            values["country_id"] = country.id
        country = country or part.country_id
        if {"region", "country"} & changed:
            province = self._province(country, place.get("region"))
            strange = part.state_id and "country_id" in values and part.state_id.country_id.id != values["country_id"]
            if (province or not place.get("region") and "region" in changed or strange) and province != part.state_id:
                values["state_id"] = province.id
        return values

    def _province(self, country, region):
        """Return the state of ``country`` that ``region`` is a name or code of; empty for none."""
        provinces = self.env["res.country.state"].with_context(lang="en_US")
        if not country or not region:
            return provinces
        found = provinces.search([("country_id", "=", country.id)])
        same = (
            lambda one: key(one.name) == key(region) or one.name.casefold() == region.casefold(),
            lambda one: key(one.code) == key(region) or one.code.casefold() == region.casefold(),
            lambda one: county(one.name) == county(region),
        )
        return next((one for is_same in same for one in found if is_same(one)), provinces)

    def _country(self, name):
        """Return the country that ``name`` is a name or code of, however people or Xero spell it; empty for none."""
        countries = self.env["res.country"].with_context(lang="en_US")
        if not name:
            return countries
        every, code, wanted = countries.search([("code", "!=", False)]), name.strip().upper(), key(name)
        found = next(
            (one for one in every if one.code == code or wanted in (key(one.name), key(spelled(one.name)))), None
        )
        if not found and (code := territory(name)):
            found = next((one for one in every if one.code == code), None)
        return found or countries

    def _write_persons(self, partner, changed) -> str | None:
        """Add people and correct those who changed; who was taken out in Xero stays in Odoo.

        :param changed: pairs (former, person), as ``changed_people`` returns them
        :return: whose e-mail address is not Xero's to change, as they log in with it; ``None`` of nobody
        """
        children = partner.child_ids.filtered(lambda child: child.type == "contact")
        doors = self.env["xero.partner.guard"]._doors(children) if partner.env.su else set()
        left = children.browse()
        ours = [Person.of_state({"name": child.name or "", "email": email(child.email)}) for child in children]
        for former, person in changed:
            known = pairs([former or person], ours) or pairs([person], ours)
            values = {
                field: value
                for field, value, old in (
                    ("name", person.name, former and former.name),
                    ("email", person.mail, former and former.mail or ""),
                )
                if value != old and (value or field == "email")
            }
            if known:
                child = children[known[0]]
                values = {field: value or False for field, value in values.items()}
                if child.id in doors and "email" in values:
                    left |= child
                    del values["email"]
                if values := {field: value for field, value in values.items() if child[field] != value}:
                    child.write(values)
            elif person.name:
                partner.env["res.partner"].create(
                    {"parent_id": partner.id, "type": "contact", "name": person.name, "email": person.mail or False}
                )
        if not left:
            return None
        return self.env["xero.reason"]._(
            "%s has a login to the portal. Xero does not change the e-mail address automatically, because it is used "
            "to log in: somebody who may change this contact in Odoo decides.",
            named(", ".join(left.mapped("name"))),
        )

    def _term_values(self, partner, terms, base) -> dict:
        """Return the payment terms of Odoo that say what changed of Xero's; without one Odoo's stay."""
        values = {}
        for side, field in (("sales", "property_payment_term_id"), ("bills", "property_supplier_payment_term_id")):
            wanted = terms.get(side)
            if wanted and wanted != base.get(side) and self._told(partner[field]) != wanted:
                values[field] = next((term.id for term in self._terms() if self._told(term) == wanted), False)
        return {field: term_id for field, term_id in values.items() if term_id}

    def _terms(self):
        company_ids = [False, *self.env.company.parent_ids.ids]
        return self.env["account.payment.term"].search([("company_id", "in", company_ids)])

    def _told(self, term) -> str:
        told = payment_terms(PartnerTerms(term, term)).get("Sales")
        return f"{told['Type']} {told['Day']}" if told else ""


class PartnerTerms:
    """Stands in for a partner of one payment term, for the mapper that tells Xero's form of it."""

    def __init__(self, sales, bills):
        self.property_payment_term_id = sales
        self.property_supplier_payment_term_id = bills
