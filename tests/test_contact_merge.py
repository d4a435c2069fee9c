"""The three-way merge of contacts by itself: whatever either side holds, only what Odoo changed changes in Xero."""

import importlib.util
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..mappers.contact.canonical import canonical_contact
from ..mappers.contact.countries import territory
from ..mappers.contact.merge import PEOPLE, PHONE, carried, disputed, element_of, merged, merged_state, sheet
from ..mappers.contact.people import Person, pairs

MIGRATION = Path(__file__).resolve().parent.parent / "migrations" / "19.0.1.1.0" / "post-contacts.py"
TEXTS = ("Name", "FirstName", "LastName", "EmailAddress", "AccountNumber", "CompanyNumber", "TaxNumber")
PLACE = ("AddressLine1", "AddressLine2", "City", "Region", "PostalCode", "Country", "AttentionTo")
chosen = settings(
    max_examples=100, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

words = st.sampled_from(["", "a", "b", "c"])
rows = st.dictionaries(st.sampled_from(PLACE), words)
persons = st.lists(st.tuples(st.sampled_from(["Ann", "Bob", "Cid"]), st.sampled_from(["", "Lee"]),
                             st.sampled_from(["", "a@x", "b@x", "c@x"])), max_size=4)  # fmt: skip


def clean(values):
    return {name: value for name, value in values.items() if value}


def people_of(found, with_mail):
    unique = {}
    for first, last, mail in found:
        if mail or not with_mail:
            unique.setdefault(mail or f"{first} {last}", {"FirstName": first, "LastName": last, "EmailAddress": mail})
    return [clean(row) | {"IncludeInEmails": False} for row in unique.values()]


@st.composite
def payloads(draw):
    """A contact as Odoo sends it."""
    texts = clean({name: draw(words) for name in TEXTS})
    places = [{"AddressType": kind, **clean(draw(rows))} for kind in ("POBOX", "STREET")]
    phone, people = draw(words), people_of(draw(persons), True)
    lists = {
        "Addresses": [row for row in places if len(row) > 1],
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": phone}] if phone else [],
        PEOPLE: people,
    }
    return {"ContactStatus": "ACTIVE", **texts, **clean(lists)}


@st.composite
def elements(draw):
    """A contact as people keep it in Xero."""
    return {
        **clean({name: draw(words) for name in TEXTS}),
        "Addresses": [
            {"AddressType": kind, **draw(rows), "AddressLine3": draw(words)} for kind in ("POBOX", "STREET", "DELIVERY")
        ],
        "Phones": [{"PhoneType": kind, "PhoneNumber": draw(words)} for kind in ("DEFAULT", "MOBILE", "FAX")],
        PEOPLE: [row | {"IncludeInEmails": draw(st.booleans())} for row in people_of(draw(persons), False)],
    }


def after(element, update):
    """Return ``element`` as Xero holds it after ``update``, the strict way: lists are replaced."""
    return {**element, **update}


def fields(element):
    """Return every field of a contact, by where it stands."""
    found = {name: element.get(name) or "" for name in TEXTS}
    for row in element.get("Addresses") or []:
        found |= {f"{row['AddressType']}.{name}": row.get(name) or "" for name in (*PLACE, "AddressLine3")}
    for row in element.get("Phones") or []:
        found[row["PhoneType"]] = row.get("PhoneNumber") or ""
    return clean(found)


def path(name):
    return name.removeprefix("Addresses.").replace(PHONE, "DEFAULT")


@tagged("post_install", "-at_install")
class TestContactMergeAlone(BaseCase):
    @chosen
    @given(payloads(), payloads(), elements())
    def test_only_what_odoo_changed_changes_in_xero(self, had, now, element):
        was, told = sheet(had), sheet(now)
        result = after(element, merged(now, {}, was, element))
        changed = {path(name) for name in {*was, *told} - {PEOPLE} if was.get(name) != told.get(name)}
        before, now_there = fields(element), fields(result)
        # Odoo has two of Xero's four lines: what is in the others goes only with the second.
        changed |= {f"{kind}.AddressLine3" for kind in ("POBOX", "STREET") if f"{kind}.AddressLine2" in changed}
        for name in {*before, *now_there} - changed:
            self.assertEqual(now_there.get(name), before.get(name), name)
        for name in {path(name) for name, value in told.items() if value} & changed:
            if not name.startswith("STREET") and not name.endswith("AddressLine2"):
                values = {path(one): value for one, value in told.items()}
                self.assertEqual(now_there.get(name), values[name], name)
        if was.get(PEOPLE) == told.get(PEOPLE):
            self.assertEqual(result[PEOPLE], element[PEOPLE])

    @chosen
    @given(payloads(), payloads(), elements())
    def test_nobody_gets_lost(self, had, now, element):
        """Who is in Xero alone stays; so do all whom Odoo still has."""
        result = after(element, merged(now, {}, sheet(had), element))
        names = {Person.of_element(row).name for side in (had, now) for row in side.get(PEOPLE, [])}
        mails = {row.get("EmailAddress") for side in (had, now) for row in side.get(PEOPLE, [])}
        for row in element[PEOPLE]:
            if Person.of_element(row).name not in names and row.get("EmailAddress") not in mails - {None}:
                self.assertIn(row, result[PEOPLE])
        self.assertLessEqual(len(result[PEOPLE]), 5)

    @chosen
    @given(payloads(), elements())
    def test_what_was_agreed_is_not_said_again(self, now, element):
        self.assertEqual(merged(now, {}, sheet(now), element), {"ContactStatus": "ACTIVE"})
        base = canonical_contact(element)
        self.assertEqual(merged_state(now, {}, sheet(now), base), base)

    @chosen
    @given(payloads(), payloads(), elements())
    def test_the_state_foretold_is_what_comes_of_it(self, had, now, element):
        element = element_of(canonical_contact(element))
        was, base = sheet(had), canonical_contact(element)
        there = canonical_contact(after(element, merged(now, {}, was, element)))
        self.assertEqual(merged_state(now, {}, was, base), there)

    @chosen
    @given(payloads(), elements(), st.sampled_from(["EmailAddress", "AccountNumber", "CompanyNumber"]))
    def test_what_cannot_be_told_empties_nothing(self, had, element, name):
        now = {key: value for key, value in had.items() if key != name}
        update = merged(now, {name: "cannot be told"}, sheet(had), element)
        self.assertEqual(after(element, update).get(name), element.get(name))

    @chosen
    @given(payloads(), payloads(), payloads())
    def test_what_is_still_to_be_sent_is_not_forgotten(self, had, before, now):
        """Xero's changes are agreed, Odoo's own stay to be sent: by field."""
        was, mine, told = sheet(had), sheet(before), sheet(now)
        result = carried(was, mine, told)
        for name in {*was, *mine, *told} - {PEOPLE}:
            wanted = told if told.get(name) != mine.get(name) else was
            self.assertEqual(result.get(name), wanted.get(name), name)
        for wanted, found in ((was, carried(was, mine, mine)), (told, carried(mine, mine, told))):
            self.assertEqual(sorted(found.get(PEOPLE, [])), sorted(wanted.get(PEOPLE, [])))

    @chosen
    @given(elements(), elements(), elements())
    def test_sides_meet_only_in_what_both_changed(self, base, ours, theirs):
        base, ours, theirs = map(canonical_contact, (base, ours, theirs))
        self.assertFalse(disputed(base, base, theirs))
        self.assertFalse(disputed(base, ours, base))
        self.assertFalse(disputed(base, ours, ours))
        # Who was taken out in Xero stays in Odoo: that meets nothing.
        self.assertEqual(*(disputed(base, *sides) - {"persons"} for sides in ((ours, theirs), (theirs, ours))))

    def test_who_is_who(self):
        ann, bob = Person("Ann", "Lee", "ann@x"), Person("Bob", "", "")
        for one, other, in_time, same in (
            (ann, Person("Anna", "Lee", "ANN@x"), False, True),
            (ann, Person("Ann", "Lee", "other@x"), False, False),
            (ann, Person("Ann", "Lee", "other@x"), True, True),
            (ann, Person("ann", "lee", ""), False, True),
            (bob, Person("Bob", "", ""), False, True),
            (bob, Person("Cid", "", ""), True, False),
            (Person(), Person(), True, True),
            (Person("", "", ""), bob, True, False),
        ):
            self.assertEqual(bool(pairs([one], [other], in_time)), same, (one, other))

    def test_words_for_countries(self):
        for code, names in {
            "GB": "U.K.|N. Ireland|Scotland, United Kingdom|UK (England)|Gt. Britain|Yorkshire, England|Großbritannien",
            "IE": "the Republic of Ireland|Ireland, Republic of|Rep. of Ireland",
            "DE": "Deutschland|Bundesrepublik Deutschland|Germany - DE|Bavaria, Germany",
            "KR": "S. Korea|Korea (South)|Korea, Republic of|한국",
            "KP": "Korea, North|Korea, Democratic People's Republic of|Korea, DPR",
            "CD": "Congo, The Democratic Republic of the|D.R. Congo|Congo, DR",
            "CG": "République du Congo|Congo, Republic of the",
            "CN": "P.R. China|China (PRC)|China, People's Republic of",
            "NL": "Les Pays-Bas|Netherlands (the)|Netherlands, The|Die Niederlande",
            "BE": "Belgium/België",
            "AE": "Dubai, UAE|United Arab Emirates (UAE)",
            "US": "U.S.|New Mexico, USA|Vereinigte Staaten von Amerika",
            "AU": "Australia, NSW|Aust.",
            "NZ": "N.Z.",
            "DK": "Daenemark|Königreich Dänemark",
            "CZ": "Czech Rep.|Česká republika",
            "VC": "St Vincent & the Grenadines",
            "VG": "Virgin Islands, British",
            "SX": "Saint Martin (Dutch part)",
            "JE": "Jersey, Channel Islands",
            "SS": "S. Sudan",
            "WS": "Western Samoa",
            "SV": "El Salvador",
            # Two of them, part of one and somewhere else, a code that may be a state's, and none.
            "": "UK/Ireland|Georgia, USA|Puerto Rico, USA|Lebanon, PA|Chicago, IL|Mexico, MO|Taiwan, China|EU|"
            "S.A.|n.a.|South Wales|Serbia-Montenegro|Nowhere|,|()",
        }.items():
            for name in names.split("|"):
                self.assertEqual(territory(name), code, name)

    def test_links_of_the_version_before(self):
        spec = importlib.util.spec_from_file_location("migration", MIGRATION)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        base = canonical_contact(
            {
                "Name": "Kea",
                "EmailAddress": "kea@x",
                "TaxNumber": "T1",
                "Addresses": [{"AddressType": "POBOX", "City": "Leeds", "Country": "UK"}],
                "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "1"}],
                "ContactPersons": [{"FirstName": "Ann", "EmailAddress": "Ann@x"}, {"FirstName": "Bob"}],
            }
        )
        keys = {"EmailAddress", "Phones", "Addresses.POBOX.City", "ContactPersons.ann@x"}
        self.assertEqual(
            json.loads(json.dumps(migration.had(keys, base))),
            {
                "Name": "Kea",
                "EmailAddress": "kea@x",
                "Addresses.POBOX.City": "Leeds",
                "Phones.DEFAULT": "1",
                "ContactPersons": [["Ann", "", "Ann@x"]],
            },
        )
