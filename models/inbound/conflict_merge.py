"""Two contacts became one in Xero, and each is a partner of Odoo: merge the two here as well."""

from dataclasses import replace

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...mappers.document.canonical import DocumentState
from ...mappers.text import named
from ...xero_api import codec
from ..link.packed import column_of, unpack
from .importer import CHUNK

WIZARD = "base.partner.merge.automatic.wizard"
READ_AT_ONCE = 5000


class XeroConflict(models.Model):
    _inherit = "xero.conflict"

    def action_merge_partners(self):
        """Merge the partner of the contact that was merged away into the partner of the one that survived.

        :raise AccessError: the person may not merge contacts
        :raise UserError: Odoo forbids this merge, with its reason
        """
        self._check_may_decide()
        if not self.env.su and not self.env[WIZARD].has_access("create"):
            raise AccessError(self.env._("Merging contacts takes the right to create contacts (Contact Creation)."))
        for conflict in self:
            if conflict.state != "open" or conflict.kind != "merged":
                raise UserError(self.env._("This is no open question about contacts that were merged in Xero."))
            conflict._merge_partners()
        return True

    def _merge_partners(self):
        contacts, connection = self.env["xero.inbound"]._for_type("Contact").sudo(), self.connection_id.sudo()
        survivor_id = (self.xero_view or {}).get("merged_to")
        link = contacts._links(connection, [survivor_id]).get(survivor_id)
        partners = self.env["res.partner"]
        survivor, loser = partners.browse(link.res_id if link else []).exists(), partners.browse(self.res_id).exists()
        self.env["xero.partner.guard"]._check_merge(survivor | loser, connection)
        loser_id, name = self.sudo().link_id.xero_id, loser.display_name
        if survivor and loser:
            self.env[WIZARD]._merge((survivor | loser).ids, survivor)
        contacts._contact_lives_on(connection, loser_id, survivor_id)
        if survivor:
            contacts._send_refused_again(connection, survivor)
        self.sudo().link_id.write({"state": "ignored", "message": False})
        self.sudo().write(
            {
                "state": "settled",
                "choice": "other",
                "settled_at": fields.Datetime.now(),
                "settled_by_id": self.env.user.id,
            }
        )
        if survivor:
            survivor._message_log(body=self.env._("%s was merged into this contact, as in Xero.", named(name) or "?"))


class XeroInboundContact(models.AbstractModel):
    _inherit = "xero.inbound.contact"

    def _contact_lives_on(self, connection, loser_id: str, survivor_id: str) -> None:
        """Bring what was agreed about documents to the contact that survived.

        A merge moves the documents in Xero without a word, and is no edit of theirs on either side.
        """
        links = self._links_naming(connection, loser_id.lower())
        pairs = []
        for link in links:
            state = replace(DocumentState.load(link.base_state), contact=survivor_id.lower()).dump()
            row = {"base_state": column_of(codec.dumps(state).decode()), "base_digest": codec.digest(state)}
            pairs.append((link.id, {**row, "base_source": link.base_source}))
        self.env["xero.link"]._save_base_rows(pairs)
        for xero_type, of_type in links.grouped("xero_type").items():
            for start in range(0, len(of_type), CHUNK):
                self._rebase(connection, xero_type, of_type[start : start + CHUNK], loser_id)

    def _links_naming(self, connection, contact_id: str):
        """Return the links of documents that were agreed on with a contact: all are looked through, merges are rare."""
        after, found = 0, []
        while True:
            rows = self.env.execute_query(
                SQL(
                    """SELECT id, base_state FROM xero_link WHERE connection_id = %s AND res_model = 'account.move'
                          AND id > %s AND base_state IS NOT NULL ORDER BY id LIMIT %s""",
                    connection.id,
                    after,
                    READ_AT_ONCE,
                )
            )
            found += [link_id for link_id, stored in rows if unpack(stored).get("contact") == contact_id]
            if len(rows) < READ_AT_ONCE:
                return self.env["xero.link"].browse(found)
            after = rows[-1][0]

    def _rebase(self, connection, xero_type, links, loser_id) -> None:
        """Odoo names the other contact now; nothing else it would send has changed by that."""
        mapper = self.env["xero.mapper"]._for_type(xero_type)
        moves = self.env["account.move"].browse(links.mapped("res_id")).exists()
        outgoing = mapper._prepare(mapper._handles(moves), connection)
        for link in links.filtered("digest"):
            out = outgoing.get(link.res_id)
            if out and link.digest == codec.digest({**out.canonical(), "Contact": {"ContactID": loser_id}}):
                link.digest = codec.digest(out.canonical())
