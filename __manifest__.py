{
    "name": "Xero Connector",
    "version": "19.0.1.0.0",
    "summary": "Keep Odoo and Xero equal to the cent: contacts, invoices, bills and credit notes",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "application": True,
    "depends": ["account", "bus"],
    "external_dependencies": {"python": ["requests", "xero-python", "tenacity", "cryptography"]},
    "data": [
        "security/xero_security.xml",
        "security/ir.model.access.csv",
        "data/ir_cron_data.xml",
    ],
}
