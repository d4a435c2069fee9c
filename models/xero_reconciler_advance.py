"""Money without a document: over- and prepayments in Xero, open payments in Odoo."""

from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ..mappers.inbound_payment import credit_view
from ..mappers.inbound_values import decimal, lower
from ..mappers.reconcile_document import ZERO, Facts, Found
from ..xero_api.money import cents
from ..xero_api.money import rate as rounded_rate
from .xero_payment_ledger import SETTLED
from .xero_reconciler import CHUNK
from .xero_reconciliation_sheet import GONE, Subject

ADVANCES = ("Overpayment", "Prepayment")
ENDED = ("canceled", "rejected", "draft")


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    # === XERO'S === #

    def _step_advances(self, report, sheet, work):
        """Compare the next over- and prepayments with the payments that stand for them."""
        domain = [("snapshot_id", "=", report.snapshot_id.id), ("xero_type", "in", ADVANCES)]
        domain.append(("id", ">", work["after"]))
        elements = self.env["xero.snapshot.element"].search(domain, order="id", limit=CHUNK)
        links = self._advance_links(report, elements)
        payments = self.env["account.payment"].sudo().browse([link.res_id for link in links.values()]).exists()
        by_id = {payment.id: payment for payment in payments}
        open_amounts = self._open_amounts(payments.move_id.ids)
        waiting = {kind: self._busy_elements(report, kind, elements.mapped("xero_id")) for kind in ADVANCES}
        for element in elements:
            link = links.get((element.xero_type, element.xero_id))
            payment = by_id.get(link and link.res_id, payments.browse())
            moments = (link.synced_at, payment.write_date) if link else ()
            changed = self._is_changed_since(work, *moments, in_doubt=False)
            if lower(element.xero_id) in waiting[element.xero_type] or changed:
                sheet.on_the_way += 1
            elif not link or link.state != "ignored":
                self._judge_advance(report, sheet, element, link, payment, open_amounts)
        return elements[-1].id if len(elements) == CHUNK else None

    def _advance_links(self, report, elements) -> dict:
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", report.connection_id.id),
                ("xero_type", "in", ADVANCES),
                ("xero_id", "in", elements.mapped("xero_id")),
            ]
        )
        return {(link.xero_type, link.xero_id): link for link in links}

    def _open_amounts(self, move_ids) -> dict:
        """Return ``{entry: what is open of it}``, in the currency of its lines, without sign."""
        self.env["account.move.line"].flush_model(["amount_residual_currency"])
        rows = self.env.execute_query(
            SQL(
                """SELECT l.move_id, ABS(SUM(l.amount_residual_currency)) FROM account_move_line l
                     JOIN account_account a ON a.id = l.account_id
                    WHERE l.move_id = ANY(%s) AND a.account_type IN %s GROUP BY 1""",
                list(move_ids),
                SETTLED,
            )
        )
        return {move_id: cents(Decimal(f"{amount:.6f}")) for move_id, amount in rows}

    def _judge_advance(self, report, sheet, element, link, payment, open_amounts):
        view, gone = credit_view(element.data), element.status in GONE
        remaining, total = cents(decimal(view.get("remaining"))), cents(decimal(view.get("total")))
        subject = Subject(payment or None, element, rate=rounded_rate(decimal(view.get("rate") or "1")))
        alive = bool(payment) and payment.state not in ENDED
        if not gone:
            self._add_advance("xero", sheet, element, subject, remaining)
        if not link:
            if not gone and remaining and element.date and element.date >= report.from_date:
                found = Found("advance_missing_odoo", "", f"{remaining:.2f}", -remaining)
                sheet.differ(found, subject)
            return
        sheet.compared += 1
        open_here = open_amounts.get(payment.move_id.id, ZERO) if alive else ZERO
        if alive:
            self._add_advance("odoo", sheet, element, subject, open_here)
        if alive == gone:
            self._differ_in_life(sheet, element, subject, payment, total, gone)
        elif alive:
            self._differ_in_amount(sheet, subject, payment, total, open_here, remaining)

    def _differ_in_life(self, sheet, element, subject, payment, total, gone):
        states = dict(payment._fields["state"]._description_selection(self.env))
        state = states.get(payment.state, "") if payment else self.env._("Deleted")
        sheet.differ(Found("advance_voided", state, element.status, total if gone else -total), subject)

    def _differ_in_amount(self, sheet, subject, payment, total, open_here, remaining):
        mine = cents(Decimal(f"{payment.amount:.6f}"))
        if mine != total or open_here != remaining:
            told = [self.env._("%(open)s of %(total)s open", open=one, total=all_) for one, all_ in (
                (f"{open_here:.2f}", f"{mine:.2f}"), (f"{remaining:.2f}", f"{total:.2f}"))]  # fmt: skip
            sheet.differ(Found("advance_differs", *told, open_here - remaining or mine - total), subject)

    def _add_advance(self, side, sheet, element, subject, amount):
        """An open advance lowers what the contact owes, or what is owed to it."""
        ledger = "payable" if str(element.data.get("Type") or "").startswith("SPEND") else "receivable"
        facts = Facts(rate=subject.rate)
        key = {
            "section": "document",
            "document_type": "ADVANCE",
            "side": ledger,
            "currency_code": element.currency,
        }
        sheet.add(side, key, subject, count=1, amount=-amount, due=-amount, base=-facts.base(amount))
        sheet.add_contact(
            side,
            subject,
            ledger,
            lower(element.contact_xero_id),
            None,
            element.currency,
            -amount,
            -facts.base(amount),
        )

    # === ODOO'S === #

    def _step_open_payments(self, report, sheet, work):
        """Find payments in Odoo that are not used up and that Xero does not know as an over- or prepayment."""
        rows = self._open_payments(report, work["after"])
        payments = self.env["account.payment"].sudo().browse([row[0] for row in rows])
        contacts = self.env["xero.link"]._map(
            report.connection_id, "Contact", "res.partner", payments.partner_id.commercial_partner_id.ids
        )
        for payment, (_id, amount, balance) in zip(payments, rows):
            open_amount, base = cents(Decimal(f"{amount:.6f}")), cents(Decimal(f"{balance:.6f}"))
            subject = Subject(payment, rate=abs(open_amount / base) if base else Decimal(1))
            ledger = "receivable" if payment.partner_type == "customer" else "payable"
            sign = 1 if ledger == "receivable" else -1
            key = {"section": "document", "document_type": "ADVANCE", "side": ledger}
            key["currency_code"] = payment.currency_id.name
            amounts = {"amount": sign * open_amount, "due": sign * open_amount, "base": sign * base}
            sheet.add("odoo", key, subject, count=1, **amounts)
            partner = payment.partner_id.commercial_partner_id
            contact = contacts.get(partner.id)
            sheet.add_contact(
                "odoo",
                subject,
                ledger,
                lower(contact and contact.xero_id),
                partner.id,
                payment.currency_id.name,
                sign * open_amount,
                sign * base,
            )
            found = Found("advance_missing_xero", f"{abs(open_amount):.2f}", "", abs(open_amount))
            sheet.differ(found, subject, currency_code=payment.currency_id.name, date=payment.date)
        return rows[-1][0] if len(rows) == CHUNK else None

    def _open_payments(self, report, after) -> list[tuple]:
        """Return the next ``(payment, open amount, open balance)``; one query."""
        return self.env.execute_query(
            SQL(
                """SELECT p.id, SUM(l.amount_residual_currency), SUM(l.amount_residual)
                     FROM account_payment p JOIN account_move m ON m.id = p.move_id
                     JOIN account_move_line l ON l.move_id = m.id JOIN account_account a ON a.id = l.account_id
                    WHERE %(mine)s AND a.account_type IN %(settled)s AND p.date >= %(start)s AND p.id > %(after)s
                      AND NOT EXISTS (SELECT FROM xero_link k WHERE k.connection_id = %(connection)s
                          AND k.res_model = 'account.payment' AND k.res_id = p.id AND k.xero_type IN %(advances)s)
                    GROUP BY p.id HAVING SUM(l.amount_residual_currency) != 0 ORDER BY p.id LIMIT %(limit)s""",
                mine=self._posted_sql(report),
                settled=SETTLED,
                start=report.from_date,
                after=after,
                connection=report.connection_id.id,
                advances=ADVANCES,
                limit=CHUNK,
            )
        )
