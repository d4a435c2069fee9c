"""A small but real PDF of a document, one page."""

from werkzeug.wrappers import Response

from ..organisation import Organisation
from ..store import Doc


def response(org: Organisation, doc: Doc, number: str) -> Response:
    """What ``Accept: application/pdf`` gives."""
    contact = org.contacts.get(doc["_contact"])
    rows = [
        org.profile["Name"],
        f"{doc['Type']} {number}",
        f"To: {contact['Name']}",
        f"Date: {doc['Date'].isoformat()}",
        *(f"{row['Description'] or ''}   {row['LineAmount']}" for row in doc["LineItems"][:40]),
        f"Subtotal {doc['SubTotal']}   Tax {doc['TotalTax']}   Total {doc['Total']} {doc['CurrencyCode']}",
    ]
    return Response(_document(rows), content_type="application/pdf")


def _document(rows: list[str]) -> bytes:
    text = "BT /F1 11 Tf 50 790 Td 16 TL " + " ".join(f"({_escaped(row)}) Tj T*" for row in rows) + " ET"
    stream = text.encode("latin-1", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + head + table + tail


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
