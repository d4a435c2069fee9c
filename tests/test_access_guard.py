"""What workers keep is written by workers, and nobody sees or uses a record of another company, by whatever way."""

import json
from functools import partial

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.link.access import OWNERS
from .common.access import MAGIC, AccessCase
from .common.access_table import READS


@tagged("post_install", "-at_install")
class TestAccessGuard(AccessCase):
    def setUp(self):
        super().setUp()
        self.manager = self.person("manager")

    def own(self, name):
        """Return the record of company A as its administrator has it, ``None`` for what no person can hold."""
        found = self.record(name, self.company_a)
        return found and found.with_user(self.manager).with_context(allowed_company_ids=self.company_a.ids)

    def ours(self, name):
        """Return the fields of ``name`` but those that every model has."""
        return [field for field in self.env[name]._fields.values() if field.name not in MAGIC]

    def assertRefused(self, call, message):
        with self.subTest(message), self.env.cr.savepoint() as savepoint, mute_logger("odoo.models", "odoo.orm.models"):
            with self.assertRaises(UserError):
                call()
            savepoint.rollback()

    # === WHAT WORKERS KEEP === #

    def test_what_workers_keep_is_written_by_nobody_else(self):
        checked = 0
        for name in self.models():
            record = self.own(name)
            if record and (record.has_access("write") or record.browse().has_access("create")):
                kept = [field for field in self.ours(name) if field.readonly]
                checked += len(kept)
                for field in kept:
                    self._check_kept(record, field, False if field.relational else record.sudo()[field.name])
        self.assertGreater(checked, 150)

    def _check_kept(self, record, field, value):
        model = record.browse()
        named = model.with_context(**{f"default_{field.name}": value})
        self.assertRefused(lambda: record.write({field.name: value}), f"write {field}")
        self.assertRefused(lambda: model.create([{field.name: value}]), f"create {field}")
        self.assertRefused(lambda: named.create([{}]), f"default of {field}")

    def test_connection_is_led_to_no_other_organisation(self):
        """As it was tried: with the organisation of another company that the same person consented to."""
        mine = self.own("xero.connection")
        for name, value in (("tenant_id", "theirs"), ("state", "connected"), ("database_uuid", "x")):
            self._check_kept(mine, mine._fields[name], value)
            self.assertRefused(partial(mine.web_save, {name: value}, {"id": {}}), name)
            self.assertRefused(partial(setattr, mine, name, value), name)
        setup = self.own("xero.setup")
        self.assertRefused(
            lambda: setup.write({"journal_mapping_ids": [(1, self.id_of("xero.mapping.journal", self.company_a),
                                                          {"reason": "mine"})]}), "through a parent"
        )  # fmt: skip

    def test_import_writes_nothing_that_workers_keep(self):
        run = self.own("xero.run").browse()
        result = run.load(["connection_id/.id", "state"], [[str(self.connection_a.id), "Done"]])
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    def test_a_copy_begins_anew(self):
        run = self.record("xero.run", self.company_a)
        run.write({"kind": "resync", "automatic": True, "subject": "mine"})
        copied = run.with_user(self.manager).copy()
        self.assertEqual((copied.kind, copied.automatic, copied.subject), ("history", False, False))

    # === WHOSE RECORDS === #

    def test_nobody_sees_or_names_records_of_another_company(self):
        checked = 0
        for name in self.models():
            record = self.own(name)
            if record and (record.has_access("write") or record.browse().has_access("create")):
                foreign = [(field, self._theirs(field)) for field in self.ours(name)]
                for field, theirs in foreign:
                    checked += bool(theirs)
                    self._check_foreign(record, field, theirs)
        self.assertGreater(checked, 30)

    def _theirs(self, field):
        """Return the record of company B that ``field`` could point at; ``None`` where companies share."""
        theirs = field.relational and self.record(field.comodel_name, self.company_b)
        own = theirs and {"company_id", "company_ids"} & set(theirs._fields)
        return theirs if own and theirs != self.record(field.comodel_name, self.company_a) else None

    def _check_foreign(self, record, field, theirs):
        if not theirs:
            return
        many = field.type in ("one2many", "many2many")
        values = [[(4, theirs.id)], [(6, 0, theirs.ids)], [(1, theirs.id, {})]] if many else [theirs.id]
        for value in values:
            self.assertRefused(partial(record.write, {field.name: value}), f"{field} {value} write")
            self.assertRefused(partial(record.browse().create, [{field.name: value}]), f"{field} {value} create")
        for value in values if many else [theirs.id, {"id": theirs.id}]:
            self._check_screen(record, field, value)

    def _check_screen(self, record, field, value):
        model, spec = record.browse(), {}
        for shown in model._fields.values():
            if model._has_field_access(shown, "read") and shown.type not in ("binary", "properties"):
                spec[shown.name] = {"fields": {"display_name": {}}} if shown.relational else {}
        for of in (model, record):
            for names in ([field.name], []):
                self._check_blind(partial(of.onchange, {field.name: value}, names, spec), f"{field} {value} {names}")
        named = model.with_context(**{f"default_{field.name}": value})
        self._check_blind(partial(named.default_get, list(spec)), f"{field} default")
        self._check_blind(partial(named.onchange, {}, [], spec), f"{field} default onchange")

    def _check_blind(self, call, message):
        """Whatever ``call`` answers, nothing of B is in it."""
        with self.subTest(message), self.env.cr.savepoint() as savepoint, mute_logger("odoo.models", "odoo.orm.models"):
            try:
                answer = call()
            except (UserError, ValueError, KeyError):
                # A form of a made-up record may not be shown at all.
                answer = None
            self.assertNotIn("CANARY-B", json.dumps(answer, default=str))
            savepoint.rollback()

    def test_people_of_two_companies_mix_no_organisations(self):
        both = self.person("manager", self.company_a, self.company_b)
        row = self.record("xero.mapping.account", self.company_a).with_user(both)
        theirs = self.record("xero.account", self.company_b)
        self.assertRefused(lambda: row.write({"xero_account_id": theirs.id}), "mapping")
        connection = self.connection_a.with_user(both)
        self.assertRefused(lambda: connection.write({"rounding_account_id": theirs.id}), "rounding")

    def test_people_of_two_companies_mix_no_organisations_in_any_field(self):
        both, checked = self.person("manager", self.company_a, self.company_b), 0
        for name in self.models():
            record = self.own(name)
            if record and record.has_access("write"):
                mine = record.with_user(both).with_context(allowed_company_ids=both.company_ids.ids)
                for field in self.ours(name):
                    theirs = field.type == "many2one" and field.name not in OWNERS and self._theirs(field)
                    if theirs and not field.readonly and hasattr(theirs, "_connection_of"):
                        self.assertRefused(partial(mine.write, {field.name: theirs.id}), str(field))
                        checked += 1
        self.assertGreater(checked, 5)

    def test_nobody_moves_what_names_another_organisation(self):
        """A person of both companies gives a row of one to the other, together with what it points at."""
        both = self.person("manager", self.company_a, self.company_b)
        row = self.record("xero.mapping.tracking", self.company_b)
        row.sudo().write({"xero_option_id": self.id_of("xero.tracking.option", self.company_b)})
        mine = self.connection_a.with_user(both).with_context(allowed_company_ids=both.company_ids.ids)
        self.assertRefused(lambda: mine.write({"tracking_mapping_ids": [(4, row.id)]}), "through its parent")
        self.assertRefused(lambda: row.with_env(mine.env).write({"connection_id": mine.id}), "itself")

    def test_a_screen_of_ones_own_shows_no_other_record_of_odoo(self):
        """A line of a matching shows any record that it names: its names are the worker's."""
        line = self.own("xero.match.line")
        secret = self.record("res.partner", self.company_b)
        spec = {"comparison": {}, "display_name": {}}
        values = {"res_model": "res.partner", "res_id": secret.id}
        self._check_blind(lambda: line.onchange(values, ["res_id"], spec), "line")

    def test_a_partner_is_asked_about_in_own_companies_only(self):
        partner = self.env["res.partner"].create({"name": "Shared"})
        self.connection_b.tenant_id = "theirs"
        values = {"connection_id": self.connection_b.id, "company_id": self.company_b.id, "xero_type": "Contact"}
        link = {"res_model": "res.partner", "res_id": partner.id, "xero_id": "CANARY-B id", "xero_number": "CANARY-B"}
        self.env["xero.link"].create({**values, **link})
        clerk = self.person("clerk")
        spec = {"xero_number": {}, "xero_contact_id": {}, "xero_url": {}, "xero_sync_state": {}}
        partner = partner.with_user(clerk)
        self._check_blind(lambda: partner.onchange({"company_id": self.company_b.id}, ["company_id"], spec), "onchange")
        elsewhere = partner.with_context(allowed_company_ids=self.company_b.ids)
        self._check_blind(lambda: elsewhere.read(list(spec)), "allowed_company_ids")
        portal = self.person("portal")
        self.assertRefused(lambda: self.company_a.with_user(portal).read(["xero_connection_id"]), "portal")

    def test_every_model_has_a_rule_of_companies_or_persons(self):
        ruled = set(self.env["ir.rule"].search([("model_id.model", "=like", "xero.%")]).model_id.mapped("model"))
        free = {"xero.field.target", *(name for name, level in READS.items() if level is None)}
        self.assertEqual(set(self.models()) - ruled - free, set())
        for name in self.models():
            record = self.record(name, self.company_b)
            if name in free or not record:
                continue
            for role in ("user", "accountant", "manager", "settings"):
                seen = self.env[name].with_user(self.person(role))
                if seen.has_access("read"):
                    self.assertNotIn(record.id, seen.search([]).ids, f"{name} {role}")
