"""Talk to Xero's identity server and Accounting API; knows nothing about Odoo.

Import the modules one by one (``from .xero_api import client``): the package itself loads nothing, so
that a server which never calls Xero never pays for the SDK.
"""
