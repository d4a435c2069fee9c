"""Attachments are not sent, so their permission is not asked for. A consent that has it keeps working."""

FORMER = "offline_access accounting.invoices accounting.payments accounting.contacts accounting.settings.read"


def migrate(cr, version):
    cr.execute(
        """UPDATE xero_credential SET requested_scopes = %s
            WHERE btrim(regexp_replace(requested_scopes, '\\s+', ' ', 'g')) = %s""",
        [FORMER, f"{FORMER} accounting.attachments"],
    )
