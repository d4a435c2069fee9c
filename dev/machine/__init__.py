"""What the tools stand on: processes, PostgreSQL, Odoo, the simulated Xero, and what the machine must have."""
