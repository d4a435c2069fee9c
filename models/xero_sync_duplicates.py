"""Xero refused a creation because the number or the name is taken: by us before, or by somebody else."""

from odoo import models
from odoo.tools import SQL

from .xero_link import GONE_STATUSES
from .xero_sync_push import STORED_KEYS, Failure


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _settle_duplicates(self, connection, client, mapper, duplicates) -> None:
        """Look up who holds the numbers or names, all together, and settle each refused element alone."""
        if not duplicates:
            return
        found = self._namesakes(client, mapper, [payload for _item, payload, _messages in duplicates])
        for (item, payload, messages), candidates in zip(duplicates, found, strict=True):
            self._transaction(self._settle_duplicate, connection, mapper, item, payload, messages, candidates)

    def _settle_duplicate(self, connection, mapper, item, payload, messages, candidates) -> None:
        self._record_calls(connection)
        ours = [element for element in candidates if mapper._marker_matches(element, item[1], payload)]
        living = self._unlinked(connection, mapper, ours)
        if living:
            self._take_over(connection, mapper, item, living[0])
        elif mapper._xero_type == "Contact":
            self._settle_contact_name(connection, mapper, item, payload, messages, candidates)
        elif self._are_gone(mapper, ours) or self._is_kept_by_ours(connection, mapper, item, payload, candidates):
            self._renumber(connection, mapper, item)
        else:
            self._fail({item[0]: self._number_taken(mapper, payload, messages, candidates)})

    def _are_gone(self, mapper, elements) -> bool:
        """Whether there are ``elements``, and every one was voided or deleted."""
        return bool(elements) and all(element.get(mapper._xero_status_field) in GONE_STATUSES for element in elements)

    def _is_kept_by_ours(self, connection, mapper, item, payload, candidates) -> bool:
        """Whether the number is that of the document that the record was before it was voided or deleted in Xero.

        It bears no mark, or not the present content; and a look-up by day does not find one that had another.
        """
        link = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, [item[1]]).get(item[1])
        if not (link and link.xero_id) or link.xero_status not in GONE_STATUSES:
            return False
        if not candidates:
            return link.xero_number == payload.get(mapper._xero_number_field)
        return any(element[mapper._xero_id_field].lower() == link.xero_id.lower() for element in candidates)

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
            # Its values there are no less Xero's when Odoo has the like: nothing is noted as what Odoo had.
            self._take_over(connection, mapper, item[:STORED_KEYS], same[0])
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
        """Our own voided document keeps its number in Xero: the new one gets the next revision of Odoo's."""
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
                """UPDATE xero_link SET revision = COALESCE(revision, 0) + 1, from_xero = FALSE
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
