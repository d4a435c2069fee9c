import io
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

I18N = Path(__file__).resolve().parent.parent / "i18n"


@tagged("post_install", "-at_install")
class TestTexts(TransactionCase):
    def test_template_holds_every_text_of_the_addon(self):
        buffer = io.BytesIO()
        trans_export(False, ["xero_connector"], buffer, "po", self.env)
        present = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
        written = {entry.msgid for entry in polib.pofile(str(I18N / "xero_connector.pot"))}
        self.assertFalse(present - written, "run `make texts`")
        self.assertFalse(written - present, "run `make texts`")
