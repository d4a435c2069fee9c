"""Code that runs inside an Odoo process, with its environment; see `dev.testing.shell`."""
