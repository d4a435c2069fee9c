"""The points where Xero's behaviour is not settled. Each is one switch; the default is the stricter reading."""

DEFAULTS: dict[str, bool] = {
    # An InvoiceNumber stays taken after its sales invoice was voided or deleted.
    "number_taken_after_void": True,
    # TaxAmount above UnitAmount is refused.
    "tax_amount_capped_by_unit_amount": True,
    # If-Modified-Since gives only rows strictly newer, compared at whole seconds.
    "modified_since_exclusive": True,
    # An update of an approved document without Status falls back to DRAFT and so is refused.
    "update_needs_status": True,
    # Line items sent again for a foreign document without CurrencyRate reset the rate to that of the day.
    "rate_reset_without_currency_rate": True,
    # POST /Contacts with a taken name and no id is refused, not taken as an update.
    "post_contact_name_refused": True,
    # Addresses and Phones are replaced as a whole by the list that is sent; else type by type.
    "contact_lists_replaced": True,
    # Payment terms count at most 31 days after a date, as if it were a day of a month; else three digits.
    "terms_up_to_31_days": False,
    # An archived contact cannot be made active again through the API.
    "no_unarchive": True,
    # A credit note, over- or prepayment may be allocated only to a document of the same contact.
    "allocation_same_contact": True,
    # An approved document with total zero is PAID at once.
    "zero_total_is_paid": True,
    # Changes of amounts on a paid bill are dropped without an error; else they are refused as on an invoice.
    "paid_bill_amounts_dropped": True,
    # A wrong Total, sent by the client, is refused.
    "wrong_total_refused": True,
    # A bank transaction takes only the tax that Xero computes; else another one may be sent, as on invoices.
    "bank_tax_must_match": True,
    # A bank transaction that made an over- or prepayment is neither updated nor deleted through the API.
    "credit_transactions_closed": True,
    # The Reference of a bank transaction that makes an over- or prepayment is dropped.
    "reference_on_credits_dropped": True,
    # A batch payment is for documents in base currency only; else the bank account's currency alone matters.
    "batch_in_base_currency_only": True,
    # A batch payment cannot be deleted.
    "batch_payment_delete_refused": True,
    # A manual journal uses no system account at all; else only the control accounts and retained earnings are refused.
    "journals_refuse_system_accounts": True,
    # The tax of a journal line is computed, one that is sent is dropped; else it is taken.
    "journal_tax_not_writable": True,
    # If-Modified-Since of bank transfers looks at when they were made only: a deletion is not seen.
    "transfers_dated_once": True,
    # The halves of transfers stand among the bank transactions too.
    "transfers_in_bank_transactions": True,
    # Lists leave out invoices of archived contacts unless includeArchived=true.
    "invoices_of_archived_contacts_hidden": True,
    # What converting the lines of a foreign document loses goes to the Rounding account; else the control account,
    # or the bank account, takes the sum of the converted lines.
    "conversion_difference_to_rounding": True,
    # Reports value what is open in foreign currency at the rate of the day, as unrealised gains.
    "unrealised_gains_in_reports": True,
    # Cells of reports without an amount have no Value; else it is empty.
    "blank_cells_without_value": True,
    # Outside Australia and the US, a profit and loss shows all currency gains in one line, with the id FXGROUPID.
    "currency_gains_in_one_line": True,
    # Comparison periods of a profit and loss have the days of the first one; else whole months stay whole.
    "periods_repeat_days": True,
    # Eleven comparison periods at most; else twelve.
    "eleven_periods_at_most": True,
    # A profit and loss covers a year at most.
    "profit_and_loss_one_year": True,
    # A balance sheet of a tracking option is balanced by the Tracking Transfers account; else it is not.
    "tracking_transfers_balance_sheets": True,
    # Items need accounting.settings; else accounting.invoices is enough too.
    "items_need_settings_scope": True,
    # A payment on a document raises an INVOICE or CREDITNOTE event for it.
    "payment_raises_document_event": True,
    # A Url that contains "xero" is refused (one source says so).
    "url_with_xero_refused": False,
    # The last day of a report is missing when it is asked for with a time of day.
    "report_times_lose_a_day": True,
    # PAYMENT webhook events are sent too (not generally available).
    "payment_events": False,
}
