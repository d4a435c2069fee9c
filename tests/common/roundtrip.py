"""Random work of people on both sides, the line between them, and what must be true when all is quiet."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone

from odoo import Command
from odoo.exceptions import UserError, ValidationError

from .payment import PaymentCommon
from .roundtrip_credits import CreditSteps

KINDS = ("out_invoice", "in_invoice", "out_refund", "in_refund")
XERO_TYPES = {
    "out_invoice": "ACCREC",
    "in_invoice": "ACCPAY",
    "out_refund": "ACCRECCREDIT",
    "in_refund": "ACCPAYCREDIT",
}
LINE_KEYS = ("LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "DiscountRate")
CATEGORIES = {"invoice": "INVOICE", "credit_note": "CREDITNOTE"}
KEY = "webhook signing key"


class RoundtripCommon(CreditSteps, PaymentCommon):
    """``self.rng`` decides everything; ``self.history`` tells what happened."""

    def note(self, text):
        self.history.append(f"{len(self.history) + 1:3} {text}")

    def unique(self, prefix):
        self.counter += 1
        return f"{prefix}{self.counter}"

    # === ODOO === #

    def own_moves(self, *states):
        return self.env["account.move"].search(
            [("company_id", "=", self.company.id), ("move_type", "in", KINDS), ("state", "in", states)], order="id"
        )

    def is_settled(self, move):
        lines = move.line_ids.filtered(
            lambda line: line.account_id.account_type in ("asset_receivable", "liability_payable")
        )
        return bool(lines.matched_debit_ids or lines.matched_credit_ids)

    def in_odoo(self, text, step):
        """A person works in Odoo; what Odoo refuses did not happen."""
        try:
            with self.env.cr.savepoint():
                step()
                self.env.flush_all()
        except (UserError, ValidationError) as error:
            self.env.invalidate_all(flush=False)
            text += f" -> refused by Odoo: {error.args[0]}"
        self.note(f"Odoo {text}")

    def price(self):
        return self.rng.choice([self.rng.randint(1, 400), round(self.rng.uniform(0.05, 300), 2)])

    def odoo_create(self):
        move_type = self.rng.choices(KINDS, (4, 3, 2, 1))[0]
        lines = [(self.rng.randint(1, 5), self.price()) for _line in range(self.rng.randint(1, 3))]
        partner = self.rng.choice(self.env["res.partner"].search([("id", "in", self.partners.ids)]) or self.partner_b)
        tax, ref = self.rng.random() < 0.7, self.unique("R")

        def step():
            move = self.make_move(move_type, lines, tax=tax, ref=ref, partner=partner)
            self.note(f"     {move.id}: {move.name}")

        self.in_odoo(f"create {move_type} {lines} tax={tax} {ref} for {partner.name}", step)

    def odoo_ref(self):
        if moves := self.own_moves("posted"):
            move, ref = self.rng.choice(moves), self.unique("E")
            self.in_odoo(f"ref {move.id} {ref}", lambda: move.write({"ref": ref}))

    def odoo_lines(self):
        if moves := self.own_moves("posted").filtered(lambda move: not self.is_settled(move)):
            move, price, add = self.rng.choice(moves), self.price(), self.rng.random() < 0.3

            def step():
                move.button_draft()
                line = self.rng.choice(move.invoice_line_ids)
                commands = [Command.update(line.id, {"price_unit": price})]
                if add:
                    commands.append(
                        Command.create(
                            {
                                "name": "Added in Odoo",
                                "quantity": 2,
                                "price_unit": price,
                                "account_id": line.account_id.id,
                                "tax_ids": [Command.set(line.tax_ids.ids)],
                            }
                        )
                    )
                move.write({"invoice_line_ids": commands})
                move.action_post()

            self.in_odoo(f"lines {move.id} price={price} add={add}", step)

    def odoo_reset(self):
        if moves := self.own_moves("posted").filtered(lambda move: not self.is_settled(move)):
            move = self.rng.choice(moves)
            self.in_odoo(f"reset {move.id}", move.button_draft)

    def odoo_cancel(self):
        if moves := self.own_moves("posted", "draft").filtered(lambda move: not self.is_settled(move)):
            move = self.rng.choice(moves)

            def step():
                if move.state == "posted":
                    move.button_draft()
                move.button_cancel()

            self.in_odoo(f"cancel {move.id}", step)

    def odoo_repost(self):
        if moves := self.own_moves("draft", "cancel"):
            move = self.rng.choice(moves)

            def step():
                if move.state == "cancel":
                    move.button_draft()
                move.action_post()

            self.in_odoo(f"post again {move.id}", step)

    def odoo_partner(self):
        partner = self.rng.choice(self.partners)
        values = self.rng.choice(
            [
                {"name": self.unique("Odoo name ")},
                {"email": f"{self.unique('odoo')}@example.com"},
                {"phone": f"555 01{self.rng.randint(10, 99)}"},
                {"street": self.unique("Odoo street ")},
            ]
        )
        self.in_odoo(f"partner {partner.id} {values}", lambda: partner.write(values))

    # === XERO === #

    def in_xero_act(self, action, about, **values):
        """A person acts in Xero; returns the element, ``None`` when Xero refuses."""
        address = f"{self.simulator.url}/simulator/organisations/{self.tenant}/act/{action}"
        answer = self.simulator.session.post(address, json=values, timeout=30.0)
        self.assertIn(answer.status_code, (200, 201, 422), answer.text)
        if answer.status_code == 422:
            self.note(f"Xero {action} {about} -> refused by Xero: {answer.json()['error']}")
            return None
        self.note(f"Xero {action} {about} {values}")
        return answer.json()

    def announce(self, category, xero_id):
        """Xero sends an event: once, twice, late or never; see ``line_deliver``."""
        event = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{category}/{xero_id}",
            "resourceId": xero_id,
            "eventDateUtc": datetime.now(timezone.utc).replace(tzinfo=None).isoformat(timespec="milliseconds"),
            "eventType": "UPDATE",
            "eventCategory": category,
            "tenantId": self.tenant,
            "tenantType": "ORGANISATION",
        }
        self.mail += [event] * self.rng.choice((0, 1, 1, 2))

    def pick(self, *states, kinds=("Invoices", "CreditNotes")):
        """Return ``(kind, id, element)`` of a document in Xero in one of ``states``, ``None`` without any."""
        found = []
        for kind in kinds:
            for element in self.simulator.documents(self.tenant, kind):
                if element["Status"] in states:
                    name = "invoice" if kind == "Invoices" else "credit_note"
                    found.append((name, element[f"{kind[:-1]}ID"], element))
        return self.rng.choice(found) if found else None

    def on_document(self, action, picked, **values):
        if picked:
            name, xero_id, element = picked
            number = element.get("InvoiceNumber") or element.get("CreditNoteNumber")
            made = self.in_xero_act(action, f"{number}", **{name: xero_id}, **values)
            if made:
                self.announce(CATEGORIES[name], xero_id)
            if made and action == "pay":
                self.paid[made["PaymentID"]] = CATEGORIES[name], xero_id

    def xero_details(self):
        values = self.rng.choice([{"Reference": self.unique("X")}, {"DueDate": f"2026-06-{self.rng.randint(10, 28)}"}])
        self.on_document("edit", self.pick("AUTHORISED", "PAID", kinds=["Invoices"]), **values)

    def xero_lines(self):
        picked = self.pick("AUTHORISED")
        if not picked:
            return
        lines = [{key: line[key] for key in LINE_KEYS if line.get(key) is not None} for line in picked[2]["LineItems"]]
        change = self.rng.choice(("price", "add", "drop"))
        if change == "drop" and len(lines) > 1:
            lines.pop(self.rng.randrange(len(lines)))
        elif change == "add":
            lines.append({**lines[-1], "Description": "Added in Xero", "UnitAmount": self.price(), "Quantity": 2})
            lines[-1].pop("LineItemID", None)
        else:
            self.rng.choice(lines)["UnitAmount"] = self.price()
        self.on_document("edit", picked, LineItems=lines)

    def xero_void(self):
        self.on_document("void", self.pick("AUTHORISED", "PAID"))

    def xero_pay(self):
        picked = self.pick("AUTHORISED")
        if picked:
            due = picked[2].get("AmountDue", picked[2].get("RemainingCredit", 0))
            part = {"amount": round(float(due) * self.rng.uniform(0.1, 0.9), 2)} if self.rng.random() < 0.5 else {}
            self.on_document("pay", picked, date="2026-03-20", reference=self.unique("P"), account="090", **part)

    def xero_undo(self):
        payments = [row for row in self.simulator.documents(self.tenant, "Payments") if row["Status"] == "AUTHORISED"]
        if payments:
            payment = self.rng.choice(payments)
            if self.in_xero_act("undo_payment", payment["Amount"], payment=payment["PaymentID"]):
                self.announce(*self.paid[payment["PaymentID"]])

    def xero_contact(self):
        contacts = self.simulator.documents(self.tenant, "Contacts")
        if contacts:
            contact = self.rng.choice(contacts)
            values = self.rng.choice(
                [
                    {"Name": self.unique("Xero name ")},
                    {"EmailAddress": f"{self.unique('xero')}@example.com"},
                ]
            )
            if self.in_xero_act("edit_contact", contact["Name"], contact=contact["ContactID"], **values):
                self.announce("CONTACT", contact["ContactID"])

    def xero_archive(self):
        contacts = self.simulator.documents(self.tenant, "Contacts")
        if contacts:
            contact = self.rng.choice(contacts)
            undo = contact["ContactStatus"] == "ARCHIVED"
            if self.in_xero_act("archive_contact", contact["Name"], contact=contact["ContactID"], undo=undo):
                self.announce("CONTACT", contact["ContactID"])

    def xero_create(self):
        move_type = self.rng.choice(KINDS)
        sale, note = move_type.startswith("out_"), move_type.endswith("refund")
        contacts = [
            row for row in self.simulator.documents(self.tenant, "Contacts") if row["ContactStatus"] == "ACTIVE"
        ]
        contact = self.rng.choice(contacts) if contacts and self.rng.random() < 0.7 else None
        contact = contact or self.in_xero_act("create_contact", "", Name=self.unique("Made in Xero "))
        tax_type = self.tax_type("sale" if sale else "purchase")
        lines = [
            {
                "Description": f"Line {number}",
                "Quantity": self.rng.randint(1, 5),
                "UnitAmount": self.price(),
                "AccountCode": "200" if sale else self.expense_code(),
                "TaxType": tax_type,
            }
            for number in range(self.rng.randint(1, 3))
        ]
        name = "CreditNote" if note else "Invoice"
        made = self.in_xero_act(
            "create_credit_note" if note else "create_invoice",
            move_type,
            contact=contact["ContactID"],
            Type=XERO_TYPES[move_type],
            Date="2026-03-15",
            LineItems=lines,
            **{f"{name}Number": self.unique("XN-")},
        )
        if made:
            self.announce(name.upper(), made[f"{name}ID"])

    def tax_type(self, use):
        tax = self.tax_sale_a if use == "sale" else self.tax_purchase_a
        rows = self.connection.tax_mapping_ids.filtered(lambda row: row.tax_ids == tax and row.type_tax_use == use)
        return rows.xero_tax_rate_id.tax_type

    def expense_code(self):
        account = self.company_data["default_account_expense"]
        rows = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account)
        return rows.xero_account_id.code or "400"

    # === THE LINE BETWEEN THEM === #

    def line_fault(self):
        kind, options = self.rng.choice(
            [
                ("drop_after", {"method": "PUT,POST"}),
                ("drop_after", {}),
                ("drop_before", {"count": self.rng.randint(1, 4)}),
                ("error", {"status": 500, "saved": self.rng.random() < 0.5, "method": "PUT,POST"}),
                ("error", {"status": 503, "count": 2}),
                ("rate_limit", {"limit": "minute", "retry_after": 20}),
                ("garbage", {"method": "PUT,POST"}),
                ("expire_token", {}),
            ]
        )
        if kind == "expire_token":
            if self.expired:
                # A token that is refused right after its renewal means: connect again. That stops the connection.
                return
            self.expired = True
        self.simulator.fault(kind, tenant=self.tenant, **options)
        self.note(f"fault {kind} {options}")

    def line_deliver(self):
        """Deliver some of the events that wait, in any order, over the route."""
        self.rng.shuffle(self.mail)
        count = self.rng.randint(0, len(self.mail))
        events, self.mail = self.mail[:count], self.mail[count:]
        if not events:
            return
        body = json.dumps(
            {"events": events, "firstEventSequence": 1, "lastEventSequence": count, "entropy": "ABC"}
        ).encode()
        signature = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
        self.env.flush_all()
        answer = self.url_open(
            f"/xero/webhook/{self.credential.webhook_token}",
            data=body,
            headers={"x-xero-signature": signature, "Content-Type": "application/json"},
        )
        self.assertEqual(answer.status_code, 200)
        self.note(f"webhook {[event['resourceId'][:8] for event in events]}")

    def line_drain(self):
        if self.rng.random() < 0.5:
            self.resume()
        self.drain()
        self.note(f"drain{self.trouble()}")

    def line_poll(self):
        kinds = [kind for kind in self.TYPES if self.rng.random() < 0.6]
        self.resume()
        self.poll(*kinds or ["Invoice"])
        self.note(f"poll {kinds or ['Invoice']}{self.trouble()}")

    def trouble(self):
        """Return what the worker made of it, for the history."""
        jobs = [
            f"{job.operation} {job.xero_type} {job.res_id or job.xero_id or 'poll'} {job.state}"
            for job in self.open_jobs()
        ]
        return f" -> {jobs}" if jobs else ""
