from odoo import api, fields, models
from odoo.tools import SQL

from ..mappers.text import named
from .link.access import XERO_USER
from .privacy.xero_erasure import MERGING
from .queue.xero_sync_job import EVENT


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "xero.sync.mixin"]

    xero_contact_id = fields.Char(
        "Xero ID", compute="_compute_xero_sync", search="_search_xero_id", compute_sudo=True, groups=XERO_USER
    )

    def _set_xero_ids(self, links):
        super()._set_xero_ids(links)
        self.xero_contact_id = links.xero_id

    def _xero_company(self):
        """A contact shared by companies is shown and sent by the company that the user works in."""
        return self.company_id or self.env.company

    def _xero_refusal(self, scope):
        self.ensure_one()
        if self != self.commercial_partner_id:
            return self.env["xero.reason"]._(
                "%(name)s is a contact person of %(company)s: sync the company.",
                name=named(self.display_name),
                company=named(self.commercial_partner_id.display_name),
            )
        return None if self.name else self.env["xero.reason"]._("A contact without a name cannot be synced.")

    # === EVENTS === #

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._xero_tell()
        return partners

    def _xero_created(self) -> None:
        """Queue new customers and vendors, where the company wants all of them, and the companies of new contact
        persons.
        """
        self.filtered("parent_id")._xero_changed()
        new = self.filtered(lambda partner: not partner.parent_id and (partner.customer_rank or partner.supplier_rank))
        for company, partners in new.grouped(lambda partner: partner._xero_company()).items():
            scope = self.env["xero.connection"]._scope(company.id)
            if scope and scope.ranked_contacts:
                partners._xero_enqueue(scope)

    def _xero_lives_on(self):
        """Who is merged lives on in the other one."""
        return self.env.context.get("xero_merging") is MERGING

    def write(self, vals):
        erasure, known = self.env["xero.erasure"], None
        if "email" in vals and not vals["email"] and any(self.mapped("email")):
            known = erasure._remember(self, wholly=bool(vals.get("name")))
        left = self.commercial_partner_id if "parent_id" in vals else self.browse()
        result = super().write(vals)
        self._xero_tell(vals)
        (left - self.commercial_partner_id)._xero_lost_people()
        erasure._ask(known)
        return result

    def unlink(self):
        """Extend: who is deleted here is erased from what the connector keeps, too."""
        known = self.env["xero.erasure"]._remember(self)
        left = self.commercial_partner_id - self
        result = super().unlink()
        left._xero_lost_people()
        self.env["xero.erasure"]._ask(known)
        return result

    def _xero_lost_people(self) -> None:
        """Queue companies whose addresses or people left them."""
        if self and not self._xero_is_quiet():
            self._xero_changed()

    def _xero_changed(self) -> None:
        """Queue these contacts for every organisation that has them, or is being sent them; people count for their
        company.
        """
        ids = self.commercial_partner_id.ids
        if not ids:
            return
        rows = self.env.execute_query(
            SQL(
                """SELECT connection_id, res_id FROM xero_link
                WHERE res_model = 'res.partner' AND res_id = ANY(%(ids)s) AND xero_id IS NOT NULL
                UNION
               SELECT connection_id, res_id FROM xero_sync_job
                WHERE res_model = 'res.partner' AND res_id = ANY(%(ids)s) AND state NOT IN ('done', 'cancelled')""",
                ids=ids,
            )
        )
        by_connection = {}
        for connection_id, res_id in rows:
            by_connection.setdefault(connection_id, []).append(res_id)
        connections = self.env["xero.connection"].sudo().browse(by_connection).filtered("active")
        for connection in connections:
            scope = connection._scope(connection.company_id.id)
            if scope and scope.connection_id == connection.id:
                self._xero_enqueue_for(connection, by_connection[connection.id])

    def _xero_enqueue_for(self, connection, res_ids, priority=EVENT, run_id=None):
        """Queue partners for one organisation, whichever company they belong to, and wake its worker.

        :param connection: one ``xero.connection``
        :param res_ids: ids of commercial partners
        :param priority: lower is sooner
        :param run_id: id of the ``xero.run`` that they are part of
        """
        Job = self.env["xero.sync.job"].sudo()
        for mapper in self.env["xero.mapper"]._for_model(self._name):
            pairs = [(res_id, connection.company_id.id) for res_id in res_ids]
            Job._enqueue(connection.id, mapper, pairs, priority=priority, run_id=run_id)
        self.env["xero.sync.runner"]._wake(connection.ids)
