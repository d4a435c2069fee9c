from . import outgoing, base
from . import contact
from . import contact_checks
from . import document, document_checks, document_rounding, document_dates, tracking, invoice, credit_note
from . import payment, allocation
