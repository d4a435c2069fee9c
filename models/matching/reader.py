"""Reads both sides for the matching: few queries, plain values out."""

from collections import defaultdict, namedtuple
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ...xero_api import codec
from ..connection.xero_connection import MOVE_TYPE_SETTINGS
from .keys import code
from .match_contact import parties_of_contacts
from .match_document import DocumentFacts

# Xero's type of element and document, and Odoo's.
DOCUMENT_KINDS = {
    "out_invoice": ("Invoice", "ACCREC", ("out_invoice", "out_receipt")),
    "in_invoice": ("Invoice", "ACCPAY", ("in_invoice", "in_receipt")),
    "out_refund": ("CreditNote", "ACCRECCREDIT", ("out_refund",)),
    "in_refund": ("CreditNote", "ACCPAYCREDIT", ("in_refund",)),
}
READ_AT_ONCE = 1000
Element = namedtuple("Element", "id xero_id number name contact status date currency total reference")
Move = namedtuple(
    "Move", "id name ref payment_reference day due currency total partner_id partner_name contact residual"
)


class XeroMatchReader(models.AbstractModel):
    """Runs as superuser in the company of the connection.

    ``connection`` is one ``xero.connection``, ``snapshot`` one ``xero.snapshot`` of it; ``kind`` is a key of
    ``DOCUMENT_KINDS``, a move type. With ids only those are read, as far as they have no link.
    """

    _name = "xero.match.reader"
    _description = "Xero Match Reader"

    # === ODOO'S CONTACTS === #

    def _partner_values(self, connection, partner_ids=None) -> list[dict]:
        """Return what identifies the commercial partners that have no link; three queries.

        :param partner_ids: only these
        :return: the values that ``match_contact.party_of_partner`` takes, and ``ranked``: whether it is a customer or
            vendor
        """
        self.env.flush_all()
        companies = self.env["xero.sync.runner"]._served_companies(connection)
        rows = self.env.execute_query_dict(
            SQL(
                """
            SELECT p.id, p.name, p.is_company, p.active, p.vat, c.code AS country, p.company_registry, p.ref, p.email,
                   p.phone, p.street, p.zip, p.customer_rank + p.supplier_rank > 0 AS ranked
              FROM res_partner p LEFT JOIN res_country c ON c.id = p.country_id
             WHERE p.commercial_partner_id = p.id AND COALESCE(p.name, '') != ''
               AND (p.company_id IS NULL OR p.company_id IN %(companies)s)
               AND (%(all)s OR p.id = ANY(%(ids)s))
               AND NOT EXISTS (SELECT FROM xero_link l WHERE l.res_model = 'res.partner' AND l.res_id = p.id
                                  AND l.connection_id = %(connection)s AND l.xero_id IS NOT NULL)
               AND NOT EXISTS (SELECT FROM res_company o WHERE o.partner_id = p.id AND o.id IN %(companies)s)
               AND NOT (p.customer_rank + p.supplier_rank = 0
                        AND EXISTS (SELECT FROM res_users u WHERE u.partner_id = p.id AND NOT u.share))
             ORDER BY p.id
            """,
                companies=tuple(companies.ids),
                all=partner_ids is None,
                ids=list(partner_ids or []),
                connection=connection.id,
            )
        )
        by_id = {row["id"]: row for row in rows}
        for row in rows:
            row |= {
                "emails": [row["email"]] if row["email"] else [],
                "phones": [row["phone"]] if row["phone"] else [],
                "places": [(row["street"], row["zip"])],
                "banks": [],
            }
        self._add_parts(by_id)
        return rows

    def _add_parts(self, by_id: dict) -> None:
        """Add what the people and addresses of the partners state, and their bank accounts."""
        parts = self.env.execute_query(
            SQL(
                """SELECT commercial_partner_id, email, phone, street, zip FROM res_partner
                    WHERE commercial_partner_id = ANY(%s) AND id != commercial_partner_id AND active ORDER BY id""",
                list(by_id),
            )
        )
        for owner, email, phone, street, zip_code in parts:
            row = by_id[owner]
            row["emails"] += [email] if email else []
            row["phones"] += [phone] if phone else []
            row["places"].append((street, zip_code))
        accounts = self.env.execute_query(
            SQL(
                "SELECT partner_id, acc_number FROM res_partner_bank WHERE active AND partner_id = ANY(%s)", list(by_id)
            )
        )
        for owner, number in accounts:
            by_id[owner]["banks"].append(number)

    def _partner_fingerprint(self, values: dict) -> str:
        return codec.digest({name: str(value) for name, value in sorted(values.items())})

    # === XERO'S CONTACTS === #

    def _contact_parties(self, snapshot, xero_ids=None) -> tuple[list, dict]:
        """Return parties of the contacts without a link, and ``{xero id: (element id, status)}``.

        :param xero_ids: Xero's ids
        :return: parties are ``PartyFacts`` of ``match_contact``
        """
        elements = self.env["xero.snapshot.element"]
        rows = elements.search_fetch(
            [
                ("snapshot_id", "=", snapshot.id),
                ("xero_type", "=", "Contact"),
                *([("xero_id", "in", list(xero_ids))] if xero_ids is not None else []),
            ],
            ["xero_id"],
            order="id",
        )
        linked = self._linked_ids(snapshot.connection_id, "Contact")
        known, found = [], {}
        for start in range(0, len(rows), READ_AT_ONCE):
            chunk = rows[start : start + READ_AT_ONCE]
            for row in chunk:
                if row.xero_id not in linked:
                    known.append(_identity(row.data))
                    found[row.xero_id] = (row.id, row.status)
            chunk.invalidate_recordset(flush=False)
        proven = self.env["xero.identity"]._proven(snapshot.connection_id, "Contact", known)
        return parties_of_contacts(known, lambda element: proven.get(element["ContactID"])), found

    def _linked_ids(self, connection, xero_type) -> set:
        rows = self.env.execute_query(
            SQL(
                """SELECT xero_id FROM xero_link
                    WHERE connection_id = %s AND xero_type = ANY(%s) AND xero_id IS NOT NULL""",
                connection.id,
                list(self.env["xero.mapper"]._family(xero_type)),
            )
        )
        return {xero_id for [xero_id] in rows}

    # === DOCUMENTS === #

    def _moves(self, connection, kind, move_ids=None) -> list[Move]:
        """Return posted documents of a kind that have no link; one query.

        :param move_ids: of ``account.move``
        """
        self.env.flush_all()
        xero_type, _type, move_types = DOCUMENT_KINDS[kind]
        wanted = [move_type for move_type in move_types if connection[MOVE_TYPE_SETTINGS[move_type]]]
        companies = self.env["xero.sync.runner"]._served_companies(connection)
        rows = self.env.execute_query(
            SQL(
                """
            SELECT m.id, m.name, m.ref, m.payment_reference, COALESCE(m.invoice_date, m.date), m.invoice_date_due,
                   c.name, m.amount_total, p.id, p.name, l.xero_id, m.amount_residual
              FROM account_move m
              JOIN res_currency c ON c.id = m.currency_id
              LEFT JOIN res_partner p ON p.id = m.commercial_partner_id
              LEFT JOIN xero_link l ON l.res_model = 'res.partner' AND l.res_id = p.id AND l.xero_type = 'Contact'
                     AND l.connection_id = %(connection)s
             WHERE m.company_id IN %(companies)s AND m.move_type IN %(types)s AND m.state = 'posted'
               AND NOT m.journal_id = ANY(%(excluded)s) AND (%(all)s OR m.id = ANY(%(ids)s))
               AND NOT EXISTS (SELECT FROM xero_link d WHERE d.res_model = 'account.move' AND d.res_id = m.id
                                  AND d.connection_id = %(connection)s AND d.xero_id IS NOT NULL)
             ORDER BY m.id
            """,
                connection=connection.id,
                companies=tuple(companies.ids),
                types=tuple(wanted) or ("",),
                excluded=connection.excluded_journal_ids.ids,
                all=move_ids is None,
                ids=list(move_ids or []),
            )
        )
        return [Move(*row) for row in rows]

    def _move_paper(self, move: Move, kind) -> DocumentFacts:
        sale = kind.startswith("out_")
        numbers = (move.name, move.payment_reference) if sale else (move.ref or move.name,)
        return DocumentFacts(
            key=move.id,
            contact=(move.contact or "").lower(),
            known=True,
            numbers=tuple(filter(None, numbers)),
            reference=code(move.ref) if sale else "",
            day=move.day,
            currency=move.currency,
            total=_cents(move.total),
        )

    def _move_fingerprint(self, move: Move) -> str:
        return codec.digest([str(value) for value in move])

    def _documents(self, snapshot, kind, xero_ids=None) -> list[Element]:
        """Return Xero's documents of a kind that have no link; one query.

        :param xero_ids: Xero's ids
        """
        xero_type, document_type, _types = DOCUMENT_KINDS[kind]
        rows = self.env.execute_query(
            SQL(
                """
            SELECT e.id, e.xero_id, e.number, e.name, e.contact_xero_id, e.status, e.date, e.currency, e.total,
                   e.reference
              FROM xero_snapshot_element e
             WHERE e.snapshot_id = %(snapshot)s AND e.xero_type = %(type)s AND e.document_type = %(document_type)s
               AND e.status != 'DELETED' AND (%(all)s OR e.xero_id = ANY(%(ids)s))
               AND NOT EXISTS (SELECT FROM xero_link l WHERE l.connection_id = e.connection_id
                                  AND l.xero_type = ANY(%(family)s) AND l.xero_id = e.xero_id)
             ORDER BY e.id
            """,
                snapshot=snapshot.id,
                type=xero_type,
                family=list(self.env["xero.mapper"]._family(xero_type)),
                document_type=document_type,
                all=xero_ids is None,
                ids=list(xero_ids or []),
            )
        )
        return [Element(*row) for row in rows]

    def _document_paper(self, element: Element, linked: set) -> DocumentFacts:
        return DocumentFacts(
            key=element.xero_id,
            contact=(element.contact or "").lower(),
            known=(element.contact or "").lower() in linked,
            numbers=(element.number,) if element.number else (),
            reference=code(element.reference),
            day=element.date,
            currency=element.currency or "",
            total=_cents(element.total),
            status=element.status or "",
        )

    # === PAYMENTS === #

    def _settlements(self, move_ids) -> dict:
        """Return what settles each document in Odoo: ``{move id: [row]}``; two queries.

        A row has entry_id, payment_id (when all of that payment went here), journal_id, day, amount (in the currency of
        the document), kind (payment, statement or other) and name.

        :param move_ids: of ``account.move``
        """
        found = defaultdict(list)
        for row in self.env.execute_query_dict(self._partials_sql(list(move_ids))):
            found[row.pop("move_id")].append(row)
        for row in self.env.execute_query_dict(self._entryless_sql(list(move_ids))):
            found[row.pop("move_id")].append(row)
        return found

    def _partials_sql(self, move_ids) -> SQL:
        return SQL(
            """
            WITH parts AS (
                SELECT d.move_id, o.move_id AS entry_id, r.debit_amount_currency AS amount
                  FROM account_partial_reconcile r
                  JOIN account_move_line d ON d.id = r.debit_move_id JOIN account_move_line o ON o.id = r.credit_move_id
                 WHERE d.move_id = ANY(%(ids)s)
                UNION ALL
                SELECT d.move_id, o.move_id, r.credit_amount_currency
                  FROM account_partial_reconcile r
                  JOIN account_move_line d ON d.id = r.credit_move_id JOIN account_move_line o ON o.id = r.debit_move_id
                 WHERE d.move_id = ANY(%(ids)s))
            SELECT p.move_id, p.entry_id, e.journal_id, e.date AS day, SUM(p.amount) AS amount, e.name,
                   CASE WHEN e.origin_payment_id IS NOT NULL THEN 'payment'
                        WHEN e.statement_line_id IS NOT NULL THEN 'statement' ELSE 'other' END AS kind,
                   CASE WHEN y.amount = SUM(p.amount) THEN y.id END AS payment_id
              FROM parts p JOIN account_move e ON e.id = p.entry_id
              LEFT JOIN account_payment y ON y.id = e.origin_payment_id
             GROUP BY p.move_id, p.entry_id, e.id, y.id ORDER BY p.move_id, e.date, e.id
            """,
            ids=move_ids,
        )

    def _entryless_sql(self, move_ids) -> SQL:
        """Payments registered on a document that have no entry, as editions without bank matching make them."""
        return SQL(
            """
            SELECT r.invoice_id AS move_id, NULL::int AS entry_id, y.journal_id, y.date AS day, y.amount, y.name,
                   'payment' AS kind, y.id AS payment_id
              FROM account_move__account_payment r JOIN account_payment y ON y.id = r.payment_id
             WHERE r.invoice_id = ANY(%s) AND y.move_id IS NULL AND y.state IN ('in_process', 'paid')
            """,
            move_ids,
        )


def _identity(element: dict) -> dict:
    """Return of a contact what tells who it is; the rest of the element is let go."""
    names = (
        "ContactID Name ContactNumber AccountNumber CompanyNumber TaxNumber EmailAddress BankAccountDetails Phones "
        "Addresses ContactPersons ContactStatus MergedToContactID"
    )
    return {name: element[name] for name in names.split() if element.get(name)}


def _cents(value) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))
