"""What `make` runs: get Odoo, start PostgreSQL, demo, tests, benchmark.

Everything here runs on the system's own Python with the standard library alone, because the virtual environment
does not exist yet when the first command starts. Modules that run inside the virtual environment say so.
"""
