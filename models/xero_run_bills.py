"""A history meets bills that Xero holds already: vendors' numbers may repeat there, so Xero does not refuse them."""

from odoo import models

from .xero_sync_push import Failure

VENDORS = ("ACCPAY", "ACCPAYCREDIT")


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _screen_creations(self, connection, client, mapper, items):
        """Extend: keep back the bills of a history that Xero has from the same contact under the same number.

        Costs a call for forty bills, and one for the vendor credits of a batch. *Sync to Xero* on the bill sends it all
        the same: then a person has looked.
        """
        items = super()._screen_creations(connection, client, mapper, items)
        bills = self._bills_of_history(mapper, items)
        if not bills:
            return items
        found = self._namesakes(client, mapper, [item.payload for item in bills])
        held = self._transaction(self._hold_bills, connection, mapper, list(zip(bills, found, strict=True)))
        return [item for item in items if item.job_id not in held]

    def _bills_of_history(self, mapper, items) -> list:
        bills = [
            item
            for item in items
            if item.payload.get("Type") in VENDORS and item.payload.get(mapper._xero_number_field)
        ]
        jobs = self.env["xero.sync.job"].browse([item.job_id for item in bills])
        history = set(jobs.filtered(lambda job: job.run_id.kind == "history").ids)
        return [item for item in bills if item.job_id in history]

    def _hold_bills(self, connection, mapper, pairs) -> set[int]:
        """Link what bears our mark, and fail the other bills of ``pairs`` (item, candidates) that Xero has.

        :return: ids of the jobs that are settled by that
        """
        self._record_calls(connection)
        free = self._unlinked(connection, mapper, [element for _item, found in pairs for element in found])
        settled, failures = set(), {}
        for item, candidates in pairs:
            contact = _contact(item.payload)
            same = [element for element in candidates if element in free and _contact(element) == contact]
            ours = [element for element in same if mapper._marker_matches(element, item.res_id, item.payload)]
            if ours:
                self._take_over(connection, mapper, self._stored_item(item), ours[0])
            elif same:
                failures[item.job_id] = self._held_bill(mapper, item, same[0])
            settled |= {item.job_id} if same else set()
        self._fail(failures)
        return settled

    def _held_bill(self, mapper, item, element) -> Failure:
        message = self.env._(
            "Xero has %(number)s of %(contact)s already: %(total)s, %(status)s. If it is the same bill, link the two "
            "with Match Records. If not, Sync to Xero on this bill sends it all the same.",
            number=element.get(mapper._xero_number_field),
            contact=(element.get("Contact") or {}).get("Name") or "?",
            total=element.get("Total"),
            status=element.get("Status"),
        )
        return Failure("duplicate", message, {"model": mapper._odoo_model, "res_id": item.res_id})


def _contact(element) -> str:
    return ((element.get("Contact") or {}).get("ContactID") or "").lower()
