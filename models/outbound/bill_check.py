"""A run meets bills that Xero holds already: vendors' numbers may repeat there, so Xero does not refuse them."""

from math import ceil

from odoo import models

from ...mappers.text import named
from ..queue.claim import BATCH, IDS
from ..queue.failure import Failure

VENDORS = ("ACCPAY", "ACCPAYCREDIT")


def calls_to_look_up(counts: dict[str, int]) -> int:
    """Return the calls that it takes at least to look up as many documents as ``counts`` says, by move type."""
    batches, rest = divmod(counts.get("in_invoice", 0) + counts.get("in_receipt", 0), BATCH)
    return batches * ceil(BATCH / IDS) + ceil(rest / IDS) + ceil(counts.get("in_refund", 0) / BATCH)


class XeroExporterDocument(models.AbstractModel):
    _inherit = "xero.exporter.document"

    def _keep_back_bills(self, drain, mapper, items) -> list:
        """Keep back the bills of a run that Xero has from the same contact under the same number.

        Costs a call for forty bills, and one for the vendor credits of a batch. *Sync to Xero* on the bill sends it all
        the same: then a person has looked.

        :param items: creations, of any runs or of none
        :return: those of ``items`` that may be sent
        :raise XeroError: Xero could not be read
        """
        bills = self._bills_of_runs(mapper, items)
        if not bills:
            return items
        found = self._namesakes(drain.client, mapper, [item.payload for item in bills])
        held = drain.transaction(self._check_bills, drain, mapper, list(zip(bills, found, strict=True)))
        return [item for item in items if item.job_id not in held]

    def _bills_of_runs(self, mapper, items) -> list:
        bills = [
            item
            for item in items
            if item.payload.get("Type") in VENDORS and item.payload.get(mapper._xero_number_field)
        ]
        jobs = self.env["xero.sync.job"].browse([item.job_id for item in bills])
        of_runs = set(jobs.filtered("run_id").ids)
        return [item for item in bills if item.job_id in of_runs]

    def _check_bills(self, drain, mapper, pairs) -> set[int]:
        """Link what bears our mark, and fail the other bills of ``pairs`` (item, candidates) that Xero has.

        :return: ids of the jobs that are settled by that
        """
        drain.record_calls()
        id_field, every = mapper._xero_id_field, [element for _item, found in pairs for element in found]
        free = {element[id_field] for element in self._unlinked(drain.connection, mapper, every)}
        settled, failures = set(), {}
        for item, candidates in pairs:
            contact = _contact(item.payload)
            same = [found for found in candidates if found[id_field] in free and _contact(found) == contact]
            ours = [element for element in same if mapper._marker_matches(element, item.res_id, item.payload)]
            if ours:
                self._adopt_element(drain.connection, mapper, item, ours[0])
            elif same:
                failures[item.job_id] = self._held_bill(mapper, item, same[0])
            settled |= {item.job_id} if same else set()
        self._runner._fail(failures)
        return settled

    def _held_bill(self, mapper, item, element) -> Failure:
        message = self.env["xero.reason"]._(
            "Xero has %(number)s of %(contact)s already: %(total)s, %(status)s. If it is the same bill, link the two "
            "with Match Records. If not, Sync to Xero on this bill sends it all the same.",
            number=named(element.get(mapper._xero_number_field)),
            contact=named((element.get("Contact") or {}).get("Name")) or "?",
            total=element.get("Total"),
            status=element.get("Status"),
        )
        return Failure("duplicate", message, {"model": mapper._odoo_model, "res_id": item.res_id})


def _contact(element) -> str:
    return ((element.get("Contact") or {}).get("ContactID") or "").lower()
