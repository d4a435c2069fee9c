"""Random applications of credits on both sides."""


class CreditSteps:
    """Steps of ``RoundtripCommon`` about credit notes that are set against invoices and bills."""

    def odoo_apply(self):
        """Apply some of a credit note to an invoice or bill of the same partner."""
        notes = self.own_moves("posted").filtered(
            lambda move: move.move_type.endswith("refund") and move.amount_residual > 0
        )
        if not notes:
            return
        note = self.rng.choice(notes)
        wanted = note.move_type.replace("refund", "invoice")
        fitting = self.own_moves("posted").filtered(
            lambda move: (
                (move.move_type, move.commercial_partner_id) == (wanted, note.commercial_partner_id)
                and move.amount_residual > 0
            )
        )
        if fitting:
            move = self.rng.choice(fitting)
            most = min(note.amount_residual, move.amount_residual)
            amount = round(most * self.rng.choice((1, self.rng.uniform(0.1, 0.9))), 2) or 0.01
            ledger = self.env["xero.payment.ledger"]
            self.in_odoo(f"apply {note.id} to {move.id} {amount}", lambda: ledger._allocate(move, note, amount))

    def odoo_unapply(self):
        """Take back what somebody, on either side, applied."""
        lines = self.own_moves("posted").filtered(lambda move: move.move_type.endswith("refund")).line_ids
        partials = (lines.matched_debit_ids | lines.matched_credit_ids).filtered(
            lambda partial: all(
                move.is_invoice() for move in (partial.debit_move_id | partial.credit_move_id).move_id
            )
        )
        if partials:
            partial = self.rng.choice(partials)
            moves = (partial.debit_move_id | partial.credit_move_id).move_id
            self.in_odoo(f"take back {moves.ids} {partial.amount}", partial.unlink)

    def xero_allocate(self):
        note = self.pick("AUTHORISED", kinds=["CreditNotes"])
        if not note:
            return
        wanted = "ACCREC" if note[2]["Type"] == "ACCRECCREDIT" else "ACCPAY"
        fitting = [
            row
            for row in self.simulator.documents(self.tenant, "Invoices")
            if (row["Status"], row["Type"]) == ("AUTHORISED", wanted)
        ]
        if fitting:
            self.on_document("allocate", note, invoice=self.rng.choice(fitting)["InvoiceID"])

    def xero_unallocate(self):
        rows = [row for row in self.simulator.documents(self.tenant, "Allocations") if not row["IsDeleted"]]
        if rows:
            row = self.rng.choice(rows)
            if self.in_xero_act("undo_allocation", row["Amount"], allocation=row["AllocationID"]):
                self.announce("INVOICE", row["inner"]["invoice"])

    def held_credits(self):
        """Return the ids of elements of which a credit could not be applied, with the reason on a failed job."""
        jobs = self.open_jobs().filtered(
            lambda job: job.xero_type == "Allocation" and job.state in ("failed", "blocked")
        )
        parts = self.env["xero.payment.part"].browse(jobs.mapped("res_id"))
        moves = parts.document_id | parts.entry_id
        links = self.links.filtered(lambda link: link.res_model == "account.move" and link.res_id in moves.ids)
        return {link.xero_id.lower() for link in links if link.xero_id}
