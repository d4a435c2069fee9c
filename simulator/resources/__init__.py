"""One module per resource of the Accounting API, and the table that the gateway serves from."""

from . import (
    bank,
    bank_transfers,
    contacts,
    credit_notes,
    invoices,
    items,
    manual_journals,
    payments,
    reference,
    reports,
)

RESOURCES = {
    "Organisation": reference.organisation,
    "Accounts": reference.accounts,
    "TaxRates": reference.tax_rates,
    "Currencies": reference.currencies,
    "TrackingCategories": reference.tracking_categories,
    "Users": reference.users,
    "BrandingThemes": reference.branding_themes,
    "Contacts": contacts.serve,
    "Items": items.serve,
    "Reports": reports.serve,
    "Invoices": invoices.serve,
    "CreditNotes": credit_notes.serve,
    "Payments": payments.serve,
    "BatchPayments": payments.serve_batches,
    "BankTransactions": bank.serve_transactions,
    "BankTransfers": bank_transfers.serve,
    "ManualJournals": manual_journals.serve,
    "Overpayments": bank.serve_overpayments,
    "Prepayments": bank.serve_prepayments,
}
