"""Attachments and history (facts 3.3, 4.14)."""

import pytest


@pytest.fixture
def invoice(au):
    return f"Invoices/{au.invoice()['InvoiceID']}"


def put(api, path, content=b"%PDF-1.4", mime="application/pdf", **params):
    return api.call("PUT", path, {"Content-Type": mime}, data=content, params=params)


class TestAttachments:
    def test_stored_listed_and_read_back(self, au, invoice):
        made = put(au, f"{invoice}/Attachments/scan.pdf", b"some bytes").json()["Attachments"][0]
        assert (made["FileName"], made["MimeType"], made["ContentLength"]) == ("scan.pdf", "application/pdf", 10)
        assert au.one(invoice)["HasAttachments"] is True
        assert au.one(invoice)["Attachments"][0]["AttachmentID"] == made["AttachmentID"]
        listed = au.get(f"{invoice}/Attachments")["Attachments"]
        assert [row["FileName"] for row in listed] == ["scan.pdf"]
        for key in ("scan.pdf", made["AttachmentID"]):
            assert au.call("GET", f"{invoice}/Attachments/{key}").content == b"some bytes"
        assert au.call("GET", f"{invoice}/Attachments/none.pdf").status_code == 404

    def test_same_name_replaces(self, au, invoice):
        for content in (b"one", b"two"):
            put(au, f"{invoice}/Attachments/a.pdf", content)
        assert len(au.get(f"{invoice}/Attachments")["Attachments"]) == 1
        assert au.call("GET", f"{invoice}/Attachments/a.pdf").content == b"two"

    @pytest.mark.parametrize("name", ["a%3Cb.pdf", "a%20b.pdf", "a%2Ab.pdf", "a%2Fb.pdf", "a%7Cb", "a%3Fb", "a%2Bb"])
    def test_characters_that_a_name_cannot_have(self, au, invoice, name):
        assert put(au, f"{invoice}/Attachments/{name}").status_code == 400

    def test_ten_at_most(self, au, invoice):
        for number in range(10):
            put(au, f"{invoice}/Attachments/{number}.pdf").raise_for_status()
        assert put(au, f"{invoice}/Attachments/10.pdf").status_code == 400
        assert put(au, f"{invoice}/Attachments/9.pdf").status_code == 200

    def test_sizes(self, au, invoice):
        assert put(au, f"{invoice}/Attachments/big.pdf", b"x" * (10 * 1024 * 1024)).status_code == 200
        account = au.one("Accounts/200")["AccountID"]
        assert put(au, f"Accounts/{account}/Attachments/a.pdf", b"x" * (3 * 1024 * 1024)).status_code == 200
        assert put(au, f"Accounts/{account}/Attachments/b.pdf", b"x" * (3 * 1024 * 1024 + 1)).status_code == 400
        assert put(au, f"{invoice}/Attachments/none.pdf", b"").status_code == 400

    def test_online_for_sales_only(self, au, invoice):
        made = put(au, f"{invoice}/Attachments/a.pdf", IncludeOnline="true").json()["Attachments"][0]
        assert made["IncludeOnline"] is True
        bill = f"Invoices/{au.bill()['InvoiceID']}"
        assert put(au, f"{bill}/Attachments/a.pdf", IncludeOnline="true").status_code == 400

    def test_on_credit_notes_and_contacts(self, au):
        note, contact = au.note()["CreditNoteID"], au.usual_contact
        for path in (f"CreditNotes/{note}", f"Contacts/{contact}"):
            assert put(au, f"{path}/Attachments/a.pdf").status_code == 200
            assert au.one(path)["HasAttachments"] is True

    def test_not_on_payments_and_not_on_nothing(self, au):
        payment = au.pay(au.invoice(), 1)["PaymentID"]
        assert put(au, f"Payments/{payment}/Attachments/a.pdf").status_code == 404
        assert put(au, "Invoices/5a1d52a0-0000-4000-8000-000000000000/Attachments/a.pdf").status_code == 404


class TestHistory:
    def note(self, api, path, details):
        return api.call("PUT", f"{path}/History", json={"HistoryRecords": [{"Details": details}]})

    def test_what_happened_and_what_was_noted(self, au, invoice):
        self.note(au, invoice, "Checked").raise_for_status()
        records = au.get(f"{invoice}/History")["HistoryRecords"]
        assert [(row["Changes"], row["Details"]) for row in records][0] == ("Note", "Checked")
        assert records[-1]["Changes"] == "Created"

    def test_2500_characters_at_most_and_not_empty(self, au, invoice):
        assert self.note(au, invoice, "n" * 2500).status_code == 200
        assert self.note(au, invoice, "n" * 2501).status_code == 400
        assert self.note(au, invoice, "").status_code == 400

    def test_on_contacts_payments_items_and_credit_notes(self, au):
        paths = [
            f"Contacts/{au.usual_contact}",
            f"Payments/{au.pay(au.invoice(), 1)['PaymentID']}",
            f"Items/{au.save('Items', Code='a')['ItemID']}",
            f"CreditNotes/{au.note()['CreditNoteID']}",
        ]
        for path in paths:
            assert self.note(au, path, "Seen").status_code == 200, path

    def test_cannot_be_removed(self, au, invoice):
        assert au.call("DELETE", f"{invoice}/History").status_code == 501
