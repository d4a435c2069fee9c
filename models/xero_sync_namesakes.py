"""Who holds the numbers and names that Xero refused as taken: few calls for all of them together."""

from collections import defaultdict

from odoo import fields, models

from ..mappers.text import fold
from ..xero_api import errors

# From so many refused contacts on, reading them all, a thousand a call, is less than two calls for each.
MANY_CONTACTS = 10


def quoted(text: str) -> str:
    """Return ``text`` as a string of Xero's ``where`` language; what a user typed must not end the string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _namesakes(self, client, mapper, payloads) -> list[list[dict]]:
        """Return for each of ``payloads``, as sent, the elements of Xero that have its number, mark or name.

        Invoices cost a call for every forty, credit notes one for every thousand
        of their days, contacts two each or, from ten on, one for
        every thousand that Xero holds.
        """
        if mapper._xero_type == "Contact":
            many = len(payloads) >= MANY_CONTACTS
            return self._among_all_contacts(client, payloads) if many else [
                self._contact_namesakes(client, payload) for payload in payloads
            ]
        if mapper._xero_type == "Invoice":
            params = [{**param, "includeArchived": "true"} for param in mapper._lookup_params(payloads)]
            return self._by_number(payloads, "InvoiceNumber", self._rows_of(client, mapper, params))
        if mapper._xero_type == "CreditNote":
            return self._by_number(payloads, "CreditNoteNumber", self._rows_of(client, mapper, _span_of(payloads)))
        return [self._rows_of(client, mapper, mapper._lookup_params([payload])) for payload in payloads]

    def _rows_of(self, client, mapper, params) -> list[dict]:
        return [
            element
            for param in params
            for answer in client.pages(mapper._xero_resource, params=param, page_size=self._page_size())
            for element in answer.data.get(mapper._xero_resource) or []
        ]

    def _by_number(self, payloads, field, rows):
        found = defaultdict(list)
        for element in rows:
            found[element.get("Type"), _plain(element.get(field))].append(element)
        return [found[payload["Type"], _plain(payload.get(field))] for payload in payloads]

    # === CONTACTS === #

    def _contact_namesakes(self, client, payload):
        found = []
        try:
            found += client.get("Contacts", xero_id=payload["ContactNumber"]).data.get("Contacts") or []
        except errors.NotFound:
            pass
        params = {"where": f"Name=={quoted(payload['Name'])}", "includeArchived": "true", "page": 1}
        known = {contact["ContactID"] for contact in found}
        named = client.get("Contacts", params=params).data.get("Contacts") or []
        return found + [contact for contact in named if contact["ContactID"] not in known]

    def _among_all_contacts(self, client, payloads):
        """Read every contact and keep those that are asked for."""
        wanted = defaultdict(list)
        for index, payload in enumerate(payloads):
            for key in {("ContactNumber", payload["ContactNumber"]), ("Name", _plain(payload["Name"]))}:
                wanted[key].append(index)
        found = [[] for _payload in payloads]
        params = {"includeArchived": "true"}
        for answer in client.pages("Contacts", params=params, page_size=self._page_size(), by_id=True):
            for contact in answer.data.get("Contacts") or []:
                keys = ("ContactNumber", contact.get("ContactNumber")), ("Name", _plain(contact.get("Name")))
                for index in {index for key in keys for index in wanted.get(key, ())}:
                    found[index].append(contact)
        return found


def _plain(text) -> str:
    """Return ``text`` in the form in which Xero compares numbers and names: without case and accents."""
    return fold(text).strip().casefold()


def _span_of(payloads) -> list[dict]:
    """Return the calls that find credit notes: Xero filters them by day and type, not by number."""
    days = [fields.Date.to_date(payload["Date"]) for payload in payloads]
    first, last = (f"DateTime({day.year},{day.month},{day.day})" for day in (min(days), max(days)))
    kinds = sorted({payload["Type"] for payload in payloads})
    return [{"where": f"Type=={quoted(kind)} AND Date>={first} AND Date<={last}"} for kind in kinds]
