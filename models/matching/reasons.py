"""Evidence in words."""

from ...mappers.text import named
from .match_contact import AGAINST

AGAINST_CODES = {
    *AGAINST,
    *("contact_differs", "currency_differs", "total_differs", "date_differs", "journal_differs"),
    *("rivals", "gone_there", "draft_there", "changed_since", "journal_unknown"),
}


def speaks_against(env, code: str) -> bool:
    """Whether a piece of evidence is one to think about."""
    return code in AGAINST_CODES or any(code in kind._against for kind in env["xero.match.kind"]._all())


def sentence(env, code: str, value: str) -> str:
    """Return a piece of evidence as a sentence in the user's language."""
    texts = {**_names(env), **_numbers(env), **_documents(env), **_others(env)}
    text = texts.get(code) or _of_kinds(env).get(code, code)
    # Of two values each keeps its start.
    shown = " / ".join(map(named, (value or "").split(" / ")))
    return text.replace("{value}", shown) if shown else text.replace(": {value}", "")


def _of_kinds(env) -> dict:
    texts = {}
    for kind in env["xero.match.kind"]._all():
        texts |= kind._sentences()
    return texts


def _names(env) -> dict:
    return {
        "name_same": env._("The name is the same: {value}"),
        "name_spelled": env._("The name is the same, written otherwise: {value}"),
        "name_related": env._("The names share words, and differ: {value}"),
        "name_typo": env._("The name is nearly the same: {value}"),
        "name_part": env._("One name says more than the other: {value}"),
        "name_differs": env._("The names differ: {value}"),
        "form_differs": env._("The legal forms differ: {value}"),
        "former_name": env._("It had this name before it was merged in Xero: {value}"),
        "mark": env._("The contact in Xero was made for this one by Odoo"),
    }


def _numbers(env) -> dict:
    return {
        "tax": env._("Only these two have the tax number: {value}"),
        "tax_shared": env._("Same tax number, which others have too: {value}"),
        "tax_differs": env._("The tax numbers differ: {value}"),
        "registry": env._("Only these two have the company number: {value}"),
        "registry_shared": env._("Same company number, which others have too: {value}"),
        "registry_differs": env._("The company numbers differ: {value}"),
        "number": env._("Same number: {value}"),
        "number_shared": env._("Same reference, which others have too: {value}"),
        "number_differs": env._("The numbers differ: {value}"),
        "email": env._("Only these two have the e-mail address: {value}"),
        "email_shared": env._("Same e-mail address, a shared mailbox: {value}"),
        "email_differs": env._("The e-mail addresses differ: {value}"),
        "phone": env._("Only these two have the telephone number: {value}"),
        "phone_shared": env._("Same telephone number, which others have too: {value}"),
        "phone_differs": env._("The telephone numbers differ: {value}"),
        "bank": env._("Only these two have the bank account: {value}"),
        "bank_shared": env._("Same bank account, which others have too: {value}"),
        "address": env._("Same address: {value}"),
        "address_differs": env._("The postcodes differ: {value}"),
    }


def _documents(env) -> dict:
    return {
        "number_tail": env._("The numbers end alike: {value}"),
        "reference": env._("Same reference: {value}"),
        "contact": env._("Same contact"),
        "contact_differs": env._("Another contact"),
        "total": env._("Same total: {value}"),
        "total_differs": env._("The totals differ: {value}"),
        "currency_differs": env._("The currencies differ: {value}"),
        "date": env._("Same date: {value}"),
        "date_near": env._("A few days apart: {value}"),
        "date_differs": env._("The dates are far apart: {value}"),
        "gone_there": env._(
            "Voided in Xero. The number stays taken there: cancel the document in Odoo, or give it another number"
        ),
        "draft_there": env._("Still a draft in Xero"),
        "amount": env._("Same amount: {value}"),
        "journal_unknown": env._("No journal is chosen yet for the bank account in Xero"),
        "journal_differs": env._("Another bank account than in Odoo"),
    }


def _others(env) -> dict:
    return {
        "rivals": env._("Others fit as well: {value}"),
        "changed_since": env._("Changed after it was read, and compared again"),
        "chosen": env._("Chosen by {value}"),
        "odoo_paid_otherwise": env._("Odoo has it settled in another way"),
    }
