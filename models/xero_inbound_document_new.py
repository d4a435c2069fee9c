"""Documents that were made in Xero."""

from urllib.parse import parse_qs, urlsplit

from odoo import Command, fields, models

from ..mappers.inbound_document import GONE as GONE_THERE
from ..mappers.inbound_document import document_view
from ..xero_api import codec
from .xero_connection import MOVE_TYPE_SETTINGS
from .xero_inbound import Result, Untakeable
from .xero_inbound_document_apply import FORBIDDEN, LineBooks

MOVE_TYPES = {
    "ACCREC": "out_invoice",
    "ACCPAY": "in_invoice",
    "ACCRECCREDIT": "out_refund",
    "ACCPAYCREDIT": "in_refund",
}
APPROVED = ("AUTHORISED", "PAID")


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    def _apply_new(self, connection, elements):
        """Link again what bears our mark, import what the settings want, and leave the rest alone."""
        results, wanted = {}, []
        ours = self._ours(connection, elements)
        for element in elements:
            xero_id = element[self._id_field]
            if xero_id in ours:
                results[xero_id] = self._link_again(connection, element, ours[xero_id])
            elif self._is_wanted(connection, element):
                wanted.append(element)
            else:
                results[xero_id] = Result("ignored")
        if wanted:
            contacts = self.env["xero.inbound"]._for_type("Contact")
            contacts._ensure(connection, [element.get("Contact") or {} for element in wanted])
            books = {}
            for element in wanted:
                results[element[self._id_field]] = self._import(connection, element, books)
        return results

    def _is_wanted(self, connection, element) -> bool:
        """Whether the settings have ``element`` imported: an approved document of a kind and date that is synced."""
        if connection.inbound_documents == "ignore" or element.get("Status") not in APPROVED:
            return False
        move_type = MOVE_TYPES.get(element.get("Type"))
        if not move_type or not connection[MOVE_TYPE_SETTINGS[move_type]]:
            return False
        start = fields.Date.to_string(connection._sync_start())
        return document_view(element, self._number_field).get("date", "") >= start

    # === OUR OWN === #

    def _ours(self, connection, elements) -> dict:
        """Return ``{xero id: res_id}`` of elements that bear our mark and whose record has no living link."""
        marked = {element[self._id_field]: res_id for element in elements if (res_id := self._marked_id(element))}
        return marked

    def _marked_id(self, element) -> int | None:
        """Return the id of the record that ``element`` says it was made for, when it was made by this database."""
        if not element.get("Url"):
            return None
        text = parse_qs(urlsplit(element["Url"]).query).get("res_id", [""])[0]
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        return int(text) if text.isdigit() and mapper._marker_matches(element, int(text)) else None

    def _link_again(self, connection, element, res_id):
        """The answer to a creation was lost, or the link: link it, unless the sending itself is still looking."""
        if element.get("Status") in GONE_THERE or self._is_being_sent(connection):
            return Result("ignored")
        move = self.env[self._odoo_model].browse(res_id).exists()
        link = self.env["xero.link"]._map(connection, self._xero_type, self._odoo_model, [res_id]).get(res_id)
        if not move or (link and link.xero_id and link.xero_status not in GONE_THERE):
            return Result("ignored")
        self.env["xero.link"]._save(
            [
                self._link_row(
                    connection,
                    res_id,
                    element,
                    move.company_id,
                    xero_number=element.get(self._number_field),
                    xero_total=element.get("Total"),
                    digest=None,
                    state="to_sync",
                )
            ]
        )
        return Result("linked", res_id=res_id)

    def _is_being_sent(self, connection) -> bool:
        return bool(
            self.env["xero.sync.batch"].search_count(
                [("connection_id", "=", connection.id), ("state", "!=", "done")], limit=1
            )
        )

    # === IMPORT === #

    def _import(self, connection, element, books):
        """Make the document in Odoo; its total is Xero's, or it is not made."""
        view = self._remote_view(element)
        try:
            with self.env.cr.savepoint():
                move = self._make(connection, element, view, books)
        except Untakeable as error:
            return Result("failed", str(error), None, error.fix)
        except FORBIDDEN as error:
            return Result("failed", str(error.args[0]), None, {"kind": "validation"})
        self._link_imported(connection, element, view, move)
        return Result("created", res_id=move.id)

    def _make(self, connection, element, view, books):
        move_type = MOVE_TYPES[view["type"]]
        if move_type not in books:
            books[move_type] = LineBooks(self, connection, move_type, connection.company_id)
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "journal_id": self._journal(connection, move_type).id,
                "partner_id": self._partner(connection, view).id,
                **self._head_values(connection, view, move_type),
                "invoice_line_ids": [Command.create(books[move_type].values(line)) for line in view.get("lines") or []],
            }
        )
        self._prove(move, view)
        if self._is_to_post(connection):
            self._open_day(connection, move)
            move._post(soft=False)
        return move

    def _is_to_post(self, connection) -> bool:
        return connection.inbound_documents == "post"

    def _head_values(self, connection, view, move_type) -> dict:
        sale = move_type.startswith("out_")
        values = {
            "company_id": connection.company_id.id,
            "invoice_date": view.get("date"),
            "date": view.get("date"),
            "ref": (view.get("reference") if sale else view.get("number")) or False,
            "payment_reference": view.get("number") if sale else False,
            "invoice_origin": self.env._("Xero %s", view.get("number") or ""),
            **self._currency_values(connection.company_id, view),
        }
        if view.get("due_date"):
            values |= {"invoice_payment_term_id": False, "invoice_date_due": view["due_date"]}
        return values

    def _journal(self, connection, move_type):
        kind = "sale" if move_type.startswith("out_") else "purchase"
        chosen = connection[f"inbound_{kind}_journal_id"]
        journal = chosen or self.env["account.journal"].search(
            [
                ("type", "=", kind),
                ("company_id", "=", connection.company_id.id),
                ("id", "not in", connection.excluded_journal_ids.ids),
            ],
            limit=1,
        )
        if not journal:
            raise Untakeable(
                "validation",
                self.env._("There is no journal for documents from Xero: choose one on the connection."),
                connection,
            )
        return journal

    def _link_imported(self, connection, element, view, move):
        self.env["xero.link"]._save(
            [
                self._link_row(
                    connection,
                    move.id,
                    element,
                    from_xero=True,
                    xero_number=element.get(self._number_field),
                    xero_total=element.get("Total"),
                )
            ]
        )
        link = self.env["xero.link"]._map(connection, self._xero_type, "account.move", [move.id])[move.id]
        link.write(self._agreed_days(connection, move, view))
        out = self._outgoing(connection, move).get(move.id)
        agreed = bool(out and out.status != "ABSENT")
        keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload) if agreed else False
        link.write({"digest": codec.digest(out.agreed()) if agreed else False, "odoo_keys": keys})
        move._message_log(body=self.env._("Imported from Xero, where it is %s.", view.get("number") or "?"))
        if view.get("money"):
            self.env["xero.inbound"]._settlements(connection, self._xero_type, [(link, element)])
