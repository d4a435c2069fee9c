"""Xero refused a creation because the number or the name is taken: by us before, or by somebody else."""

from odoo import fields, models
from odoo.tools import SQL

from ..xero_api import errors
from .xero_sync_push import Failure


def quoted(text: str) -> str:
    """Return ``text`` as a string of Xero's ``where`` language; what a user typed must not end the string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _settle_duplicates(self, connection, client, mapper, duplicates) -> None:
        """Look up who holds the number or name; one or two calls for each refused element."""
        for item, payload, messages in duplicates:
            candidates = self._namesakes(client, mapper, payload)
            self._transaction(self._settle_duplicate, connection, mapper, item, payload, messages, candidates)

    def _namesakes(self, client, mapper, payload) -> list[dict]:
        if mapper._xero_type == "Contact":
            return self._contact_namesakes(client, payload)
        if mapper._xero_type == "Invoice":
            answer = client.get(
                "Invoices", params={"InvoiceNumbers": payload["InvoiceNumber"], "includeArchived": "true", "page": 1}
            )
            return answer.data.get("Invoices") or []
        if mapper._xero_type == "CreditNote":
            return self._credit_note_namesakes(client, payload)
        return [
            element
            for params in mapper._lookup_params([payload])
            for answer in client.pages(mapper._xero_resource, params=params)
            for element in answer.data.get(mapper._xero_resource) or []
        ]

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

    def _credit_note_namesakes(self, client, payload):
        """Xero filters credit notes by date, not by number."""
        day = fields.Date.to_date(payload["Date"])
        literal = f"DateTime({day.year},{day.month},{day.day})"
        where = f"Type=={quoted(payload['Type'])} AND Date>={literal} AND Date<={literal}"
        number = payload.get("CreditNoteNumber")
        return [
            note
            for answer in client.pages("CreditNotes", params={"where": where})
            for note in answer.data.get("CreditNotes") or []
            if note.get("CreditNoteNumber") == number
        ]

    def _settle_duplicate(self, connection, mapper, item, payload, messages, candidates) -> None:
        self._record_calls(connection)
        ours = [element for element in candidates if mapper._marker_matches(element, item[1], payload)]
        living = self._unlinked(connection, mapper, ours)
        if living:
            self._take_over(connection, mapper, item, living[0])
        elif mapper._xero_type == "Contact":
            self._settle_contact_name(connection, mapper, item, payload, messages, candidates)
        elif ours:
            self._renumber(connection, mapper, item)
        else:
            self._fail({item[0]: self._number_taken(mapper, payload, messages, candidates)})

    def _take_over(self, connection, mapper, item, element) -> None:
        """Link ``element``, which bears our mark or is the one that is meant."""
        failures = self._save_links(connection, mapper, [(item, element)])
        self._fail(failures)
        self._finish([item[0]] if not failures else [])

    def _settle_contact_name(self, connection, mapper, item, payload, messages, candidates):
        """A contact of that name exists: it is the same one, or it belongs to another partner and ours takes a
        longer name.
        """
        active = [contact for contact in candidates if contact.get("ContactStatus", "ACTIVE") == "ACTIVE"]
        taken = set(
            self.env["xero.link"]
            .search(
                [
                    ("connection_id", "=", connection.id),
                    ("xero_type", "=", "Contact"),
                    ("xero_id", "in", [contact["ContactID"] for contact in candidates]),
                ]
            )
            .mapped("xero_id")
        )
        free = [contact for contact in active if contact["ContactID"] not in taken]
        same = [contact for contact in free if self._is_same_contact(payload, contact)]
        job = self.env["xero.sync.job"].browse(item[0])
        if len(same) == 1:
            # Linked as it stands: what a person keeps in Xero is not overwritten unseen.
            self._take_over(connection, mapper, item, same[0])
        elif taken and job.attempts < 2:
            job.attempts += 1
            self._fail({job.id: Failure("duplicate", "\n".join(messages), None, "pending")})
        else:
            self._fail(
                {
                    job.id: Failure(
                        "duplicate",
                        self.env._(
                            "Xero has another contact named %s, with another tax number or e-mail address. "
                            "Rename one of them, or link this "
                            "contact to the one in Xero.",
                            payload["Name"],
                        ),
                        {"model": mapper._odoo_model, "res_id": item[1]},
                    )
                }
            )

    def _is_same_contact(self, payload, contact) -> bool:
        """The name is equal; nothing that both sides state may differ."""
        for name in ("TaxNumber", "EmailAddress", "CompanyNumber"):
            mine, theirs = (str(side.get(name) or "").replace(" ", "").casefold() for side in (payload, contact))
            if mine and theirs and mine != theirs:
                return False
        return True

    def _renumber(self, connection, mapper, item) -> None:
        """Our own voided document keeps its number in Xero: the new one gets the next revision of it."""
        self._finish_superseded([item[0]])
        job_id, res_id, company_id = item[:3]
        self.env["xero.link"]._save(
            [
                {
                    "connection_id": connection.id,
                    "company_id": company_id,
                    "xero_type": mapper._xero_type,
                    "res_model": mapper._odoo_model,
                    "res_id": res_id,
                    "state": "to_sync",
                }
            ]
        )
        self.env.cr.execute(
            SQL(
                """UPDATE xero_link SET revision = COALESCE(revision, 0) + 1
                WHERE connection_id = %s AND xero_type = %s AND res_model = %s AND res_id = %s""",
                connection.id,
                mapper._xero_type,
                mapper._odoo_model,
                res_id,
            )
        )
        self._fail(
            {
                job_id: Failure(
                    "duplicate",
                    self.env._("Number used by a voided document; sending the next revision."),
                    None,
                    "pending",
                )
            }
        )

    def _number_taken(self, mapper, payload, messages, candidates) -> Failure:
        number = payload.get(mapper._xero_number_field)
        if not candidates:
            return self._refusal(messages)
        other = candidates[0]
        return Failure(
            "duplicate",
            self.env._(
                "Xero already has a document numbered %(number)s, made elsewhere: %(contact)s, total "
                "%(total)s, %(status)s. "
                "Change the number of one of them, then sync again.",
                number=number,
                contact=(other.get("Contact") or {}).get("Name") or "?",
                total=other.get("Total"),
                status=other.get("Status"),
            ),
        )
