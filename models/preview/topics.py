"""The checks of a preview, by what has to be mended. ``docs/reference/preview.md`` lists the same."""

TOPICS = [
    ("mapping", "Missing mapping"),
    ("tax_account", "Tax not valid for the account"),
    ("archived_account", "Archived or closed account"),
    ("archived_contact", "Archived contact"),
    ("contact", "Contact is missing"),
    ("locked_period", "Locked period"),
    ("currency", "Currency not in Xero"),
    ("rate", "Rate of exchange is missing"),
    ("bank_currency", "Bank account in a third currency"),
    ("number", "Number already taken"),
    ("unread", "Numbers not compared"),
    ("length", "Text too long"),
    ("amount", "Amount or total"),
    ("plan", "Xero plan"),
    ("approval", "Approval not allowed"),
    ("scope", "Not synced"),
    ("conflict", "Conflict"),
    ("needs", "Needs another record first"),
    ("paid", "Paid or credited"),
    ("changed", "Changed since"),
    ("used", "Used by other documents"),
    ("shares", "Shares of a line"),
    ("attachments", "Attachments"),
    ("bug", "Unexpected error"),
    ("other", "Other"),
]
# Failure types of jobs, for problems that name no topic.
OF_CODE = {
    "mapping": "mapping",
    "locked_period": "locked_period",
    "total_mismatch": "amount",
    "duplicate": "number",
    "plan": "plan",
    "bug": "bug",
}


def topic_of(problem) -> str:
    """Return the topic of a mapper's problem.

    :param problem: ``Problem`` of ``mappers/outgoing``
    :return: one of ``TOPICS``
    """
    return problem.topic or OF_CODE.get(problem.code, "other")


def hint_of(env, topic: str) -> str:
    """Return what a person does about a topic.

    :return: translated; empty for a topic without one
    """
    hints = {
        "mapping": env._("Choose what it is called in Xero."),
        "tax_account": env._("Choose another tax rate or another account in the mapping."),
        "archived_account": env._("Choose another account, or restore it in Xero and read the accounts again."),
        "archived_contact": env._("Restore the contact in Xero, or use another one."),
        "contact": env._("Choose a contact on the document."),
        "locked_period": env._("Change the date, or move the lock date in Xero."),
        "currency": env._("Add the currency in Xero, then read it from the connection."),
        "rate": env._("Add the rate in Odoo. Documents that are posted already are reset and posted again with it."),
        "bank_currency": env._("Pay through an account in the currency of the document or of the organisation."),
        "number": env._("Change the number of one of the documents."),
        "unread": env._("On the connection, match or reconcile: both read Xero as a whole. Then look again."),
        "length": env._("Shorten the text if the whole of it must be in Xero."),
        "amount": env._("Check lines, taxes and rounding of the document."),
        "plan": env._("Xero's plan decides; the administrator can change it in Xero."),
        "approval": env._("Give the person who connected the right to approve, in Xero, and connect again."),
        "scope": env._("Post it, or change what is synced in the settings of the connection."),
        "conflict": env._("Resolve the conflict."),
        "needs": env._("Fix what it needs first."),
        "paid": env._("Undo the payment first."),
        "changed": env._("Look at it in Xero and decide by hand."),
        "used": env._("It stays, because others need it."),
        "shares": env._("Change the analytic distribution, or Shares of a Line (Xero connection, Tracking)."),
        "attachments": env._("Attach the files in Xero by hand where they are needed."),
        "bug": env._("Show this preview to an administrator."),
    }
    return hints.get(topic, "")
