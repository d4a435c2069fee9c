"""Mending a difference: with the same jobs that send and fetch everything else. Nobody waits for Xero."""

from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...mappers.outgoing import ABSENT
from ...mappers.text import quoted
from ...xero_api import codec
from ..connection.xero_identity import APART, OURS
from ..inbound.importer_document import SETTLED
from ..link.notice import notice
from ..queue.xero_sync_job import CLICK
from .kinds import CONFIRMED, KINDS

DOCUMENTS = ("Invoice", "CreditNote")
UNLINKED = {
    "xero_id": False,
    "xero_status": False,
    "digest": False,
    "base_state": False,
    "base_digest": False,
    "base_source": False,
    "odoo_state": False,
    "state": "to_sync",
}


class XeroReconciliationDifference(models.Model):
    _inherit = "xero.reconciliation.difference"

    # === BUTTONS === #

    def action_send(self):
        """Have Odoo's side sent, over what Xero holds."""
        return self._repair("send")

    def action_fetch(self):
        """Have Xero's side taken over, over what Odoo holds."""
        return self._repair("fetch")

    def action_link(self):
        """Link the element to the record whose mark it bears."""
        return self._repair("link")

    def action_import(self):
        """Have the document made in Odoo, whatever the setting for new documents says."""
        return self._repair("import")

    def action_remove(self):
        """Have the element voided or deleted in Xero."""
        return self._repair("remove")

    def _repair_proposed(self):
        """Do what is proposed for each, except what takes something out of Xero."""
        rows = self.filtered(lambda row: row.proposed and row.proposed not in CONFIRMED)
        for repair, of_repair in rows.grouped("proposed").items():
            of_repair._repair(repair)
        begun = rows.filtered(lambda row: row.state == "repairing" and not row.failure)
        left = len(self) - len(begun)
        return notice(
            self.env._("%s differences need your decision.", left) if left else "",
            kind="warning" if left else "success",
            title=self.env._("%s repairs queued", len(begun)),
        )

    def _repair(self, repair: str):
        """Begin ``repair`` where it is possible, and say on the others why it was not.

        Documents that Xero lacks may be thousands, and are queued together; everything else is begun one by one.
        """
        self._check_may_decide()
        rows = self.sudo().filtered(lambda row: row._is_to_mend() and repair in row._repairs())
        for row in rows - rows._send_missing() if repair == "send" else rows:
            try:
                with self.env.cr.savepoint():
                    getattr(row, f"_begin_{repair}")()
            except UserError as error:
                row.failure = quoted(error.args[0])
                continue
            row._act("repairing", repair=repair, failure=False)
        self.env["xero.sync.runner"]._wake(self.sudo().connection_id.ids)
        return True

    # === PARTS === #

    def _inbound(self, xero_type=None):
        return self.env["xero.inbound"]._for_type(xero_type or self.xero_type)._as_worker(self.connection_id)

    def _mapper(self, xero_type=None):
        return self.env["xero.mapper"]._for_type(xero_type or self.xero_type)

    def _element(self, xero_type=None, xero_id=None) -> dict:
        """Return the element as the reading found it.

        :raise UserError: it is not kept any more
        """
        element = self.env["xero.snapshot.element"].search(
            [
                ("snapshot_id", "=", self.reconciliation_id.snapshot_id.id),
                ("xero_type", "=", xero_type or self.xero_type),
                ("xero_id", "=", xero_id or self.xero_id),
            ],
            limit=1,
        )
        if not element:
            raise UserError(self.env["xero.reason"]._("This report is too old to fix anything from. Reconcile again."))
        return element.data

    def _link(self, xero_type=None, xero_id=None):
        return self.env["xero.link"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("xero_type", "=", xero_type or self.xero_type),
                ("xero_id", "=", xero_id or self.xero_id),
            ],
            limit=1,
        )

    def _fetch(self, xero_type, xero_id):
        self.env["xero.sync.job"]._enqueue_fetch(self.connection_id, xero_type, [xero_id], priority=CLICK)

    def _push(self, xero_type, records, operation="push"):
        company = self.company_id
        rows = [(record.id, (record.company_id if "company_id" in record._fields else company) or company)
                for record in records]  # fmt: skip
        self.env["xero.sync.job"]._enqueue(
            self.connection_id.id,
            self._mapper(xero_type),
            [(res_id, of.id) for res_id, of in rows],
            operation=operation,
            priority=CLICK,
        )

    # === SEND === #

    def _send_missing(self):
        """Queue the documents that Xero lacks, with a statement for each type; return the rows that it was done for."""
        done = self.browse()
        missing = self.filtered(lambda row: row.kind == "missing_in_xero")
        for (_connection, model), rows in missing.grouped(lambda row: (row.connection_id, row.res_model)).items():
            records = self.env[model].browse(rows.mapped("res_id")).exists()
            for mapper in self.env["xero.mapper"]._for_model(model):
                handled = mapper._handles(records)
                rows[0]._push(mapper._xero_type, handled)
                done |= rows.filtered(lambda row, ids=set(handled.ids): row.res_id in ids)
        done._act("repairing", repair="send", failure=False)
        return done

    def _begin_send(self):
        if self.section == "settlement":
            return self._send_settlement()
        record = self._record()
        if not record:
            raise UserError(self.env["xero.reason"]._("The record was deleted in Odoo."))
        if self.kind == "vanished":
            self._link().write(UNLINKED)
            return self._push(self.xero_type, record)
        if self.xero_id:
            # What Xero holds was seen and is to be overwritten: only a change after this is met as a conflict.
            return self._inbound()._overwrite(self.connection_id, self._link(), self._element(), record)
        return self._push(self._mapper_type(record), record)

    def _mapper_type(self, record):
        return next(
            mapper._xero_type for mapper in self.env["xero.mapper"]._for_model(record._name) if mapper._handles(record)
        )

    def _send_settlement(self):
        """Look at the payment again: its parts are sent or removed as Odoo has it now."""
        if self.kind.startswith("credit"):
            return self._send_credit()
        move, entry = self._record(), self._item_entry()
        part = self.env["xero.payment.part"].browse(self.item_id if self.item_model == "xero.payment.part" else [])
        if part.exists() and self.item_xero_id:
            link = self.env["xero.link"]._map(self.connection_id, "Payment", part._name, part.ids).get(part.id)
            if link and link._is_alive():
                link.write({**UNLINKED, "xero_id": link.xero_id, "xero_status": "DELETED"})
            return self._push("Payment", part)
        before = self._waiting_parts()
        self.env["xero.payment.part"]._refresh(move | entry)
        if self._waiting_parts() == before:
            raise UserError(self._why_not_sent(entry))
        return None

    def _waiting_parts(self):
        domain = [("connection_id", "=", self.connection_id.id), ("res_model", "=", "xero.payment.part")]
        return self.env["xero.sync.job"].search_count([*domain, ("state", "=", "pending")])

    def _item_entry(self):
        """Return the journal entry of the payment or credit in Odoo; empty without one."""
        moves = self.env["account.move"]
        if not self.item_model:
            return moves
        item = self.env[self.item_model].browse(self.item_id).exists()
        return {
            "account.move": lambda: item,
            "account.payment": lambda: item.move_id,
            "xero.payment.part": lambda: item.entry_id,
        }[self.item_model]()

    # === CREDITS === #

    def _allocation_link(self):
        """Return what was agreed about the pair of credit and document; empty when nothing was."""
        pair = (self.item_xero_id or "", self.xero_id or "")
        credit, invoice = pair if self.xero_type == "Invoice" else reversed(pair)
        return self._link("Allocation", f"{credit}:{invoice}".lower())

    def _save_base_of_credit(self, amount: Decimal):
        """Let ``amount`` be what both sides agreed: the side that has another one has changed."""
        link = self._allocation_link()
        link.write({"xero_total": float(amount), "xero_status": "AUTHORISED" if amount else "DELETED"})
        return link

    def _send_credit(self):
        self._save_base_of_credit(Decimal(self.xero_value or 0) if self.kind == "credit_amount" else Decimal(0))
        parts, entry = self.env["xero.payment.part"], self._item_entry()
        parts._refresh_credits(self._record() | entry)
        part = parts.search([("entry_id", "=", entry.id), ("document_id", "=", self.res_id), ("over", "=", False)])
        if not part or not entry:
            raise UserError(
                self.env["xero.reason"]._(
                    "Credits are not applied in Xero by this connection. Apply it there, or change the setting."
                )
            )
        part._enqueue(self.connection_id, part, CLICK)

    # === FETCH === #

    def _begin_fetch(self):
        if self.section == "settlement":
            return self._fetch_settlement()
        if self.section == "advance":
            return self._fetch_advance()
        link, record = self._link(), self._record()
        if not link:
            raise UserError(self.env["xero.reason"]._("The link is gone. Reconcile again."))
        if self.kind == "amount_due":
            # What Odoo keeps as open is worked out anew from what is reconciled.
            record.line_ids._compute_amount_residual()
            record._compute_amount()
        self._forget_agreement(link, record)
        return self._fetch(self.xero_type, self.xero_id)

    def _forget_agreement(self, link, record):
        """Let Odoo's present side be what was agreed: all that Xero has otherwise is then taken over."""
        inbound = self._inbound()
        state = dict(inbound._canonical_odoo(self.connection_id, link, record))
        state.pop("money", None)
        if record._name == "account.move" and record.state == "posted" and self.kind != "voided_in_xero":
            state.setdefault("status", "AUTHORISED")
        out = inbound._outgoing(self.connection_id, record).get(record.id)
        digest = codec.digest(out.canonical()) if out and out.status != ABSENT else False
        link.write(
            {
                "base_state": state,
                "base_digest": codec.digest(state),
                "base_source": "read",
                "digest": digest,
                "odoo_state": False,
                "state": "synced",
                "message": False,
            }
        )

    def _fetch_settlement(self):
        """Read payment and document again, as if neither had been seen before."""
        if self.kind.startswith("credit") and self._allocation_link():
            odoo = self._item_entry() and self.env["xero.payment.ledger"]._allocated(self._record(), self._item_entry())
            self._save_base_of_credit(odoo or Decimal(0))
        if self.item_type == "Payment" or (self.item_xero_id and self.kind.startswith("payment")):
            self._fetch_payment(self.item_xero_id)
        link = self._link()
        if link:
            state = {name: value for name, value in (link.base_state or {}).items() if name != "money"}
            link.write({"base_state": state, "base_digest": codec.digest(state), "base_source": "read"})
            self._fetch(self.xero_type, self.xero_id)

    def _fetch_payment(self, xero_id):
        link = self._link("Payment", xero_id)
        if link and link.res_model == "xero.payment.part":
            return self._give_way(link)
        payment = self.env["account.payment"].browse(link.res_id).exists() if link else self.env["account.payment"]
        if link and not self._settles(payment):
            # Undone in Odoo only: it is booked anew.
            link.unlink()
        elif link:
            link.write({"base_state": False, "base_digest": False, "base_source": "read"})
        return self._fetch("Payment", xero_id)

    def _settles(self, payment) -> bool:
        lines = payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        return payment.state in ("in_process", "paid") and bool(lines.matched_debit_ids or lines.matched_credit_ids)

    def _give_way(self, link):
        """Odoo sends this payment; Xero's side means that it is taken back or made anew from what Odoo has."""
        part = self.env["xero.payment.part"].browse(link.res_id).exists()
        self.env["xero.payment.part"]._refresh(part.entry_id | part.document_id)

    def _fetch_advance(self):
        link = self._link()
        payment = self.env["account.payment"].browse(link.res_id).exists() if link else self.env["account.payment"]
        if link and (not payment or payment.state in ("canceled", "rejected", "draft")):
            link.unlink()
        elif link:
            link.write({"base_state": False, "base_digest": False, "base_source": "read"})
        return self._fetch(self.xero_type, self.xero_id)

    # === LINK AND IMPORT === #

    def _begin_link(self):
        inbound, record, element = self._inbound(), self._record(), self._element()
        verdict = self.env["xero.identity"]._judge(self.connection_id, self.xero_type, [element]).get(self.xero_id)
        fits = self._mapper(self.xero_type)._may_stand_for(record, self.connection_id)
        certain = fits and verdict and verdict.kind in (OURS, APART) and verdict.record == record
        if not certain or inbound._is_gone(element) or inbound._is_being_sent(self.connection_id):
            raise UserError(
                self.env["xero.reason"]._(
                    "It cannot be linked now: the record is gone, linked, or being sent, or it is not certain that "
                    "it was sent by this Odoo."
                )
            )
        inbound._link_again(self.connection_id, element, record)
        self._push(self.xero_type, record)

    def _begin_import(self):
        """The worker takes it in, because a person asked: see ``xero.inbound.repair``."""
        self._fetch(self.xero_type, self.xero_id)

    # === REMOVE === #

    def _begin_remove(self):
        """Void or delete in Xero: what is removed gets a link of its own, to a record that does not exist."""
        xero_type, xero_id = self.xero_type, self.xero_id
        if self.kind.startswith("payment"):
            xero_type, xero_id = "Payment", self.item_xero_id
        link = self._link(xero_type, xero_id)
        if not link:
            mapper, element = self._mapper(xero_type), self._element(xero_type, xero_id)
            self.env["xero.link"]._save(
                [
                    {
                        "connection_id": self.connection_id.id,
                        "company_id": self.company_id.id,
                        "xero_type": xero_type,
                        "res_model": mapper._odoo_model,
                        "res_id": -self.id,
                        "xero_id": xero_id,
                        "xero_status": element.get("Status"),
                        "state": "synced",
                    }
                ]
            )
            link = self._link(xero_type, xero_id)
        elif self.kind != "deleted_in_odoo":
            raise UserError(self.env["xero.reason"]._("A record of Odoo is linked to it by now. Reconcile again."))
        self.env["xero.sync.job"]._enqueue_gone(link)


class XeroInboundRepair(models.AbstractModel):
    """What a repair is to import is wanted, whatever the setting for new documents says."""

    _name = "xero.inbound.repair"
    _inherit = "xero.inbound.hook"
    _description = "Xero Inbound Repair"

    def _asked_for(self, connection, xero_type, xero_ids):
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT xero_id FROM xero_reconciliation_difference
                    WHERE connection_id = %s AND xero_type = %s AND xero_id = ANY(%s) AND state = 'repairing'
                      AND repair = 'import'""",
                connection.id,
                xero_type,
                xero_ids,
            )
        )
        return [xero_id for [xero_id] in rows]


# A kind without a repair that exists would be found only when somebody clicks.
assert all(hasattr(XeroReconciliationDifference, f"_begin_{name}") for kind in KINDS.values() for name in kind.repairs)
