from . import outgoing, base
from . import contact
from . import document, invoice, credit_note
