"""Every kind of difference between the books, and what mends it. Data, no code.

``docs/reference/reconciliation.md`` shows the same table; a test compares the two.
"""

from collections import namedtuple

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

# `label` is translated as the choice of a field.
# `repairs`: the first one is proposed. Without any, a person looks at both sides.
Kind = namedtuple("Kind", "section label explanation repairs")

SECTIONS = {
    "document": "Documents",
    "tax": "Tax",
    "settlement": "Payments and Credits",
    "advance": "Over- and Prepayments",
    "identity": "Links and Duplicates",
    "contact": "Contacts",
}
REPAIRS = {
    "send": "Send Odoo's Again",
    "fetch": "Use Xero's",
    "link": "Link Them",
    "import": "Import Into Odoo",
    "remove": "Remove in Xero",
}
# Repairs that take something out of Xero's books: asked for twice.
CONFIRMED = ("remove",)
SEND, FETCH = ("send", "fetch"), ("fetch", "send")

KINDS = {
    # === DOCUMENTS === #
    "missing_in_xero": Kind(
        "document",
        "Missing in Xero",
        _lt("Posted in Odoo and to be synced, but Xero does not have it."),
        ("send",),
    ),
    "missing_in_odoo": Kind(
        "document",
        "Missing in Odoo",
        _lt("Made in Xero, approved, of a kind and date that is synced; Odoo does not have it."),
        ("import",),
    ),
    "voided_in_xero": Kind(
        "document", "Voided in Xero", _lt("Posted in Odoo, voided or deleted in Xero."), FETCH
    ),
    "voided_in_odoo": Kind(
        "document", "Cancelled in Odoo", _lt("Cancelled in Odoo, approved in Xero."), ("send",)
    ),
    "draft_in_odoo": Kind(
        "document",
        "Draft again in Odoo",
        _lt("Reset to draft in Odoo; Xero keeps it as it was until it is posted again or cancelled."),
        (),
    ),
    "deleted_in_odoo": Kind(
        "document", "Deleted in Odoo", _lt("Deleted in Odoo, approved or a draft in Xero."), ("remove",)
    ),
    "status": Kind(
        "document",
        "Status differs",
        _lt("Approved on one side, a draft on the other. A draft in Odoo is posted there by a person."),
        ("send",),
    ),
    "number": Kind("document", "Number differs", _lt("The document has another number in Xero."), SEND),
    "reference": Kind("document", "Reference differs", _lt("The customer's reference is another."), SEND),
    "contact": Kind("document", "Contact differs", _lt("The document is another contact's in Xero."), SEND),
    "date": Kind("document", "Date differs", _lt("It may fall into another month or tax return."), SEND),
    "due_date": Kind("document", "Due date differs", _lt("It is due on another day."), SEND),
    "currency": Kind("document", "Currency differs", _lt("The amounts cannot be compared."), SEND),
    "rate": Kind("document", "Rate differs", _lt("The amounts agree, their worth in the books does not."), SEND),
    "total": Kind("document", "Total differs", _lt("The documents have another total."), SEND),
    "tax": Kind("document", "Tax differs", _lt("The totals agree, the tax in them does not."), SEND),
    "line_account": Kind(
        "document", "Account of a line differs", _lt("The total agrees, but stands on other accounts."), SEND
    ),
    "line_tax": Kind(
        "document", "Tax of a line differs", _lt("The total agrees, but its lines have other taxes."), SEND
    ),
    "amount_due": Kind(
        "document",
        "Amount due differs",
        _lt("What is open differs, and neither total nor payments nor credits explain it."),
        ("fetch",),
    ),
    # === TAX === #
    "tax_booked": Kind(
        "tax",
        "Tax booked otherwise",
        _lt("Odoo booked another tax, or the tax of another rate or month, than Xero has: a tax return is wrong."),
        (),
    ),
    "tax_choice": Kind(
        "tax",
        "Xero tax rate in doubt",
        _lt("Both books agree by the Xero tax rate that was chosen, which is probably about something else."),
        (),
    ),
    # === PAYMENTS AND CREDITS === #
    "payment_missing_odoo": Kind(
        "settlement", "Payment missing in Odoo", _lt("Paid in Xero, open in Odoo."), ("fetch", "remove")
    ),
    "payment_missing_xero": Kind(
        "settlement", "Payment missing in Xero", _lt("Paid in Odoo, open in Xero."), ("send", "fetch")
    ),
    "payment_amount": Kind(
        "settlement", "Payment differs in amount", _lt("The same payment has another amount."), FETCH
    ),
    "payment_date": Kind("settlement", "Payment differs in date", _lt("It was paid on another day."), FETCH),
    "payment_account": Kind(
        "settlement", "Payment through another account", _lt("It went through another bank account."), FETCH
    ),
    "payment_double": Kind(
        "settlement",
        "Payment stands twice",
        _lt("One side has the same amount, day and account twice, the other once."),
        ("remove",),
    ),
    "credit_missing_odoo": Kind(
        "settlement", "Credit not applied in Odoo", _lt("Applied to the document in Xero only."), ("fetch",)
    ),
    "credit_missing_xero": Kind(
        "settlement", "Credit not applied in Xero", _lt("Applied to the document in Odoo only."), SEND
    ),
    "credit_amount": Kind(
        "settlement", "Credit differs in amount", _lt("Another part of the credit is applied."), FETCH
    ),
    # === ADVANCES === #
    "advance_missing_odoo": Kind(
        "advance",
        "Over- or prepayment missing in Odoo",
        _lt("Money of a contact is open in Xero, and Odoo does not have it."),
        ("fetch",),
    ),
    "advance_missing_xero": Kind(
        "advance",
        "Open payment missing in Xero",
        _lt("A payment in Odoo settles nothing yet; Xero does not have it as an over- or prepayment."),
        (),
    ),
    "advance_voided": Kind(
        "advance",
        "Over- or prepayment on one side only",
        _lt("Voided in Xero or cancelled in Odoo, alive on the other side."),
        ("fetch",),
    ),
    "advance_differs": Kind(
        "advance", "Over- or prepayment differs", _lt("Another total, or another part of it is open."), ("fetch",)
    ),
    # === LINKS AND DUPLICATES === #
    "unlinked": Kind(
        "identity",
        "Link is missing",
        _lt("It bears the mark of a record of this database, which has no link to it."),
        ("link",),
    ),
    "vanished": Kind(
        "identity",
        "Linked element vanished",
        _lt("The link leads to something that the organisation does not have."),
        ("send",),
    ),
    "duplicate_marked": Kind(
        "identity",
        "Twice in Xero: our mark",
        _lt("A second record in Xero carries the mark of a record that is linked to another one."),
        ("remove",),
    ),
    "duplicate": Kind(
        "identity",
        "Twice in Xero: same number",
        _lt("It has number, contact and total of a linked one, and Odoo has it once."),
        ("remove", "import"),
    ),
    "shared": Kind(
        "identity", "Two records, one element", _lt("Two records in Odoo are linked to the same element."), ()
    ),
    # === CONTACTS === #
    "contact_name": Kind("contact", "Name differs", _lt("The contact has another name."), SEND),
    "contact_tax_number": Kind("contact", "Tax number differs", _lt("The contact has another one."), SEND),
    "contact_archived": Kind(
        "contact", "Archived on one side", _lt("Archived on one side, active on the other."), FETCH
    ),
    "contact_duplicate": Kind(
        "contact",
        "Contact stands twice in Xero",
        _lt("Another contact has its name or tax number, and Odoo has it once. Merge the two in Xero."),
        (),
    ),
}
