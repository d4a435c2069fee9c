"""Closed periods: what is dated in one is refused with the reason, or booked on the first open day, by policy."""



