"""Contacts on their way out."""

from collections import defaultdict

from odoo import fields, models

from ...mappers.text import fold, named, quoted
from ...xero_api import errors, shape
from ...xero_api.elements import rows
from ..queue.failure import Failure
from ..queue.xero_sync_job import WAITING
from .lookup import literal, plain
from .plan import SAME

# From so many refused contacts on, reading them all, a thousand a call, is less than two calls for each.
MANY_CONTACTS = 10


class XeroExporterContact(models.AbstractModel):
    """Xero tells contacts apart by name: who has one already may be the same, or a namesake."""

    _name = "xero.exporter.contact"
    _inherit = "xero.exporter"
    _description = "Xero Contact Exporter"

    _xero_types = ("Contact",)

    def _is_left_out(self, mapper, link):
        """One that was archived by undoing its run is not sent before a person restores it in Xero."""
        archived = link.xero_status == "ARCHIVED" and link.run_id.state in ("undoing", "undone")
        return archived or super()._is_left_out(mapper, link)

    # === WHAT IS SENT === #

    def _plan_item(self, mapper, job, out, link):
        """Extend: the link learns what Odoo has of the contact."""
        method, item = super()._plan_item(mapper, job, out, link)
        if item and item.keys is not None:
            item = item._replace(keys=mapper._sheet_to_keep(out, link), out=out)
        return method, item

    def _note_verdicts(self, connection, mapper, verdicts):
        """Extend: what Xero cannot be told is said on the contact also when nothing is left to be sent."""
        super()._note_verdicts(connection, mapper, verdicts)
        same = {res_id: verdict.out for res_id, verdict in verdicts.items() if verdict.kind == SAME and verdict.out}
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, same) if same else {}
        for res_id, link in links.items():
            told = self.env["xero.reason"]._join("\n", same[res_id].notices)
            if link.state == "synced" and (link.message or "") != (told or ""):
                link.message = told or False

    def _update_payload(self, mapper, link, out):
        """An update says what Odoo changed, and leaves the rest to Xero."""
        if out.status == "ARCHIVED":
            return super()._update_payload(mapper, link, out)
        return {mapper._xero_id_field: link.xero_id, **mapper._update(out, link)}

    def _fitted_item(self, mapper, link, element, item):
        return item._replace(payload={mapper._xero_id_field: link.xero_id, **mapper._update(item.out, link, element)})

    # === MERGED MEANWHILE === #

    def _save_links(self, connection, mapper, saved, made=False):
        """Extend: partners that were merged while their call was under way have one contact together."""
        return super()._save_links(connection, mapper, self._of_survivors(connection, mapper, saved), made)

    def _of_survivors(self, connection, mapper, saved) -> list[tuple]:
        """Return of ``saved`` what stands for a partner, named as its job does now: a merge may have handed it over."""
        owners = {job.id: job.res_id for job in self._jobs_of(saved)}
        pairs = [(item._replace(res_id=owners.get(item.job_id, item.res_id)), element) for item, element in saved]
        ids = [item.res_id for item, _element in pairs]
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, ids)
        living = set(self.env[mapper._odoo_model].browse(ids).exists().ids)
        living |= self._being_removed(connection, mapper, ids)
        kept, over = [], []
        for (sent, _element), (item, element) in zip(saved, pairs, strict=True):
            link = links.get(item.res_id)
            taken = link and link._is_alive() and link.xero_id != element["ContactID"]
            if item.res_id not in living or taken and sent.res_id != item.res_id:
                over.append((item, element))
                continue
            kept.append((item, element))
            if taken:
                # Inherited meanwhile: no other contact can bear the mark of this partner any more.
                link.write({"res_model": "xero.sync.job", "res_id": item.job_id, "state": "ignored"})
        self._ignore(connection, mapper, over)
        return kept

    def _being_removed(self, connection, mapper, ids) -> set:
        """Return those of ``ids`` that were deleted under way, not merged: their contacts are archived next."""
        removals = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", mapper._odoo_model),
                ("res_id", "in", ids),
                ("operation", "=", "void"),
                ("state", "in", WAITING),
            ]
        )
        return set(removals.mapped("res_id"))

    def _ignore(self, connection, mapper, over) -> None:
        """Set contacts aside that stand for no partner, unless a merge has done so: the job that made each has it."""
        free = self._unlinked(connection, mapper, [element for _item, element in over])
        self.env["xero.link"]._save(
            [
                {
                    "connection_id": connection.id,
                    "company_id": item.company_id,
                    "xero_type": mapper._xero_type,
                    "res_model": "xero.sync.job",
                    "res_id": item.job_id,
                    "xero_id": element["ContactID"],
                    "xero_number": self._text_of(element, mapper._xero_number_field),
                    "xero_status": self._text_of(element, mapper._xero_status_field),
                    "state": "ignored",
                    "synced_at": fields.Datetime.now(),
                }
                for item, element in over
                if element in free
            ]
        )

    # === DUPLICATES === #

    def _is_as_sent(self, connection, mapper, item, payload, element):
        return fold(payload.get("Name")).casefold() == fold(element.get("Name")).casefold()

    def _told_by(self, element):
        return element.get("Name"), "-"

    def _resolve_taken(self, connection, mapper, item, payload, messages, candidates):
        """A contact of that name exists: it is the same one, or it belongs to another partner and ours takes a
        longer name. For a partner who was deleted meanwhile nobody's contact is touched.
        """
        job = self.env["xero.sync.job"].browse(item.job_id)
        if not self.env[mapper._odoo_model].browse(job.res_id).exists():
            self._runner._finish([job.id])
            return
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
        if len(same) == 1:
            # Linked as it stands: what a person keeps in Xero is not overwritten unseen, now or by a later edit of
            # something else.
            self._adopt_element(connection, mapper, item, same[0])
        elif taken and job.attempts < 2:
            job.attempts += 1
            self._runner._fail({job.id: Failure("duplicate", "\n".join(map(quoted, messages)), None, "pending")})
        else:
            self._runner._fail(
                {
                    job.id: Failure(
                        "duplicate",
                        self.env["xero.reason"]._(
                            "Xero has another contact named %s, with another tax number or e-mail address. "
                            "Rename one of them, or link this "
                            "contact to the one in Xero.",
                            named(payload["Name"]),
                        ),
                        {"model": mapper._odoo_model, "res_id": item.res_id},
                    )
                }
            )

    def _is_same_contact(self, payload, contact) -> bool:
        """The name is equal, not just the number it was found by; nothing that both sides state may differ."""
        if fold(payload.get("Name")).casefold().strip() != fold(contact.get("Name")).casefold().strip():
            return False
        for name in ("TaxNumber", "EmailAddress", "CompanyNumber"):
            mine, theirs = (str(side.get(name) or "").replace(" ", "").casefold() for side in (payload, contact))
            if mine and theirs and mine != theirs:
                return False
        return True

    # === WHO HAS IT === #

    def _namesakes(self, client, mapper, payloads):
        """Two calls each or, from ten on, one for every thousand that Xero holds."""
        if len(payloads) >= MANY_CONTACTS:
            return self._among_all_contacts(client, payloads)
        return [self._contact_namesakes(client, payload) for payload in payloads]

    def _contact_namesakes(self, client, payload):
        found = []
        try:
            found += _contacts_of(client.get("Contacts", xero_id=payload["ContactNumber"]))
        except errors.NotFound:
            pass
        params = {"where": f"Name=={literal(payload['Name'])}", "includeArchived": "true", "page": 1}
        known = {contact["ContactID"] for contact in found}
        namesakes = _contacts_of(client.get("Contacts", params=params))
        return found + [contact for contact in namesakes if contact["ContactID"] not in known]

    def _among_all_contacts(self, client, payloads):
        """Read every contact and keep those that are asked for."""
        wanted = defaultdict(list)
        for index, payload in enumerate(payloads):
            for key in {("ContactNumber", payload["ContactNumber"]), ("Name", plain(payload["Name"]))}:
                wanted[key].append(index)
        found = [[] for _payload in payloads]
        params, size = {"includeArchived": "true"}, self.env["xero.reader"]._page_size()
        for answer in client.pages("Contacts", params=params, page_size=size, by_id=True):
            for contact in _contacts_of(answer):
                keys = ("ContactNumber", contact.get("ContactNumber")), ("Name", plain(contact.get("Name")))
                for index in {index for key in keys for index in wanted.get(key, ())}:
                    found[index].append(contact)
        return found


def _contacts_of(answer) -> list[dict]:
    """What is odd in one of them hides none of the others, nor that one's name."""
    return shape.readable("Contact", rows(answer.data, "Contacts"))
