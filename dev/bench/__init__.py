"""`make bench`: what is measured, and how."""
