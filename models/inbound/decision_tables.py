"""What is done when: the state of a record in Odoo and what happened in Xero, and what comes of it. Data, no code.

``docs/reference/inbound.md`` shows the same tables; a test compares the two and brings about every cell.
"""

# === DOCUMENTS === #

DOCUMENT_STATES = {
    "missing": "deleted in Odoo",
    "draft": "draft",
    "reset": "draft again, after it was posted",
    "reworked": "draft again, and changed since, the same fields",
    "open": "posted, nothing paid",
    "settled": "posted, paid or credited in part or in full",
    "locked": "posted in a period that Odoo has closed, or secured by hash",
    "cancelled": "cancelled",
    "changed": "changed in Odoo since the last agreement, the same fields",
}
DOCUMENT_EVENTS = {
    "money": "paid, credited, or that taken back",
    "details": "number, reference, due date or tracking edited",
    "content": "lines, contact, date, currency or rate edited",
    "approved": "draft approved",
    "voided": "voided or deleted",
}
DOCUMENT_TABLE = {
    ("missing", "money"): "ignored",
    ("missing", "details"): "ignored",
    ("missing", "content"): "ignored",
    ("missing", "approved"): "ignored",
    ("missing", "voided"): "agreed",
    ("draft", "money"): "refused",
    ("draft", "details"): "updated",
    ("draft", "content"): "updated",
    ("draft", "approved"): "posted",
    ("draft", "voided"): "cancelled",
    ("reset", "money"): "agreed",
    ("reset", "details"): "updated",
    ("reset", "content"): "updated",
    ("reset", "approved"): "agreed",
    ("reset", "voided"): "left",
    ("reworked", "money"): "agreed",
    ("reworked", "details"): "conflict",
    ("reworked", "content"): "conflict",
    ("reworked", "approved"): "agreed",
    ("reworked", "voided"): "left",
    ("open", "money"): "agreed",
    ("open", "details"): "updated",
    ("open", "content"): "updated",
    ("open", "approved"): "agreed",
    ("open", "voided"): "cancelled",
    ("settled", "money"): "agreed",
    ("settled", "details"): "updated",
    ("settled", "content"): "refused",
    ("settled", "approved"): "agreed",
    ("settled", "voided"): "refused",
    ("locked", "money"): "agreed",
    ("locked", "details"): "updated",
    ("locked", "content"): "refused",
    ("locked", "approved"): "agreed",
    ("locked", "voided"): "refused",
    ("cancelled", "money"): "refused",
    ("cancelled", "details"): "conflict",
    ("cancelled", "content"): "conflict",
    ("cancelled", "approved"): "conflict",
    ("cancelled", "voided"): "agreed",
    ("changed", "money"): "agreed",
    ("changed", "details"): "conflict",
    ("changed", "content"): "conflict",
    ("changed", "approved"): "conflict",
    ("changed", "voided"): "conflict",
}

# === CONTACTS === #

CONTACT_STATES = {
    "missing": "deleted in Odoo",
    "active": "active",
    "archived": "archived",
    "shared": "used by a login of the portal, or by another connected company",
    "reserved": "of somebody who works in Odoo, of a company, or of a company that is not connected here",
    "changed": "changed in Odoo since the last agreement, the same fields",
}
CONTACT_EVENTS = {
    "edited": "edited",
    "archived": "archived",
    "restored": "taken back from the archive",
    "merged": "merged into another contact",
}
CONTACT_TABLE = {
    ("missing", "edited"): "ignored",
    ("missing", "archived"): "agreed",
    ("missing", "restored"): "ignored",
    ("missing", "merged"): "agreed",
    ("active", "edited"): "updated",
    ("active", "archived"): "archived",
    ("active", "restored"): "agreed",
    ("active", "merged"): "merged",
    ("archived", "edited"): "updated",
    ("archived", "archived"): "agreed",
    ("archived", "restored"): "restored",
    ("archived", "merged"): "merged",
    ("shared", "edited"): "updated",
    ("shared", "archived"): "refused",
    ("shared", "restored"): "agreed",
    ("shared", "merged"): "merged",
    ("reserved", "edited"): "reserved",
    ("reserved", "archived"): "reserved",
    ("reserved", "restored"): "reserved",
    ("reserved", "merged"): "merged",
    ("changed", "edited"): "conflict",
    ("changed", "archived"): "conflict",
    ("changed", "restored"): "conflict",
    ("changed", "merged"): "merged",
}

# === NEW IN XERO === #

NEW_SETTINGS = {"ignore": "ignore", "draft": "import as draft", "post": "import and post"}
NEW_EVENTS = {
    "draft": "draft, or waiting for approval",
    "approved": "approved, of a kind and date that is synced",
    "gone": "voided or deleted",
    "ours": "bears our mark, its link is missing",
}
NEW_TABLE = {
    ("ignore", "draft"): "ignored",
    ("ignore", "approved"): "ignored",
    ("ignore", "gone"): "ignored",
    ("ignore", "ours"): "linked",
    ("draft", "draft"): "ignored",
    ("draft", "approved"): "created",
    ("draft", "gone"): "ignored",
    ("draft", "ours"): "linked",
    ("post", "draft"): "ignored",
    ("post", "approved"): "created",
    ("post", "gone"): "ignored",
    ("post", "ours"): "linked",
}
