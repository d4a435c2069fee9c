"""Matching of contacts: commercial partners with Xero's contacts."""

from odoo import models
from odoo.tools import SQL

from ...mappers.contact.canonical import canonical_contact
from ...mappers.document.canonical import changed_fields
from .assign import match as match_contacts
from .match_contact import DOUBTFUL, Holders, compare, party_of_partner
from .xero_match import CONTACTS
from .xero_match_kind import Batch

IGNORED_DIFFERENCES = {"status", "merged_to", "persons", "terms"}


class XeroMatchContacts(models.AbstractModel):
    _name = "xero.match.contacts"
    _inherit = "xero.match.kind"
    _description = "Xero Match Contacts"

    _stage = CONTACTS
    _rank = 10
    _types = ("Contact",)
    _odoo_model = "res.partner"
    _shown = (
        *("name", "tax_number", "registry", "reference", "email", "phone"),
        *("invoice_address", "delivery_address", "persons", "currency", "tax", "terms", "status"),
    )

    # === COMPARE === #

    def _propose(self, match, taken, taken_there, apart):
        reader = self.env["xero.match.reader"]
        values = [row for row in reader._partner_values(match.connection_id) if row["id"] not in taken]
        parties, elements = reader._contact_parties(match.snapshot_id)
        parties = [party for party in parties if party.key not in taken_there]
        proposals = match_contacts([party_of_partner(row) for row in values], parties)
        ranked = {row["id"] for row in values if row["ranked"]}
        kept = [
            found for found in proposals if found.pair or found.rivals or found.odoo is None or found.odoo in ranked
        ]
        return [
            Batch(
                "contact",
                "Contact",
                self._odoo_model,
                [found for found in self._doubting_people(kept) if (found.odoo, found.xero) not in apart],
                {row["id"]: self._partner_columns(row) for row in values},
                {party.key: self._contact_columns(party, elements[party.key][0]) for party in parties},
            )
        ]

    def _doubting_people(self, proposals) -> list:
        """Return ``proposals`` in which nobody who works in Odoo is linked with many others at once: a name and an
        address are all a stranger in Xero needs to look like one.
        """
        partners = self.env["res.partner"].browse([found.odoo for found in proposals if found.odoo and found.pair])
        guard = self.env["xero.partner.guard"]
        reserved = guard._owners(partners, guard._employees(partners) | guard._companies(partners))
        return [
            found._replace(grade=DOUBTFUL, pair=found.pair._replace(grade=DOUBTFUL))
            if found.pair and found.odoo in reserved
            else found
            for found in proposals
        ]

    def _partner_columns(self, row) -> dict:
        return {
            "odoo_name": row["name"],
            "odoo_archived": not row["active"],
            "fingerprint": self.env["xero.match.reader"]._partner_fingerprint(row),
        }

    def _contact_columns(self, party, element_id) -> dict:
        return {"xero_name": party.text, "element_id": element_id, "xero_archived": party.archived}

    def _add_details(self, match, lines):
        """Write on pairs which fields differ, in one pass."""
        pairs = lines.filtered(lambda line: line.res_id and line.element_id)
        partners = self.env["res.partner"].with_context(active_test=False).browse(pairs.mapped("res_id"))
        outgoing = self._side("Contact")._outgoing(match.connection_id, partners)
        labels, reason = self.env["xero.conflict.line"]._labels(), self.env["xero.reason"]
        for line in pairs:
            ours, theirs = canonical_contact(outgoing[line.res_id].payload), canonical_contact(line.element_id.data)
            fields = changed_fields(ours, theirs) - IGNORED_DIFFERENCES
            fields = {name for name in fields if ours.get(name)}
            line.differing = reason._join(", ", [labels.get(name, name) for name in sorted(fields)]) or False
        pairs.element_id.invalidate_recordset(["data"], flush=False)

    def _fingerprints(self, connection, kind, res_ids):
        reader = self.env["xero.match.reader"]
        return {
            row["id"]: reader._partner_fingerprint(row) for row in reader._partner_values(connection, list(res_ids))
        }

    def _compare_one(self, line):
        reader = self.env["xero.match.reader"]
        values = reader._partner_values(line.connection_id, [line.res_id])
        parties, _found = reader._contact_parties(line.match_id.snapshot_id, [line.xero_id])
        if not values or not parties:
            return None
        one, other = party_of_partner(values[0]), parties[0]
        return compare(one, other, Holders([one]), Holders([other]))

    # === SHOW === #

    def _element_name(self, element):
        return element.name or element.xero_id

    def _state_here(self, line, side, record):
        out = side._outgoing(line.connection_id, record)[record.id]
        payload = out.payload if out.status == "ACTIVE" else {"Name": record.name, "ContactStatus": "ARCHIVED"}
        return canonical_contact(payload)

    # === LINK === #

    def _link_values(self, line, record, element):
        return {
            "company": line.company_id,
            "xero_number": element.get("Name"),
            "xero_total": None,
            "from_xero": False,
        }

    def _differing(self, line, side, link, record):
        ours = canonical_contact(side._outgoing(line.connection_id, record)[record.id].payload)
        return changed_fields(ours, side._canonical(line.element_id.data)) - IGNORED_DIFFERENCES

    def _adopt_xero(self, line, side, link, record):
        connection, element = line.connection_id, line.element_id.data
        state = side._canonical(element)
        fields_there = {name for name in self._differing(line, side, link, record) if state.get(name)}
        refused = side._write(connection, record, state, fields_there)
        side._save_base(connection, link, element, **side._agreed(side._outgoing(connection, record)[record.id], link))
        if refused:
            line.problem = self.env["xero.reason"]._join("\n", refused.values())

    def _after_linking(self, match, side, lines):
        """Both sides agree as they are: what differs is sent by no later edit of something else."""
        links = lines.link_id.filtered("digest")
        partners = side.env[self._odoo_model].with_context(active_test=False).browse(links.mapped("res_id")).exists()
        outgoing = side._outgoing(match.connection_id, partners)
        for link in links.filtered(lambda link: link.res_id in outgoing and not link.odoo_keys):
            link.sudo().write({"odoo_keys": side._mapper()._sheet_to_keep(outgoing[link.res_id], link)})

    # === UNDO === #

    def _kept(self, match, lines):
        documented = self._documented(match, lines)
        reason = self.env["xero.reason"]._("Documents of this contact are linked with Xero.")
        return {line: reason for line in lines if line.res_id in documented}

    def _documented(self, match, lines) -> set:
        """Return the ids of partners that linked documents belong to."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT m.commercial_partner_id FROM account_move m
                     JOIN xero_link l ON l.res_model = 'account.move' AND l.res_id = m.id AND l.connection_id = %s
                    WHERE m.commercial_partner_id = ANY(%s) AND l.xero_id IS NOT NULL""",
                match.connection_id.id,
                lines.mapped("res_id"),
            )
        )
        return {partner_id for [partner_id] in rows}
