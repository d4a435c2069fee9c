"""Fields that ``where`` may use on documents."""

from ..api.where import Field
from ..organisation import Organisation
from ..store import Doc


def direct(name: str, ranges: bool = False) -> Field:
    """A field of the document itself."""
    return Field(lambda doc: doc.get(name), ranges=ranges)


def contact_fields(org: Organisation) -> dict[str, Field]:
    """Contact.ContactID, Contact.Name, Contact.ContactNumber."""
    return {
        "Contact.ContactID": Field(lambda doc: doc["_contact"]),
        "Contact.Name": Field(lambda doc: _contact(org, doc).get("Name")),
        "Contact.ContactNumber": Field(lambda doc: _contact(org, doc).get("ContactNumber")),
    }


def _contact(org: Organisation, doc: Doc) -> Doc:
    return org.contacts.get(doc["_contact"]) or {}
