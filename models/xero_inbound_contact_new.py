"""Contacts that were made in Xero."""

import re

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..xero_api import codec
from .xero_inbound import Result

MARK = re.compile(r"odoo-[0-9a-f]{8}-(\d+)")


class XeroInboundContact(models.AbstractModel):
    _inherit = "xero.inbound.contact"

    def _apply_new(self, connection, elements):
        """Link again what bears our mark, create what the settings want, and leave the rest alone."""
        results = {}
        for element in elements:
            xero_id = element["ContactID"]
            res_id = self._marked_id(element)
            if res_id:
                results[xero_id] = self._link_again(connection, element, res_id)
            elif connection.inbound_contacts == "create" and element.get("ContactStatus", "ACTIVE") == "ACTIVE":
                results[xero_id] = self._create(connection, element)
            else:
                results[xero_id] = Result("ignored")
        return results

    def _marked_id(self, element) -> int | None:
        match = MARK.fullmatch(element.get("ContactNumber") or "")
        mapper = self.env["xero.mapper"]._for_type("Contact")
        return int(match[1]) if match and mapper._marker_matches(element, int(match[1])) else None

    def _link_again(self, connection, element, res_id):
        partner = self.env["res.partner"].with_context(active_test=False).browse(res_id).exists()
        link = self.env["xero.link"]._map(connection, "Contact", "res.partner", [res_id]).get(res_id)
        if (
            not partner
            or (link and link.xero_id)
            or element.get("ContactStatus") != "ACTIVE"
            or self._is_being_sent(connection)
        ):
            return Result("ignored")
        self.env["xero.link"]._save(
            [self._link_row(connection, res_id, element, xero_number=element.get("Name"), digest=None)]
        )
        return Result("linked", res_id=res_id)

    def _is_being_sent(self, connection) -> bool:
        return bool(
            self.env["xero.sync.batch"].search_count(
                [("connection_id", "=", connection.id), ("state", "!=", "done")], limit=1
            )
        )

    def _ensure(self, connection, contacts: list[dict]) -> None:
        """Make partners for those ``contacts`` of imported documents that are not linked; their details are fetched."""
        by_id = {contact["ContactID"]: contact for contact in contacts if contact.get("ContactID")}
        missing = set(by_id) - set(self._links(connection, list(by_id)))
        for xero_id in sorted(missing):
            res_id = self._marked_id(by_id[xero_id])
            if res_id:
                self._link_again(connection, {"ContactStatus": "ACTIVE", **by_id[xero_id]}, res_id)
            else:
                self._create(connection, by_id[xero_id])
        self.env["xero.sync.job"]._enqueue_fetch(connection, "Contact", missing)

    def _create(self, connection, element):
        """Link ``element`` to the one partner that surely is the same, or make a partner of it."""
        view = self._remote_view(element)
        partner = self._same(connection, view)
        found = bool(partner)
        try:
            with self.env.cr.savepoint():
                if not found:
                    partner = self.env["res.partner"].create(self._new_values(connection, element, view))
                    self._write(connection, partner, view, set(view) - {"name", "status"})
        except (AccessError, UserError) as error:
            return Result("failed", str(error.args[0]), None, {"kind": "validation"})
        self.env["xero.link"]._save(
            [self._link_row(connection, partner.id, element, xero_number=element.get("Name"), from_xero=True)]
        )
        link = self.env["xero.link"]._map(connection, "Contact", "res.partner", partner.ids)[partner.id]
        out = self._outgoing(connection, partner)[partner.id]
        keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload, element)
        link.write({"digest": codec.digest(out.agreed()), "odoo_keys": keys if not found else False})
        return Result("linked" if found else "created", res_id=partner.id)

    def _new_values(self, connection, element, view) -> dict:
        person = (
            element.get("FirstName")
            and element.get("LastName")
            and view.get("name") == f"{element['FirstName']} {element['LastName']}"
        )
        return {
            "name": view.get("name") or self.env._("Contact of Xero"),
            "is_company": not person,
            "customer_rank": int(bool(element.get("IsCustomer"))),
            "supplier_rank": int(bool(element.get("IsSupplier"))),
        }

    def _same(self, connection, view):
        """Return the one unlinked partner of the same name and the same tax number or e-mail address; else none."""
        partners = self.env["res.partner"]
        keys = [(field, view[name]) for name, field in (("tax_number", "vat"), ("email", "email")) if view.get(name)]
        if not keys or not view.get("name"):
            return partners
        found = partners.search(
            [
                ("parent_id", "=", False),
                ("name", "=ilike", view["name"].replace("%", r"\%").replace("_", r"\_")),
                ("company_id", "in", (False, connection.company_id.id)),
                *(["|"] * (len(keys) - 1)),
                *((field, "=ilike", value) for field, value in keys),
            ],
            limit=2,
        )
        linked = self.env["xero.link"]._map(connection, "Contact", "res.partner", found.ids)
        free = found.filtered(lambda partner: partner.id not in linked)
        return free if len(found) == 1 and free else partners
