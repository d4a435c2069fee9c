"""Payment runs: many payments that are one batch payment in Xero, and one line on the bank account."""

from dataclasses import replace
from datetime import timedelta

from odoo import models

from ...mappers.payment.canonical import account_of
from ...mappers.text import shorten
from ...mappers.values import day, decimal, lower
from ...xero_api import codec, elements, errors, shape
from ..link.xero_link import GONE_STATUSES
from .exporter import Item
from .exporter_payment import RUNS
from .lookups import LOOK_BACK

# The shortest that Xero takes of the reference of a run, in any country (Xero: Batch payments, New Zealand).
REFERENCE_LENGTH = 12


class XeroExporterPayment(models.AbstractModel):
    _inherit = "xero.exporter.payment"

    # === SEND === #

    def _run_element(self, items) -> dict:
        """Return the batch payment of ``items``: payments of one account, day and direction."""
        first = items[0].payload
        return {
            "Account": first["Account"],
            "Date": first["Date"],
            "Reference": shorten(f"Odoo {items[0].res_id}", REFERENCE_LENGTH),
            "Payments": [{"Invoice": item.payload["Invoice"], "Amount": item.payload["Amount"]} for item in items],
        }

    def _runs_to_undo(self, connection, plan) -> list[list]:
        """Take removals of payments that are part of a run out of ``plan``, in place.

        :param plan: items by HTTP method
        :return: for each run its items: the removals, and those without a job for what has to be sent once more
        """
        items = plan.get("POST") or []
        parts = self.env["xero.payment.part"].browse([item.res_id for item in items]).exists()
        runs = {part.id: part.batch_xero_id for part in parts if part.batch_xero_id}
        asked = {item.res_id: item for item in items if item.res_id in runs}
        plan["POST"] = [item for item in items if item.res_id not in runs]
        found = []
        for run_id in dict.fromkeys(runs[res_id] for res_id in asked):
            members = parts.search([("connection_id", "=", connection.id), ("batch_xero_id", "=", run_id)])
            links = self.env["xero.link"]._map(connection, "Payment", members._name, members.ids)
            payload = {"BatchPaymentID": run_id, "Status": "DELETED"}
            rest = members.filtered(lambda part, links=links: part.id in links and links[part.id]._is_alive())
            group = [asked[part.id] for part in members if part.id in asked]
            group += [self._bystander(part) for part in rest if part.id not in asked]
            found.append([item._replace(payload=payload, path=RUNS) for item in group])
        return found

    def _bystander(self, part) -> Item:
        """Return the item of a part that nobody wants out of Xero, but leaves it with its run."""
        return Item(0, part.id, part.company_id.id, {}, None, None, "DELETED", None)

    # === ANSWER === #

    def _save_run(self, drain, mapper, batch, answer) -> None:
        """Write down what became of a run: Xero saves all of it or nothing (Xero: Batch payments).

        :param answer: what :meth:`_request` returned
        :raise OutcomeUnknown: it cannot be told which payment is which; the call is kept for a look-up
        """
        found = elements.outcomes(answer, RUNS, "BatchPaymentID")
        outcome = found[0] if len(found) == 1 else None
        if outcome and not outcome.ok and not outcome.unclear:
            drain.transaction(self._refuse_batch, drain, batch, outcome.errors)
            return
        saved = self._of_run(drain.connection, mapper, batch, outcome.element) if outcome and outcome.ok else None
        if saved is None:
            error = errors.OutcomeUnknown("Xero's answer does not tell the payments of a run apart")
            drain.transaction(self._mark_unknown, drain, batch, error, True)
            raise error
        sent = codec.loads(batch.body)[RUNS][0]
        told = [
            (item, sent, replace(outcome, element=saved[item.res_id], xero_id=saved[item.res_id]["PaymentID"]))
            for item in self._items(batch)
        ]
        drain.transaction(self._save_results, drain, mapper, batch, told)
        drain.made_headway()

    def _of_run(self, connection, mapper, batch, element) -> dict | None:
        """Return the payments of ``element``, a batch payment, by id of the part; ``None`` where one is not found."""
        items, [sent] = self._items(batch), codec.loads(batch.body)[RUNS]
        if batch.method == "POST":
            links = self.env["xero.link"]._map(
                connection, "Payment", mapper._odoo_model, [item.res_id for item in items]
            )
            return {
                item.res_id: {"PaymentID": links[item.res_id].xero_id, "Status": element.get("Status")}
                for item in items
                if item.res_id in links
            }
        left = list(element.get("Payments") or [])
        found = {}
        for item, row in zip(items, sent["Payments"], strict=True):
            one = next((part for part in left if self._is_of(row, part)), None)
            if one is None or not elements.real_id(one.get("PaymentID")):
                return None
            left.remove(one)
            found[item.res_id] = {
                "PaymentID": one["PaymentID"],
                "BatchPaymentID": element["BatchPaymentID"],
                "Status": element.get("Status") or "AUTHORISED",
                "Invoice": row["Invoice"],
                "Amount": one["Amount"],
                "Date": sent["Date"],
                "Account": sent["Account"],
            }
        return found

    def _is_of(self, row, part) -> bool:
        """Whether ``part`` of an answer is what was sent as ``row``: the same amount on the same invoice."""
        invoice = part.get("Invoice") if isinstance(part, dict) else None
        return (
            isinstance(invoice, dict)
            and lower(invoice.get("InvoiceID")) == lower(row["Invoice"]["InvoiceID"])
            and decimal(str(part.get("Amount") or 0)) == decimal(str(row["Amount"]))
        )

    def _refuse_run(self, drain, batch) -> None:
        """Nothing of a run was saved: its payments wait again, and what is wrong is looked for first."""
        parts = self.env["xero.payment.part"].browse([item.res_id for item in self._items(batch)]).exists()
        parts.write({"run_refused": True})
        self._close_batch(drain, batch)

    def _way_out_of_run(self) -> str:
        """Return what people do about a run that Xero does not delete, translated."""
        return self.env["xero.reason"]._(
            "It is part of a batch payment, of which Xero deletes none alone. Undo its match with the bank statement, "
            "or delete the batch payment in Xero; then sync its other payments again."
        )

    def _note_runs(self, saved) -> None:
        """Keep which run each of ``saved`` (pairs of batch item and element) is part of in Xero."""
        by_run = {}
        for item, element in saved:
            by_run.setdefault(element.get("BatchPaymentID") or False, []).append(item.res_id)
        for run_id, res_ids in by_run.items():
            parts = self.env["xero.payment.part"].browse(res_ids).exists()
            changed = parts.filtered(lambda part, run_id=run_id: part.run_refused or part.batch_xero_id != run_id)
            changed.write({"batch_xero_id": run_id, "run_refused": False})

    # === LOOK-UP === #

    def _find_run(self, drain, batch) -> dict:
        """Look for the run of ``batch``, whose answer was lost: made since, with the same payments, none of them known.

        :return: Xero's payments, by id of the part
        """
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        [sent] = codec.loads(batch.body)[RUNS]
        since = batch.started_at - LOOK_BACK + timedelta(seconds=drain.connection.clock_offset or 0)
        for answer in drain.client.pages(RUNS, params={}, modified_since=since):
            for element in shape.readable("BatchPayment", elements.rows(answer.data, RUNS), "BatchPaymentID"):
                is_alike = (
                    element.get("Status") not in GONE_STATUSES
                    and len(element.get("Payments") or []) == len(sent["Payments"])
                    and day(element.get("DateString") or element.get("Date")) == sent["Date"]
                    and lower(account_of(element)) == lower(sent["Account"]["AccountID"])
                )
                saved = self._of_run(drain.connection, mapper, batch, element) if is_alike else None
                if saved and self._are_unknown(drain.connection, saved):
                    return saved
        return {}

    def _are_unknown(self, connection, saved) -> bool:
        ids = [element["PaymentID"] for element in saved.values()]
        domain = [("connection_id", "=", connection.id), ("xero_type", "=", "Payment"), ("xero_id", "in", ids)]
        return not self.env["xero.link"].search_count(domain, limit=1)

    def _find_undone_run(self, drain, mapper, batch) -> dict:
        """Look whether the run that ``batch`` was to delete is gone.

        :return: its payments, by id of the part
        """
        [sent] = codec.loads(batch.body)[RUNS]
        try:
            answer = drain.client.get(RUNS, xero_id=sent["BatchPaymentID"])
        except errors.NotFound:
            return {}
        found = elements.rows(answer.data, RUNS)
        if not found or found[0].get("Status") not in GONE_STATUSES:
            return {}
        return self._of_run(drain.connection, mapper, batch, found[0]) or {}

