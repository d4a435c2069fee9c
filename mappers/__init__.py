from . import outgoing, base
from . import contact
from . import contact_checks
from . import document, document_checks, document_rounding, invoice, credit_note
from . import payment, allocation
