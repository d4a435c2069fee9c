"""What every call to the Accounting API goes through, whatever the resource."""
