"""What Xero answered: each element is judged alone, and what it saved is linked."""

import logging
from dataclasses import replace
from decimal import Decimal

from odoo import fields, models

from ...mappers.awaited import record_key
from ...mappers.reason import pack, unpack
from ...mappers.text import named, quoted
from ...xero_api import clamps, codec, elements, errors
from ...xero_api.bounds import Unreadable
from ...xero_api.dates import to_date_string
from ..link.packed import column_of
from ..link.xero_link import GONE_STATUSES
from ..queue.failure import Failure
from .xero_refusal import NO_CURE, Refused

_logger = logging.getLogger(__name__)

FAILURE_OF_CLASS = {
    "duplicate_number": "duplicate",
    "duplicate_name": "duplicate",
    "locked_period": "locked_period",
    "account_mapping": "mapping",
    "tax_mapping": "mapping",
    "tracking_mapping": "mapping",
    "document_closed": "closed",
    "overpaid": "closed",
    "contact_archived": "closed",
    "gone": "closed",
    "plan_limit": "plan",
}
LONGEST_TEXT = 255
# What Xero makes of a status by itself: a document without an open amount is paid.
FOLLOWS = {"AUTHORISED": ("PAID",), "DELETED": ("VOIDED",), "VOIDED": ("DELETED",)}
LARGEST_ADJUSTMENT = Decimal("0.50")


class XeroExporter(models.AbstractModel):
    _inherit = "xero.exporter"

    # === ANSWER === #

    def _save_answer(self, drain, mapper, batch, answer) -> None:
        """Judge each element of the answer alone, save all results at once, then look into the duplicates.

        :param answer: what :meth:`_request` returned
        :raise OutcomeUnknown: of some it cannot be told whether they were saved; the call is kept for a look-up
        """
        found = elements.outcomes(answer, batch.resource, mapper._xero_id_field)
        sent = codec.loads(batch.body)[elements.list_key(batch.resource)]
        outcomes = elements.in_order(sent, found, mapper._xero_id_field, mapper._identifying)
        if outcomes is None:
            # Which answer belongs to which document cannot be told: look them up.
            error = errors.OutcomeUnknown(f"{len(found)} answers to {len(sent)} elements do not fit them")
            drain.transaction(self._mark_unknown, drain, batch, error, True)
            raise error
        told = self._looked_at(drain, mapper, batch, list(zip(self._items(batch), sent, outcomes, strict=True)))
        duplicates, is_settled = drain.transaction(self._save_results, drain, mapper, batch, told)
        if any(outcome.ok for outcome in outcomes):
            drain.made_headway()
        if duplicates:
            self._resolve_duplicates(drain, mapper, duplicates)
        if not is_settled:
            raise errors.OutcomeUnknown("Xero answered neither with an id nor with a reason")

    def _looked_at(self, drain, mapper, batch, told) -> list[tuple]:
        """Return ``told`` with what Xero holds where an answer shows another status than the one sent, or none that can
        be read: that is no success, and not surely a failure. It costs a call for forty of them.

        :param told: as for :meth:`_save_results`
        :raise OutcomeUnknown: Xero cannot be read; the call is kept for a look-up
        """
        inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        if inbound is None or not mapper._xero_id_field:
            return told
        odd = [
            outcome.xero_id
            for item, _payload, outcome in told
            if outcome.ok and self._is_other(item.status, self._text_of(outcome.element, mapper._xero_status_field))
        ]
        if not odd:
            return told
        try:
            found = {element[inbound._id_field]: element for element in self._read_current(drain, inbound, odd)}
        except errors.XeroError as error:
            drain.transaction(self._mark_unknown, drain, batch, error, True)
            raise errors.OutcomeUnknown("An answer with another status could not be looked into") from error
        return [
            (item, payload, replace(outcome, element=found.get(outcome.xero_id, outcome.element)))
            for item, payload, outcome in told
        ]

    def _is_other(self, sent, held) -> bool:
        """Whether the status ``held`` is another than the one that was ``sent``, and does not follow from it."""
        return bool(sent) and held != sent and held not in FOLLOWS.get(sent, ())

    def _save_results(self, drain, mapper, batch, told) -> tuple[list, bool]:
        """Write links and job states of one call.

        :param told: its elements: triples (item, payload, outcome)
        :return: ``(item, payload, messages)`` of the creations that Xero refused because the number or name is taken;
            and whether the answer said of each element what became of it
        """
        saved, failures, duplicates, unclear, refused = [], {}, [], [], []
        for item, payload, outcome in told:
            if outcome.ok:
                saved.append((item, outcome.element))
            elif outcome.unclear:
                unclear.append((item, payload))
            elif self._is_taken(batch, item, outcome.errors):
                duplicates.append((item, payload, outcome.errors))
            else:
                refused.append((item.job_id, Refused(item.res_id, payload, outcome.errors)))
        failures.update(self._refusals(drain.connection, mapper, refused))
        made = batch.method == "PUT"
        failures.update(self._save_links(drain.connection, mapper, saved, made))
        drain.record_calls(batch)
        if unclear:
            self._keep_unclear(batch, unclear)
        self._runner._fail(failures)
        done = [item.job_id for item, _element in saved if item.job_id not in failures]
        self._runner._finish(done, None if unclear else batch)
        self._follow(drain.connection, [item for item, _element in saved], made)
        self._look_into(drain.connection, [one for _job_id, one in refused])
        return duplicates, not unclear

    def _is_taken(self, batch, item, messages) -> bool:
        """Whether Xero refused ``item`` because somebody else has its number or name: that is looked into."""
        kinds = self._classes(messages)
        if batch.method == "PUT":
            return bool(kinds & {"duplicate_number", "duplicate_name"})
        return bool(item.job_id) and "duplicate_number" in kinds

    def _keep_unclear(self, batch, unclear):
        """Leave in ``batch`` what has to be looked up: pairs (item, payload)."""
        body = codec.dumps({elements.list_key(batch.resource): [payload for _item, payload in unclear]})
        batch.write(
            {
                "state": "unknown",
                "answered": True,
                "resolve_after": fields.Datetime.now(),
                "items": [item.dump() for item, _payload in unclear],
                "body": body.decode(),
            }
        )

    def _save_links(self, connection, mapper, saved, made=False) -> dict:
        """Store identity and agreement of saved elements: a row each, written once.

        What Xero has saved is linked whatever else is wrong with it.

        :param saved: pairs (batch item, Xero's element)
        :param made: whether they are new in Xero, or the answer that said so was lost
        :return: failures by job id, of documents whose total or status is not Odoo's
        """
        links = self.env["xero.link"]._map(
            connection, mapper._xero_type, mapper._odoo_model, [item.res_id for item, _element in saved]
        )
        no_job = self.env["xero.sync.job"]
        jobs = {job.id: job for job in self._jobs_of(saved)}
        rows, failures = [], {}
        for item, element in saved:
            job, link = jobs.get(item.job_id, no_job), links.get(item.res_id, self.env["xero.link"])
            row, failure = self._link_row(connection, mapper, link, item, element)
            if made and self._marks_made:
                row |= self._made_values(link, job, row)
            rows.append(row | self._link_values(job, row))
            if failure:
                failures[item.job_id] = failure
        moved = self._note_days(connection, mapper, links, rows, saved)
        self.env["xero.link"]._save(rows)
        self.env["xero.log"]._post_in_chatter(moved)
        self._log_sent(connection, mapper, [one for one in saved if one[0].job_id not in failures], made)
        return failures

    def _log_sent(self, connection, mapper, saved, made) -> None:
        """Keep in the history of each of ``saved`` (pairs of batch item and element) that Xero has it; one statement.

        :param made: as of :meth:`_save_links`
        """
        self.env["xero.log"]._add_rows(
            connection,
            [
                (mapper._odoo_model, item.res_id, item.company_id, self._sent_text(mapper, item, element, made))
                for item, element in saved
            ],
            direction="out",
        )

    def _sent_text(self, mapper, item, element, made):
        reason = self.env["xero.reason"]
        if item.status in GONE_STATUSES:
            return reason._("Removed in Xero, as in Odoo.")
        if not made:
            return reason._("Changed in Xero, as in Odoo.")
        number = self._is_numbered and self._text_of(element, mapper._xero_number_field)
        return reason._("Sent to Xero as %s.", named(number)) if number else reason._("Sent to Xero.")

    def _jobs_of(self, saved):
        """Return the jobs of ``saved`` (pairs of batch item and element) that there are still, read together."""
        return self.env["xero.sync.job"].search_fetch([("id", "in", [item.job_id for item, _element in saved])])

    def _link_row(self, connection, mapper, link, item, element) -> tuple[dict, Failure | None]:
        """Return the columns of the link of a saved ``item``, and what is wrong with what Xero saved.

        :param item: as it was sent
        :return: the row in the form that ``xero.link._save`` takes; the failure when total or status is not Odoo's
        """
        adjustment, failure = self._judge(connection, mapper, link, item, element)
        # A document that could only be kept as a draft waits for a person, though it is in Xero.
        waits = failure or item.notice and item.status == "DRAFT"
        row = {
            "connection_id": connection.id,
            "company_id": item.company_id,
            "xero_type": mapper._xero_type,
            "res_model": mapper._odoo_model,
            "res_id": item.res_id,
            "xero_id": element[mapper._xero_id_field],
            "xero_number": self._text_of(element, mapper._xero_number_field) or item.number,
            "state": "error" if waits else "to_sync" if item.interim else "synced",
            "message": pack(self.env, failure.message) if failure else item.notice or None,
            "digest": None if failure else item.digest,
            "xero_status": self._text_of(element, mapper._xero_status_field),
            "xero_total": elements.amount(element.get("Total")),
            "xero_updated_at": self.env["xero.inbound"]._updated_at(connection, element),
            "adjustment": adjustment,
            "synced_at": fields.Datetime.now(),
            **self._base_columns_of(mapper, element),
        }
        if item.keys is not None and (mapper._clearable or item.keys):
            row["odoo_keys"] = codec.dumps(item.keys).decode()
        if item.said is not None:
            row["odoo_state"] = None if failure else self._said_column(mapper, link, item, element)
        return row, failure

    def _judge(self, connection, mapper, link, item, element) -> tuple[Decimal, Failure | None]:
        """Compare what Xero saved with what was sent.

        :param link: the link as it was before, empty for what is new
        :param item: of the stored call
        :return: the cents to send on a rounding line (``Decimal`` in the document's currency, 0 for none), and what is
            wrong, ``None`` when nothing is
        """
        total = elements.amount(element.get("Total"))
        kept_draft = bool(item.notice and item.status == "DRAFT")
        adjustment, failure = self._compare(connection, link, None if kept_draft else item.total, total)
        if total is None and item.total is not None and element.get("Total") is not None:
            failure = self._unreadable_total(item.total)
        held = self._text_of(element, mapper._xero_status_field)
        waits = (record_key(mapper._odoo_model, item.res_id),)
        return adjustment, self._other_status(item.status, held, waits) or failure

    def _made_values(self, link, job, row) -> dict:
        """Return the columns that say when and by which run it was made; empty where the link says so already."""
        if link.made_xero_id == row["xero_id"] and link.run_id == job.run_id:
            return {}
        return {
            "run_id": job.run_id.id or None,
            "made_at": row["xero_updated_at"],
            "made_digest": row["base_digest"] if job.run_id else None,
            "made_here_at": fields.Datetime.now(),
            "made_xero_id": row["xero_id"],
        }

    def _note_days(self, connection, mapper, links, rows, saved) -> list[tuple]:
        """Add to ``rows`` the day that a document or payment was moved to, so that no difference is seen in it.

        :return: pairs (record, sentence), of those that were moved now
        """
        if connection.xero_lock_policy != "move" or not self._is_dated:
            return []
        inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        by_id = {row["res_id"]: (row, element) for row, (_item, element) in zip(rows, saved, strict=True)}
        moved = []
        for record in self.env[mapper._odoo_model].browse(by_id).exists():
            (row, element), link = by_id[record.id], links.get(record.id, self.env["xero.link"])
            there = inbound._canonical(element).get("date") if row["base_state"] is not None else None
            own = mapper._own_day(record)
            day = there if own and there and own != there else None
            if day == (to_date_string(link.date_xero) if link.date_xero else None):
                row |= {"date_odoo": link.date_odoo or None, "date_xero": link.date_xero or None}
                continue
            row |= {"date_odoo": own if day else None, "date_xero": day}
            if day and row["message"]:
                moved.append((record, unpack(self.env, row["message"])))
        return moved

    # What Xero has saved is linked, however oddly the answer describes it: else it would be sent a second time.

    def _text_of(self, element, name) -> str | None:
        """Return a text of ``element`` as columns take it, cut to 255 characters; ``None`` for what is none.

        :param name: of the key; ``None`` where the type has none
        """
        value = element.get(name) if name else None
        if not value or not isinstance(value, str) or isinstance(value, Unreadable):
            return None
        return clamps.text(value, LONGEST_TEXT)

    def _said_column(self, mapper, link, item, element):
        """Return what Odoo said, as the link keeps it; nothing of an element that is too odd to find its lines in."""
        try:
            said = mapper._agreed(item.said, element, link.odoo_state or None)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None
        return column_of(codec.dumps(said).decode())

    def _base_columns_of(self, mapper, element) -> dict:
        try:
            return self.env["xero.inbound"]._base_columns(mapper._xero_type, element)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            _logger.info("What an answer says of a %s is odd: %s", mapper._xero_type, type(error).__name__)
            return {"base_state": None, "base_digest": None, "base_source": "write"}

    def _unreadable_total(self, expected):
        return Failure(
            "total_mismatch",
            self.env["xero.reason"]._(
                "The document is in Xero, but Xero's answer shows no total that can be read; Odoo has %s. Check it in "
                "Xero and sync again.",
                expected,
            ),
        )

    def _other_status(self, sent, held, waits=()) -> Failure | None:
        """Return the failure of an element that Xero keeps in another status than the one sent: it is no success.

        :param waits: as of ``Failure``
        """
        if not self._is_other(sent, held) or not (held or sent in GONE_STATUSES):
            return None
        return Failure(
            "validation",
            self.env["xero.reason"]._(
                "It is in Xero, with the status %(held)s instead of %(sent)s. Look at it there, then sync again.",
                held=held or "?",
                sent=sent,
            ),
            waits=waits,
        )

    def _compare(self, connection, link, expected, total):
        """Compare Odoo's total with Xero's, both in the document's currency.

        :param expected: ``Decimal``, or ``None`` when there is nothing to compare
        :param total: as Xero answered it; ``None`` when it did not
        :return: ``(adjustment to send on a rounding line, Failure or None)``; 0 is none
        """
        adjustment = Decimal(str(link.adjustment if link else 0))
        if expected is None or total is None:
            return adjustment, None
        difference = Decimal(expected) - Decimal(str(total))
        if not difference:
            return adjustment, None
        corrected = adjustment + difference
        # Each further try must be smaller: Xero and we do not chase each other.
        small = abs(corrected) <= LARGEST_ADJUSTMENT and (not adjustment or abs(corrected) < abs(adjustment))
        if small and connection.rounding_policy == "line" and connection.rounding_account_id:
            return corrected, Failure(
                "total_mismatch",
                self.env["xero.reason"]._(
                    "Xero computed %(xero)s instead of %(odoo)s; a rounding line is being sent.",
                    xero=total,
                    odoo=expected,
                ),
                None,
                "pending",
            )
        # The next sending begins without the cents that were right for another version of the document.
        return Decimal(0), Failure(
            "total_mismatch",
            self.env["xero.reason"]._(
                "The document is in Xero with a total of %(xero)s, Odoo has %(odoo)s. Check its lines and "
                "taxes in both and sync again.",
                xero=total,
                odoo=expected,
            ),
        )

    def _classes(self, messages):
        """Return what Xero's ``messages`` are about, by the names of :func:`~...xero_api.elements.classify`."""
        return {elements.classify(message) for message in messages}

    def _refusals(self, connection, mapper, refused) -> dict:
        """Return the failures of what Xero refused, by id of the job: what a person can do, and what they wait for.

        :param refused: pairs (job id, ``Refused``), in any number
        """
        cures = self.env["xero.refusal"]._cures(connection, mapper, [one for _job_id, one in refused])
        return {job_id: self._refusal(one.messages, cure) for (job_id, one), cure in zip(refused, cures, strict=True)}

    def _refusal(self, messages, cure=NO_CURE) -> Failure:
        """Return the failure of what Xero refused with ``messages``, its own sentences.

        :param cure: where it is fixed, and what it waits for
        """
        classes = self._classes(messages) - {"other"}
        kind = FAILURE_OF_CLASS.get(min(classes), "validation") if classes else "validation"
        reason = self.env["xero.reason"]._(
            "Xero refused it: %s", "\n".join(map(quoted, messages)) or self.env["xero.reason"]._("no reason given")
        )
        if kind == "locked_period":
            reason = self.env["xero.reason"]._join("\n", (reason, self._locked_ways_out()))
        return Failure(kind, reason, cure.fix, waits=cure.waits)

    def _locked_ways_out(self) -> str:
        """Return what a person can do about a document in a period that is locked in Xero, translated."""
        return self.env["xero.reason"]._(
            "Nothing can be changed or voided there in a locked period. Move the lock date in Xero: it goes again "
            "automatically when that is read, at once with Read Accounts and Taxes. Or keep the document and make a "
            "credit note that is dated in an open period."
        )
