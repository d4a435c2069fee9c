"""Contacts, links that lead nowhere, and what is linked or stands twice."""

from odoo import models
from odoo.tools import SQL

from ...mappers.contact.canonical import canonical_contact
from .compare_document import Found
from .reconciler import CHUNK
from .worksheet import Subject

ARCHIVED = "ARCHIVED"
ACTIVE = "ACTIVE"
# What makes two contacts of Xero one: the name without blanks and case, or the tax number.
SAME_CONTACT = (
    "LOWER(REGEXP_REPLACE(TRIM(%(side)s.name), '[[:space:]]+', ' ', 'g'))",
    "NULLIF(UPPER(REGEXP_REPLACE(%(side)s.tax_number, '[^0-9A-Za-z]', '', 'g')), '')",
)


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    # === CONTACTS === #

    def _step_contacts(self, report, sheet, work):
        """Compare the next linked contacts."""
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", report.connection_id.id),
                ("xero_type", "=", "Contact"),
                ("xero_id", "!=", False),
                ("state", "!=", "ignored"),
                ("id", ">", work["after"]),
            ],
            order="id",
            limit=CHUNK,
        )
        elements = self._elements(report, "Contact", links.mapped("xero_id"))
        busy = self._busy_records(report, "res.partner", links.mapped("res_id"))
        waiting = self._busy_elements(report, "Contact", links.mapped("xero_id"))
        partners = self.env["res.partner"].sudo().with_context(active_test=False).browse(links.mapped("res_id"))
        partners = partners.exists()
        by_id = {partner.id: partner for partner in partners}
        sides = self._inbound(report, "Contact")._outgoing(report.connection_id, partners)
        for link in links:
            partner = by_id.get(link.res_id, partners.browse())
            changed = self._is_changed_since(work, link.synced_at, partner.write_date, in_doubt=False)
            if link.res_id in busy or link.xero_id.lower() in waiting or changed:
                sheet.on_the_way += 1
            elif partner:
                self._compare_contact(report, sheet, link, partner, elements.get(link.xero_id), sides[partner.id])
        return links[-1].id if len(links) == CHUNK else None

    def _compare_contact(self, report, sheet, link, partner, element, out):
        sheet.compared += 1
        subject = Subject(partner, element, xero_type="Contact", note=link.state == "conflict" and link.message)
        if element is None:
            sheet.differ(Found("vanished", partner.display_name, ""), subject, xero_id=link.xero_id)
            return
        archived = element.status not in (ACTIVE, None)
        if archived != (out.status == ARCHIVED):
            words = {True: self.env["xero.reason"]._("Archived"), False: self.env["xero.reason"]._("Active")}
            sheet.differ(Found("contact_archived", words[out.status == ARCHIVED], words[archived]), subject)
        elif not archived:
            self._compare_names(sheet, subject, canonical_contact(out.payload), canonical_contact(element.data))

    def _compare_names(self, sheet, subject, mine, theirs):
        if mine.get("name") != theirs.get("name"):
            sheet.differ(Found("contact_name", mine.get("name"), theirs.get("name")), subject)
        # What is empty in Odoo is not sent, so that Xero's stays.
        if mine.get("tax_number") and mine["tax_number"] != theirs.get("tax_number"):
            sheet.differ(Found("contact_tax_number", mine["tax_number"], theirs.get("tax_number")), subject)

    # === LINKS === #

    def _step_vanished(self, report, sheet, work):
        """Find links of payments and advances to something that the organisation does not have."""
        rows = self.env.execute_query(
            SQL(
                """SELECT l.id FROM xero_link l
                    WHERE l.connection_id = %s AND l.xero_type IN ('Payment', 'Overpayment', 'Prepayment')
                      AND l.xero_id IS NOT NULL AND l.state != 'ignored' AND l.id > %s
                      AND COALESCE(l.xero_status, '') NOT IN ('DELETED', 'VOIDED') AND NOT EXISTS (
                          SELECT FROM xero_snapshot_element e WHERE e.snapshot_id = %s AND e.xero_type = l.xero_type
                             AND e.xero_id = l.xero_id)
                    ORDER BY l.id LIMIT %s""",
                report.connection_id.id,
                work["after"],
                report.snapshot_id.id,
                CHUNK,
            )
        )
        links = self.env["xero.link"].browse([link_id for [link_id] in rows])
        for link in links:
            record = self.env[link.res_model].sudo().browse(link.res_id).exists()
            if self._is_changed_since(work, link.synced_at, in_doubt=False):
                sheet.on_the_way += 1
            elif record and self._is_alive(record):
                subject = Subject(record, xero_type=link.xero_type)
                sheet.differ(Found("vanished", record.display_name, ""), subject, xero_id=link.xero_id)
        return links[-1].id if len(links) == CHUNK else None

    def _is_alive(self, record) -> bool:
        """Whether ``record``, a payment or a part of one, is to stand in Xero."""
        if record._name == "xero.payment.part":
            return not record.over
        return record.state not in ("canceled", "rejected", "draft")

    # === TWICE === #

    def _step_twice(self, report, sheet, work):
        """Find elements that two records are linked to, contacts that stand twice in Xero, and count the rest."""
        for link_id, element_id in self._shared_links(report):
            link = self.env["xero.link"].browse(link_id)
            record = self.env[link.res_model].sudo().browse(link.res_id).exists()
            element = self.env["xero.snapshot.element"].browse(element_id or [])
            sheet.differ(
                Found("shared", link.record_name or "", element.number or element.name or ""),
                Subject(record or None, element or None, xero_type=link.xero_type),
                xero_id=link.xero_id,
            )
        for element_id, partner_id in self._double_contacts(report):
            element = self.env["xero.snapshot.element"].browse(element_id)
            partner = self.env["res.partner"].sudo().browse(partner_id)
            sheet.differ(Found("contact_duplicate", partner.display_name, element.name), Subject(partner, element))
        sheet.out_of_scope += self._count_out_of_scope(report)

    def _shared_links(self, report, links=None) -> list[tuple]:
        """Return ``(link, element)`` of second links to an element: the database
        forbids them, unless they write its id in capitals.

        :param links: look only at these
        """
        return self.env.execute_query(
            SQL(
                """SELECT l.id, e.id FROM xero_link l JOIN xero_link first ON first.connection_id = l.connection_id
                      AND first.xero_type = l.xero_type AND first.xero_id = LOWER(l.xero_id)
                      AND l.xero_id != LOWER(l.xero_id)
                     LEFT JOIN xero_snapshot_element e ON e.snapshot_id = %s AND e.xero_type = l.xero_type
                      AND e.xero_id = LOWER(l.xero_id)
                    WHERE l.connection_id = %s AND l.xero_type != 'Allocation' AND %s ORDER BY l.id""",
                report.snapshot_id.id,
                report.connection_id.id,
                SQL("TRUE") if links is None else SQL("l.id = ANY(%s)", links.ids),
            )
        )

    def _double_contacts(self, report) -> list[tuple]:
        """Return ``(element, partner)``: active unlinked contacts with name or tax number of a linked one."""
        halves = [
            SQL(
                """SELECT b.id AS element_id, l.res_id FROM xero_snapshot_element a
                     JOIN xero_link l ON l.connection_id = %(connection)s AND l.xero_type = 'Contact'
                      AND l.xero_id = a.xero_id AND l.res_model = 'res.partner'
                     JOIN xero_snapshot_element b ON b.snapshot_id = a.snapshot_id AND b.xero_type = 'Contact'
                      AND b.status = 'ACTIVE' AND b.id != a.id AND %(mine)s = %(other)s
                    WHERE a.snapshot_id = %(snapshot)s AND a.xero_type = 'Contact' AND a.status = 'ACTIVE'
                      AND NOT EXISTS (SELECT FROM xero_link k WHERE k.connection_id = %(connection)s
                                         AND k.xero_type = 'Contact' AND k.xero_id = b.xero_id)""",
                connection=report.connection_id.id,
                snapshot=report.snapshot_id.id,
                mine=SQL(key % {"side": "a"}),
                other=SQL(key % {"side": "b"}),
            )
            for key in SAME_CONTACT
        ]
        return self.env.execute_query(
            SQL("SELECT element_id, MIN(res_id) FROM (%s UNION %s) AS found GROUP BY 1 ORDER BY 1", *halves)
        )

    def _count_out_of_scope(self, report) -> int:
        """Return how many posted documents of Odoo are not to be synced: too old, of another kind or journal."""
        scope = self.env["xero.connection"]._scope(report.company_id.id)
        if not scope:
            return 0
        [[count]] = self.env.execute_query(
            SQL(
                """SELECT COUNT(*) FROM account_move m WHERE %s AND m.move_type IN %s AND %s
                      AND NOT (m.move_type IN %s AND NOT m.journal_id = ANY(%s) AND (%s))""",
                self._posted_sql(report),
                ("out_invoice", "in_invoice", "out_refund", "in_refund", "out_receipt", "in_receipt"),
                self._unlinked_sql(report),
                tuple(scope.move_types) or ("",),
                list(scope.excluded_journals),
                self._time_in_scope_sql(report, scope),
            )
        )
        return count
