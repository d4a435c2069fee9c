"""One module per resource of the Accounting API, and the table that the gateway serves from."""

from . import contacts, credit_notes, invoices, reference

RESOURCES = {
    "Organisation": reference.organisation,
    "Accounts": reference.accounts,
    "TaxRates": reference.tax_rates,
    "Currencies": reference.currencies,
    "TrackingCategories": reference.tracking_categories,
    "Users": reference.users,
    "BrandingThemes": reference.branding_themes,
    "Contacts": contacts.serve,
    "Invoices": invoices.serve,
    "CreditNotes": credit_notes.serve,
}
