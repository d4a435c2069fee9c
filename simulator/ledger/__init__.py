"""The general ledger: entries that follow from the documents alone, so that the two can never drift apart."""
