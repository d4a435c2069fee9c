"""Payments and credits: what Odoo reconciled against what Xero applied, and the money without a document."""

from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ...mappers.payment.canonical import TARGETS, account_of, allocations_of, canonical_credit, credits_on
from ...mappers.values import day, decimal, lower
from ...xero_api.money import cents
from ...xero_api.money import rate as rounded_rate
from ..inbound.importer_document import SETTLED
from .compare_document import ZERO, Facts, Found
from .compare_settlement import Item
from .reconciler import BUSY, CHUNK
from .worksheet import GONE, Subject

DOCUMENT_TYPES = ("out_invoice", "in_invoice", "out_refund", "in_refund", "out_receipt", "in_receipt")
ADVANCES = ("Overpayment", "Prepayment")
ENDED = ("canceled", "rejected", "draft")
# Kinds of what a payment settles besides money.
WRITE_OFF, CREDIT = "write_off", "credit"


class Settled:
    """What settles a piece's documents on both sides."""

    def __init__(self):
        self.odoo = defaultdict(list)
        self.xero = defaultdict(list)
        self.moments = {}
        self.busy = set()
        self.linked_invoices = set()
        self.is_credit = False
        self.accounts = {}

    def of(self, move_id):
        return self.odoo[move_id], self.xero[move_id]

    def changed(self, move_id):
        """Return when the document was settled last in Odoo; ``None`` when never."""
        return self.moments.get(move_id)

    def is_busy(self, move_id) -> bool:
        """Whether a payment of the document waits to be sent or read."""
        return move_id in self.busy

    def is_reported_elsewhere(self, move_id, one, other) -> bool:
        """A credit applied to a linked invoice is told of on the invoice, not on the credit note as well."""
        if not self.is_credit:
            return False
        keys = {item.key for item in (one, other) if item is not None and item.credit}
        return bool(keys & self.linked_invoices)

    def in_words(self, difference) -> dict:
        if difference.kind != "payment_account":
            return {}
        return {
            "odoo": self.accounts.get(difference.odoo, difference.odoo),
            "xero": self.accounts.get(difference.xero, difference.xero),
        }

    def columns(self, one, other) -> dict:
        """Return the columns of a difference that say which payment or credit it is about."""
        model, res_id = (one and one.record) or (False, False)
        xero_type, xero_id = (other and other.xero) or (False, (one and one.key) or False)
        return {"item_model": model, "item_id": res_id, "item_type": xero_type, "item_xero_id": xero_id}


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    def _settlements(self, report, xero_type, links, moves, elements) -> Settled:
        """Return what settles ``moves`` and their counterparts in Xero; a fixed number of queries.

        :param links: ``xero.link`` of the documents
        :param moves: those of them that exist
        :param elements: ``{xero id: xero.snapshot.element}``
        """
        settled = Settled()
        settled.is_credit = xero_type == "CreditNote"
        accounts = self.env["xero.account"].search([("connection_id", "=", report.connection_id.id)])
        settled.accounts = {account.xero_id: account.display_name for account in accounts}
        self._read_odoo(report, settled, moves)
        keys = {account.code: account.xero_id for account in accounts if account.code}
        self._read_xero(report, settled, xero_type, links, elements, keys)
        self._read_linked(report, settled, elements)
        return settled

    # === ODOO === #

    def _read_odoo(self, report, settled, moves):
        entries = moves.filtered(lambda move: move.move_type == "entry")
        rows = self._partials((moves - entries).ids)
        others = {row["other_id"] for row in rows}
        names = self._credit_names(report, rows)
        payments = self._payment_names(report, {row["payment_id"] for row in rows} - {None})
        parts = self._parts(report, others, moves.ids)
        journals = self._journal_accounts(report)
        for row in rows:
            move_id = row["move_id"]
            settled.moments[move_id] = max(settled.moments.get(move_id, row["made_at"]), row["made_at"])
            for item in self._odoo_items(row, names, payments, parts, journals):
                settled.odoo[move_id].append(item)
        self._read_discounts(report, settled, entries)
        settled.busy |= self._busy_parts(report, moves.ids)

    def _read_discounts(self, report, settled, entries):
        """What the credit notes of payments' discounts are applied to is told by their parts."""
        parts = self.env["xero.payment.part"]._discounts_of(report.connection_id, entries)
        names = self._linked_names(report, parts.document_id.ids)
        for part in parts:
            settled.moments[part.entry_id.id] = part.write_date
            record, key = ("account.move", part.document_id.id), names.get(part.document_id.id, "")
            settled.odoo[part.entry_id.id].append(Item(key, part._amount(), record=record, credit=True))

    def _partials(self, move_ids) -> list[dict]:
        """Return what is reconciled with each document, by the other entry, in the document's currency.

        Three queries by id, rather than one whose plan depends on statistics that may be old.

        :param move_ids: ids of ``account.move``
        :return: dicts with ``move_id``, ``amount`` (``Decimal``), ``made_at`` (naive UTC, the latest) and what is known
            of the other entry
        """
        owners = self._settled_lines(move_ids)
        partials = self._partials_of(owners)
        others = self._entries_of({theirs for _mine, theirs, _amount, _made_at in partials})
        found = {}
        for mine, theirs, amount, made_at in partials:
            key = owners[mine], others[theirs]["other_id"]
            row = found.setdefault(
                key, {**others[theirs], "move_id": owners[mine], "amount": Decimal(0), "made_at": made_at}
            )
            row["amount"] += Decimal(str(amount or 0))
            row["made_at"] = max(row["made_at"], made_at)
        self._count_as_xero(found, move_ids)
        return [row for _key, row in sorted(found.items()) if row["amount"]]

    def _count_as_xero(self, found, move_ids) -> None:
        """Of documents in thousandths, take what each settles in cents, as it is sent.

        :param found: ``{(document id, other entry's id): row}``
        """
        fine = self.env["res.currency"].search([("rounding", "<", 0.01)])
        domain = [("id", "in", list(move_ids)), ("currency_id", "in", fine.ids)]
        for move in self.env["account.move"].sudo().search(domain) if fine else ():
            told = defaultdict(Decimal)
            for partial, amount in self.env["xero.payment.ledger"]._xero_amounts(move).items():
                told[((partial.debit_move_id | partial.credit_move_id).move_id - move).id] += amount
            for other_id, amount in told.items():
                if (move.id, other_id) in found:
                    found[move.id, other_id]["amount"] = amount

    def _settled_lines(self, move_ids) -> dict[int, int]:
        """Return ``{line: document}`` of receivables and payables."""
        self.env["account.move.line"].flush_model()
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        accounts = accounts.search([("account_type", "in", SETTLED)])
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, move_id FROM account_move_line WHERE move_id = ANY(%s) AND account_id = ANY(%s)",
                    list(move_ids),
                    accounts.ids,
                )
            )
        )

    def _partials_of(self, owners) -> list[tuple]:
        """Return ``(own line, other line, amount in the own line's currency, when)``."""
        self.env["account.partial.reconcile"].flush_model()
        halves = [
            SQL(
                "SELECT %(mine)s, %(theirs)s, %(amount)s, create_date FROM account_partial_reconcile"
                " WHERE %(mine)s = ANY(%(lines)s)",
                mine=SQL.identifier(f"{mine}_move_id"),
                theirs=SQL.identifier(f"{theirs}_move_id"),
                amount=SQL.identifier(f"{mine}_amount_currency"),
                lines=list(owners),
            )
            for mine, theirs in (("debit", "credit"), ("credit", "debit"))
        ]
        return self.env.execute_query(SQL("%s UNION ALL %s", *halves))

    def _entries_of(self, line_ids) -> dict[int, dict]:
        """Return ``{line: facts of its entry}``."""
        self.env["account.move"].flush_model()
        names = ("other_id", "move_type", "payment_id", "date", "journal_id")
        rows = self.env.execute_query(
            SQL(
                """SELECT l.id, m.id, m.move_type, m.origin_payment_id, m.date, m.journal_id
                     FROM account_move_line l JOIN account_move m ON m.id = l.move_id WHERE l.id = ANY(%s)""",
                list(line_ids),
            )
        )
        return {line_id: dict(zip(names, facts)) for line_id, *facts in rows}

    def _odoo_items(self, row, names, payments, parts, journals):
        amount, other_id = cents(Decimal(f"{row['amount']:.6f}")), row["other_id"]
        if row["move_type"] in DOCUMENT_TYPES:
            return [Item(names.get(other_id, ""), amount, record=("account.move", other_id), credit=True)]
        record = ("account.payment", row["payment_id"]) if row["payment_id"] else ("account.move", other_id)
        kind, key = payments.get(row["payment_id"], (None, ""))
        if kind in ADVANCES:
            return [Item(key, amount, record=record, credit=True)]
        accounts = journals.get(row["journal_id"], frozenset())
        date, account = row["date"].isoformat(), min(accounts, default="")
        own = parts.get((other_id, row["move_id"])) or []
        if own and sum(part[1] for part in own) == amount:
            return [
                Item(part_key, part_amount, record=record, credit=True)
                if kind == CREDIT
                else Item(
                    part_key,
                    part_amount,
                    date,
                    "" if kind == WRITE_OFF else account,
                    record=("xero.payment.part", part_id),
                    accounts=accounts,
                )
                for part_id, part_amount, kind, part_key in own
            ]
        if own:
            key, record = own[0][3], ("xero.payment.part", own[0][0])
        return [Item(key, amount, date, account, record=record, accounts=accounts)]

    def _credit_names(self, report, rows) -> dict:
        """Return ``{move id: Xero's id}`` of the documents that settle others."""
        return self._linked_names(report, [row["other_id"] for row in rows if row["move_type"] in DOCUMENT_TYPES])

    def _linked_names(self, report, move_ids) -> dict:
        """Return ``{move id: Xero's id in small letters}`` of linked documents."""
        links = self.env["xero.link"].search_fetch(
            [
                ("connection_id", "=", report.connection_id.id),
                ("res_model", "=", "account.move"),
                ("res_id", "in", move_ids),
                ("xero_id", "!=", False),
            ],
            ["res_id", "xero_id"],
        )
        return {link.res_id: lower(link.xero_id) for link in links}

    def _payment_names(self, report, payment_ids) -> dict:
        """Return ``{payment id: (type, Xero's id)}`` of payments that were taken over from Xero."""
        links = self.env["xero.link"].search_fetch(
            [
                ("connection_id", "=", report.connection_id.id),
                ("res_model", "=", "account.payment"),
                ("res_id", "in", list(payment_ids)),
                ("xero_id", "!=", False),
            ],
            ["res_id", "xero_id", "xero_type"],
        )
        return {link.res_id: (link.xero_type, lower(link.xero_id)) for link in links}

    def _parts(self, report, entry_ids, move_ids) -> dict:
        """Return ``{(entry, document): [(part id, amount, kind, Xero's id)]}`` of what is sent.

        :param entry_ids: ids of ``account.move``, payments
        :param move_ids: ids of ``account.move``, documents
        :return: amounts are ``Decimal`` in the document's currency; kinds are empty, ``WRITE_OFF`` or ``CREDIT``
        """
        domain = [
            ("connection_id", "=", report.connection_id.id),
            ("over", "=", False),
            ("entry_id", "in", list(entry_ids)),
            ("document_id", "in", list(move_ids)),
        ]
        parts = self.env["xero.payment.part"]._payments(domain)
        discounts = self.env["xero.payment.part"]._credits(domain).filtered(lambda part: part._is_discount())
        notes = self._linked_names(report, discounts.entry_id.ids) if discounts else {}
        links = self.env["xero.link"]._map(report.connection_id, "Payment", parts._name, parts.ids)
        found = defaultdict(list)
        for part in parts.sorted("id"):
            xero_id = lower(links[part.id].xero_id) if part.id in links else ""
            kind = WRITE_OFF if part.account_id else ""
            found[part.entry_id.id, part.document_id.id].append((part.id, part._amount(), kind, xero_id))
        for part in discounts:
            row = (part.id, part._amount(), CREDIT, notes.get(part.entry_id.id, ""))
            found[part.entry_id.id, part.document_id.id].append(row)
        return found

    def _busy_parts(self, report, move_ids) -> set[int]:
        """Return the documents whose payments wait to be sent or removed."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT p.document_id FROM xero_payment_part p JOIN xero_sync_job j
                       ON j.res_model = 'xero.payment.part' AND j.res_id = p.id AND j.connection_id = p.connection_id
                    WHERE p.connection_id = %s AND p.document_id = ANY(%s) AND j.state IN %s""",
                report.connection_id.id,
                list(move_ids),
                BUSY,
            )
        )
        return {move_id for [move_id] in rows}

    def _journal_accounts(self, report) -> dict:
        """Return ``{journal id: ids of the accounts in Xero that it stands for}``: several may share one."""
        rows = self.env["xero.mapping.journal"].search(
            [("connection_id", "=", report.connection_id.id), ("journal_id", "!=", False)]
        )
        return {
            journal.id: frozenset(of_journal.xero_account_id.mapped("xero_id"))
            for journal, of_journal in rows.grouped("journal_id").items()
        }

    # === XERO === #

    def _read_xero(self, report, settled, xero_type, links, elements, keys):
        owners = {link.xero_id: link.res_id for link in links}
        payments = self.env["xero.snapshot.element"].search(
            [
                ("snapshot_id", "=", report.snapshot_id.id),
                ("xero_type", "=", "Payment"),
                ("target_xero_id", "in", list(owners)),
                ("status", "not in", GONE),
            ],
            order="id",
        )
        for payment in payments:
            settled.xero[owners[payment.target_xero_id]].append(self._payment_item(payment, keys))
        for xero_id, element in elements.items():
            settled.xero[owners[xero_id]] += self._credit_items(xero_type, element)
        waiting = self._busy_elements(report, "Payment", payments.mapped("xero_id"))
        settled.busy |= {owners[payment.target_xero_id] for payment in payments if lower(payment.xero_id) in waiting}

    def _payment_item(self, payment, keys) -> Item:
        account, data = account_of(payment.data), payment.data
        return Item(
            lower(payment.xero_id),
            cents(decimal(data.get("Amount"))),
            day(data.get("DateString") or data.get("Date")),
            keys.get(account, account),
            xero=("Payment", payment.xero_id),
        )

    def _credit_items(self, xero_type, element) -> list[Item]:
        if xero_type == "Invoice":
            return [
                Item(xero_id, amount, xero=(kind, xero_id), credit=True)
                for (kind, xero_id), amount in credits_on(element.data).items()
                if amount and kind in TARGETS
            ]
        return [
            Item(xero_id, amount, xero=("Invoice", xero_id), credit=True)
            for xero_id, amount in allocations_of(element.data).items()
            if amount
        ]

    def _read_linked(self, report, settled, elements):
        """Learn which of the invoices that credits were applied to are linked, and so compared themselves."""
        if not settled.is_credit:
            return
        items = [item for side in (settled.odoo, settled.xero) for found in side.values() for item in found]
        keys = {item.key for item in items if item.credit and item.key}
        links = self.env["xero.link"].search_fetch(
            [
                ("connection_id", "=", report.connection_id.id),
                ("xero_type", "=", "Invoice"),
                ("xero_id", "in", list(keys)),
                ("state", "!=", "ignored"),
            ],
            ["xero_id"],
        )
        settled.linked_invoices = {lower(link.xero_id) for link in links}

    # === ADVANCES === #

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
        credit, gone = canonical_credit(element.data), element.status in GONE
        remaining, total = cents(decimal(credit.get("remaining"))), cents(decimal(credit.get("total")))
        subject = Subject(payment or None, element, rate=rounded_rate(decimal(credit.get("rate") or "1")))
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
        say = self.env["xero.reason"]
        state = say._label(payment._name, "state", payment.state) if payment else say._("Deleted")
        sheet.differ(Found("advance_voided", state, element.status, total if gone else -total), subject)

    def _differ_in_amount(self, sheet, subject, payment, total, open_here, remaining):
        mine = cents(Decimal(f"{payment.amount:.6f}"))
        if mine != total or open_here != remaining:
            told = [self.env["xero.reason"]._("%(open)s of %(total)s open", open=one, total=all_) for one, all_ in (
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
        worth = -facts.base(amount)
        sheet.add(side, key, subject, count=1, amount=-amount, due=-amount, base=worth, worth=worth)
        sheet.add_contact(
            side,
            subject,
            ledger,
            lower(element.contact_xero_id),
            None,
            element.currency,
            -amount,
            worth,
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
            amounts["worth"] = amounts["base"]
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
