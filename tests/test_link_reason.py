import json
import pickle
import time
from datetime import UTC, date, datetime
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import LazyTranslate, mute_logger
from odoo.tools.translate import code_translations

from ..mappers.reason import LONGEST, MARK, Reason, pack, said, sources_with, unpack
from ..mappers.text import named, quoted
from ..models.reconciliation.compare_document import Found
from ..models.reconciliation.worksheet import Subject, Worksheet
from .common.inbound import InboundCommon
from .test_privacy_retention import RetentionCommon

_lt = LazyTranslate(__name__)
WAITS = "Waits for %s, which is sent first."
FAILED = "Waits for %(name)s, which failed: %(reason)s"
DE, FR = "de_DE", "fr_FR"


def translation(lang, source):
    """What the files of translations say."""
    return code_translations.get_python_translations("xero_connector", lang)[source]


def call(env, model, name, value, labels):
    """Give a value of a selection its labels, which are loaded where a language is installed for good."""
    found = env["ir.model.fields.selection"].sudo().search(
        [("field_id.model", "=", model), ("field_id.name", "=", name), ("value", "=", value)]
    )  # fmt: skip
    for lang, label in labels.items():
        found.with_context(lang=lang).name = label


@tagged("post_install", "-at_install")
class TestReason(RetentionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in (DE, FR):
            cls.env["res.lang"]._activate_lang(lang)
        cls.german, cls.french = (cls.env(context={**cls.env.context, "lang": lang}) for lang in (DE, FR))

    def say(self, source, /, *args, **kwargs):
        return self.env["xero.reason"]._(source, *args, **kwargs)

    def stored(self, text):
        """``text`` as it is read from what is stored."""
        return unpack(self.env, pack(self.env, text))

    def link(self, **values):
        return self.env["xero.link"].create(
            {"connection_id": self.connection.id, "company_id": self.company.id, "xero_type": "Invoice",
             "res_model": "account.move", "res_id": 900_000_001, **values}
        )  # fmt: skip

    def column(self, link):
        self.env.flush_all()
        self.env.cr.execute("SELECT message FROM xero_link WHERE id = %s", [link.id])
        return self.env.cr.fetchone()[0]

    # === TEXTS === #

    def test_each_reads_the_own_language(self):
        stored = pack(self.env, self.say(WAITS, "INV/1"))
        for env, lang in ((self.german, DE), (self.french, FR)):
            self.assertEqual(unpack(env, stored), translation(lang, WAITS) % "INV/1")
        self.assertEqual(unpack(self.env, stored), "Waits for INV/1, which is sent first.")

    def test_whoever_writes_reads_the_own_language_at_once(self):
        self.assertEqual(self.german["xero.reason"]._(WAITS, "INV/1"), translation(DE, WAITS) % "INV/1")

    def test_what_is_stored_begins_with_english_whoever_wrote_it(self):
        self.assertEqual(
            pack(self.german, self.german["xero.reason"]._(WAITS, "INV/1")),
            pack(self.env, self.say(WAITS, "INV/1")),
        )

    def test_reasons_in_reasons(self):
        inner = self.say(WAITS, "A")
        outer = self.say(FAILED, name="B", reason=inner)
        words = translation(DE, FAILED) % {"name": "B", "reason": translation(DE, WAITS) % "A"}
        self.assertEqual(unpack(self.german, pack(self.env, outer)), words)

    def test_joined(self):
        joined = self.env["xero.reason"]._join("\n", (self.say(WAITS, "A"), "Xero said so", self.say(WAITS, "B")))
        german = [translation(DE, WAITS) % "A", "Xero said so", translation(DE, WAITS) % "B"]
        self.assertEqual(unpack(self.german, pack(self.env, joined)), "\n".join(german))
        again = self.env["xero.reason"]._join(" ", [unpack(self.german, pack(self.env, joined)), "!"])
        self.assertEqual(unpack(self.french, pack(self.env, again)).count(translation(FR, WAITS) % "A"), 1)
        self.assertNotIsInstance(self.env["xero.reason"]._join(", ", ["a", "b"]), Reason)

    def test_odd_arguments(self):
        odd = ("", "%(x)s %s %", "ß 日本 “”\u2028\\\"'", 0, -1.5, True, None, "a" * 500, "</t>", "{}", '{"t": "x"}')
        for value in odd:
            with self.subTest(value):
                self.assertEqual(self.stored(self.say("%(a)s|%(b)s", a=value, b="%(a)s")), f"{value}|%(a)s")
                self.assertEqual(self.stored(self.say("<%s>", value)), f"<{value}>")
        self.assertEqual(self.stored(self.say("100%")), "100%")

    def test_dates_and_lists_are_worded_when_they_are_read(self):
        stored = pack(self.env, self.say("%(day)s: %(names)s", day=date(2026, 3, 4), names=["A", "B"]))
        self.assertEqual(unpack(self.env, stored), "03/04/2026: A and B")
        self.assertEqual(unpack(self.german, stored), "04.03.2026: A und B")

    def test_labels_of_selections(self):
        call(self.env, "xero.link", "state", "to_sync", {DE: "Zu senden"})
        label = self.env["xero.reason"]._label("xero.link", "state", "to_sync")
        self.assertEqual((label, self.env["xero.reason"]._label("xero.link", "state", False)), ("To sync", ""))
        self.assertEqual(unpack(self.german, pack(self.env, label)), "Zu senden")
        stored = pack(self.env, label).replace("to_sync", "no more")
        self.assertEqual(unpack(self.german, stored), "To sync")

    def test_texts_that_are_constants(self):
        self.assertEqual(unpack(self.german, pack(self.env, self.say(_lt(WAITS, "A")))), translation(DE, WAITS) % "A")
        self.assertEqual(self.stored(self.say(FAILED, name="B", reason=_lt(WAITS, "A"))).count("sent first"), 1)

    def test_what_names_and_errors_leave_of_it(self):
        """The code goes with an error, and is not cut; a string that is cut has none."""
        text = self.say(FAILED, name="B", reason="x" * 900)
        self.assertIs(said(UserError(text)), text)
        self.assertIs(quoted(text), text)
        self.assertEqual(said(ValueError("plain", 3)), "('plain', 3)")
        self.assertEqual(said(ValueError()), "")
        self.assertNotIsInstance(named(text), Reason)
        self.assertIs(type(str(text)), str)
        self.assertEqual(pickle.loads(pickle.dumps(text)).code, text.code)

    def test_no_argument_raises_in_whoever_writes(self):
        """A worker that says what went wrong is not stopped by it."""
        moment = datetime(2026, 1, 1, 10, tzinfo=UTC)
        self.assertEqual(self.stored(self.say("<%s>", moment)), f"<{moment}>")
        self.assertEqual(self.stored(self.say("<%(at)s>", at=moment)), f"<{moment}>")
        for args in (("xero.link", "state", "nope"), ("no.model", "x", "nope"), ("xero.link", "res_id", "nope")):
            self.assertEqual(self.env["xero.reason"]._label(*args), "nope")
        deep = "x"
        for _each in range(2000):
            deep = self.say("%s.", deep)
        self.assertEqual(self.stored(deep), "x" + "." * 2000)

    # === WHAT IS STORED === #

    def test_strangers_words_are_never_code(self):
        code = pack(self.env, self.say(WAITS, "A"))
        words = (code, MARK, f"a{MARK}b", f"{MARK}{{", f'x{MARK}{{"t": "Reconnect to Xero."}}', pack(self.env, code))
        for word in words:
            with self.subTest(word):
                self.assertEqual(unpack(self.german, pack(self.env, word)), word)
                self.assertNotIsInstance(unpack(self.german, pack(self.env, word)), Reason)
                self.assertEqual(self.stored(self.say("<%s>", word)), f"<{word}>")
                link = self.link(message=word)
                self.column(link)
                link.invalidate_recordset()
                self.assertEqual(link.with_env(self.german).message, word)
                link.unlink()

    def test_what_cannot_be_understood_is_read_in_english(self):
        for code in (
            "", "{", "[]", "{}", "3", "null", '{"t": 3}', '{"j": ", "}', '{"d": "soon"}',
            '{"t": "a", "a": 5}', '{"j": "", "p": [{}]}', "[" * 100_000, '{"t":"%s","a":' * 2000,
        ):  # fmt: skip
            with self.subTest(code[:40]):
                self.assertEqual(unpack(self.german, f"Words{MARK}{code}"), "Words")

    def test_texts_of_an_addon(self):
        """Its own translations say it, not those of this one."""
        code = {"t": WAITS, "o": "xero_connector_other", "a": ["A"]}
        texts = {"xero_connector": {WAITS: "Falsch: %s"}, "xero_connector_other": {WAITS: "Wartet erst auf %s"}}
        with patch.object(code_translations, "get_python_translations", lambda module, lang: texts[module]):
            self.assertEqual(unpack(self.german, f"Words{MARK}{json.dumps(code)}"), "Wartet erst auf A")

    def test_texts_that_are_ours_no_longer(self):
        stored = pack(self.env, self.say("Once upon a %(what)s", what="time"))
        self.assertEqual(unpack(self.german, stored), "Once upon a time")

    def test_translations_that_do_not_fit_give_way(self):
        stored = pack(self.env, self.say(FAILED, name="A", reason="B"))
        for wrong in ("%(nobody)s", "%d %s", "%(name)d", "%(name"):
            with patch.object(code_translations, "get_python_translations", return_value={FAILED: wrong}):
                self.assertEqual(unpack(self.german, stored), "Waits for A, which failed: B")

    def test_widths_are_none_of_ours(self):
        for source in ("%999999999s", "%(a)999999999s", "%*d", "%.999999999f"):
            with self.subTest(source):
                stored = f"Words{MARK}{json.dumps({'t': source, 'a': ['x']})}"
                self.assertEqual(unpack(self.german, stored), source)

    def test_arguments_that_do_not_fit_are_left_out(self):
        self.assertEqual(self.stored(self.say("%(a)s", b=1)), "%(a)s")

    def test_the_longest_is_kept_in_english(self):
        stored = pack(self.env, self.say("<%s>", "x" * LONGEST))
        self.assertNotIn(MARK, stored)
        self.assertEqual(unpack(self.german, stored), f"<{'x' * LONGEST}>")
        self.assertLess(len(pack(self.env, self.say(WAITS, "A"))), 100)

    def test_nothing(self):
        for nothing in (None, False):
            self.assertIsNone(pack(self.env, nothing))
        self.assertEqual(pack(self.env, ""), "")
        self.assertIsNone(unpack(self.env, None))

    # === FIELDS === #

    def test_the_field(self):
        """Created, written, read again, copied: each time for two readers of one transaction."""
        link = self.link(message=self.say(WAITS, "A"))
        other = self.link(res_id=900_000_002)
        other.message = link.with_env(self.german).message
        for record in (link, other):
            self.assertEqual(json.loads(self.column(record).partition(MARK)[2]), {"t": WAITS, "a": ["A"]})
            for _cached in (True, False):
                for env, lang in ((self.german, DE), (self.french, FR)):
                    self.assertEqual(record.with_env(env).message, translation(lang, WAITS) % "A")
                record.invalidate_recordset()
        link.message = self.say(WAITS, "B")
        self.assertEqual(link.with_env(self.german).message, translation(DE, WAITS) % "B")
        link.flush_recordset()
        link.invalidate_recordset()
        self.assertEqual(link.with_env(self.german).message, translation(DE, WAITS) % "B")
        link.message = False
        self.assertIsNone(self.column(link))

    def test_plain_strings_stay_as_they_are(self):
        link = self.link(message="Xero said: 100 %")
        self.assertEqual(self.column(link), "Xero said: 100 %")
        self.assertEqual(link.with_env(self.german).message, "Xero said: 100 %")

    def test_programs_get_plain_strings(self):
        link = self.link(message=self.say(WAITS, "A")).with_env(self.german)
        read = link.read(["message"])[0]["message"]
        self.assertIs(type(read), str)
        self.assertEqual(read, translation(DE, WAITS) % "A")
        [shown] = link.web_read({"message": {}})
        self.assertEqual((type(shown["message"]), shown["message"]), (str, read))
        [[exported]] = link.export_data(["message"])["datas"]
        self.assertEqual(exported, read)

    def test_search_finds_what_is_read(self):
        link = self.link(message=self.say(FAILED, name="100%_B", reason=self.say(WAITS, "A\\“")))
        self.env.flush_all()
        mine = ("id", "=", link.id)
        word = translation(DE, WAITS).partition("%s")[2].strip(" ,.")
        for env, operator, value, is_found in (
            (self.env, "ilike", "SENT FIRST", True),
            (self.env, "ilike", "100%_b", True),
            (self.env, "ilike", '"t"', False),
            (self.env, "ilike", word, False),
            (self.german, "ilike", "sent first", True),
            (self.german, "ilike", word.upper(), True),
            (self.german, "ilike", "Kauderwelsch", False),
            (self.env, "=", "Waits for 100%_B, which failed: Waits for A\\“, which is sent first.", True),
            (self.env, "in", [link.message], True),
            (self.env, "not ilike", "sent first", False),
            (self.env, "!=", False, True),
            (self.env, "=", False, False),
        ):
            with self.subTest(operator=operator, value=value, lang=env.lang):
                links = env["xero.link"].search([mine, ("message", operator, value)])
                self.assertEqual(bool(links), is_found)

    def test_search_for_what_is_not_read(self):
        """Who reads German and looks for all without a German word does not find it."""
        link, plain, none = self.link(message=self.say(WAITS, "A")), *(
            self.link(res_id=900_000_002 + number, message=text) for number, text in enumerate(("B", False))
        )  # fmt: skip
        mine, word = ("id", "in", (link | plain | none).ids), translation(DE, WAITS).partition("%s")[2].strip(" ,.")
        for operator, value in (("not ilike", word.upper()), ("not like", word)):
            found = self.german["xero.link"].search([mine, ("message", operator, value)])
            self.assertEqual(found, plain | none)

    def test_programs_send_what_is_no_text(self):
        link = self.link()
        for odd in (5, True, b"x", date(2026, 1, 2), [MARK], {"t": WAITS}):
            with self.subTest(odd=odd):
                link.message = odd
                self.column(link)
                link.invalidate_recordset()
                self.assertEqual(link.message, str(odd))
                self.env["xero.link"].search([("message", "=", odd)] if not isinstance(odd, (list, dict)) else [])

    def test_a_common_word_costs_little(self):
        """One look at each row, however many texts have the word: it was a pattern for each of them."""
        self.assertGreater(len(sources_with(self.german, "der")), 100)
        field, links = self.env["xero.link"]._fields["message"], self.german["xero.link"]
        query = links._search([])
        sql = field.condition_to_sql("message", "ilike", "der", links, links._table, query)
        self.assertNotIn("LIKE ANY", sql.code)
        stored = pack(self.env, self.say(FAILED, name="B" * 99, reason=self.say(WAITS, "A" * 99)))
        self.env.cr.execute(
            """INSERT INTO xero_link (connection_id, company_id, xero_type, res_model, res_id, state, message)
               SELECT %s, %s, 'Invoice', 'account.move', 800000000 + n, 'synced', %s FROM generate_series(1, 5000) n""",
            [self.connection.id, self.company.id, stored],
        )
        start = time.perf_counter()
        links.search_count([("message", "ilike", "der")])
        self.assertLess(time.perf_counter() - start, 1)

    def test_aggregates_are_of_words(self):
        link, words = self.link(message=self.say(WAITS, "A")), "Waits for A, which is sent first."
        aggregates = ["message:array_agg", "message:max", "message:count_distinct"]
        [found] = self.env["xero.link"]._read_group([("id", "=", link.id)], [], aggregates)
        self.assertEqual(found, ([words], words, 1))

    def test_groups_are_of_words(self):
        self.link(message=self.say(WAITS, "A"))
        self.link(res_id=900_000_002, message=self.german["xero.reason"]._(WAITS, "A"))
        mine = [("res_id", "in", (900_000_001, 900_000_002))]
        [[words, count]] = self.env["xero.link"]._read_group(mine, ["message"], ["__count"])
        self.assertEqual((words, count), ("Waits for A, which is sent first.", 2))
        [group] = self.env["xero.link"].formatted_read_group(mine, ["message"], ["__count"])
        self.assertEqual(self.env["xero.link"].search_count([*mine, *group["__extra_domain"]]), 2)

    def test_differences_are_told_apart_by_english_words(self):
        """Who accepted one has accepted it, whoever reconciles next."""
        prints = set()
        for env in (self.env, self.german):
            sheet, say = Worksheet(env["xero.reconciliation"].browse(7)), env["xero.reason"]._
            sheet.differ(Found("contact_archived", say("Archived"), say("Active")), Subject(xero_type="Contact"))
            prints.add(sheet.differences[0][0]["fingerprint"])
        self.assertEqual(len(prints), 1)

    @mute_logger("odoo.sql_db")
    def test_links_that_are_saved_past_the_orm(self):
        values = {"connection_id": self.connection.id, "company_id": self.company.id, "xero_type": "Invoice",
                  "res_model": "account.move", "res_id": 900_000_003, "state": "error"}  # fmt: skip
        self.env["xero.link"]._save([{**values, "message": pack(self.env, self.say(WAITS, "A"))}])
        link = self.env["xero.link"].search([("res_id", "=", 900_000_003)])
        self.assertEqual(link.with_env(self.french).message, translation(FR, WAITS) % "A")


@tagged("post_install", "-at_install")
class TestReasonReaders(InboundCommon):
    """People of several languages look at one document; the worker that failed has none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "base.group_user,account.group_account_manager,xero_connector.group_xero_manager"
        cls.people = {}
        for lang in (DE, FR, "en_US"):
            cls.env["res.lang"]._activate_lang(lang)
            cls.people[lang] = new_test_user(
                cls.env, f"reader_{lang}", groups, lang=lang, company_id=cls.company.id, company_ids=[cls.company.id]
            )

    def texts(self, records, name):
        """What each person reads of ``records``, by ``read``, on the form and in the list; all three are the same."""
        found = {}
        for lang, person in self.people.items():
            seen = records.with_user(person).with_context(lang=lang)
            [read] = {row[name] for row in seen.read([name])}
            [form] = {row[name] for row in seen.web_read({name: {}})}
            rows = seen.web_search_read([("id", "in", seen.ids)], {name: {}})["records"]
            self.assertEqual({read}, {form, *(row[name] for row in rows)})
            found[lang] = read
        return found

    def assertWorded(self, found, source):
        """Each reads the beginning of ``source`` in the own language."""
        for lang, text in found.items():
            words = source if lang == "en_US" else translation(lang, source)
            self.assertTrue(text.startswith(words.partition("%")[0]), (lang, text))
        self.assertEqual(len(set(found.values())), len(found), found)

    def test_a_document_that_failed(self):
        self.connection.account_mapping_ids.write({"xero_account_id": False})
        move = self.make_move()
        self.drain()
        job = self.job_of(move)
        self.assertEqual(job.state, "failed", job.failure_detail)
        source = "No Xero account is chosen for %(account)s."
        self.assertWorded(self.texts(job, "failure_detail"), source)
        self.assertWorded(self.texts(move, "xero_sync_message"), source)
        log = self.env["xero.log"].search([("job_ids", "in", job.ids), ("detail", "!=", False)], limit=1)
        self.assertWorded(self.texts(log, "detail"), source)
        self.assertWorded(self.texts(log, "summary"), "Not sent to Xero: %s")

    def test_what_xero_refused(self):
        """Xero's own words stay, ours around them are the reader's."""
        self.simulator.fault("invalid", resource="Invoices", message="Kiwis may not fly")
        move = self.make_move()
        self.drain()
        found = self.texts(move, "xero_sync_message")
        self.assertWorded(found, "Xero refused it: %s")
        for text in found.values():
            self.assertIn("Kiwis may not fly", text)

    def test_a_document_that_waits_for_a_paused_connection(self):
        move = self.make_move()
        self.simulator.fault("error", status=503, count=None)
        self.drain()
        self.assertTrue(self.connection.paused_until)
        source = "Xero does not answer. It continues automatically."
        self.assertWorded(self.texts(self.connection, "pause_reason"), source)
        self.assertWorded(self.texts(move, "xero_sync_message"), source)

    def test_a_connection_that_has_to_be_connected_again(self):
        self.connection.write({"state": "reauth", "reason": self.env["xero.reason"]._("The consent has ended.")})
        self.assertWorded(self.texts(self.connection, "reason"), "The consent has ended.")
        self.env["xero.alert"].sudo()._refresh_alerts(self.connection.sudo())
        alerts = self.env["xero.alert"].sudo().search([("connection_id", "=", self.connection.id)])
        alert = alerts.filtered(lambda alert: alert.topic == "connection")
        for lang in (DE, FR):
            self.assertEqual(
                alert.with_context(lang=lang).message, translation(lang, "The consent has ended."), alert["values"]
            )

    def test_what_waits_for_what_failed(self):
        """Reasons in reasons: the document's names the contact, whose job says what Xero did not take."""
        self.simulator.fault("invalid", resource="Contacts", count=None, message="Kiwis may not fly")
        move = self.make_move(partner=self.env["res.partner"].create({"name": "100% %(Kiwi)s"}))
        self.drain()
        found = self.texts(move, "xero_sync_message")
        self.assertWorded(found, FAILED)
        for lang, text in found.items():
            source = "Xero refused it: %s"
            self.assertIn((source if lang == "en_US" else translation(lang, source)) % "Kiwis may not fly", text)
            self.assertIn("100% %(Kiwi)s", text)

    def test_a_conflict(self):
        move = self.pushed()
        self.pay(move)
        self.person("void", invoice=move.xero_invoice_id)
        self.poll()
        conflict = self.conflict_of(move)
        found = self.texts(conflict, "reason")
        self.assertEqual(len(set(found.values())), len(found), found)
        self.assertEqual(self.texts(move, "xero_sync_message"), found)
        self.assertEqual(self.texts(self.link_of(move), "message"), found)
        self.assertIn("paid in Odoo", found["en_US"])
