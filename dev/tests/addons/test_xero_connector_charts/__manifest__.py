{
    "name": "Xero Connector: Charts (test)",
    "version": "19.0.1.0.0",
    "summary": "Odoo's charts of the countries that Xero has editions for, and what is suggested for them",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Hidden/Tests",
    "license": "LGPL-3",
    "depends": [
        "xero_connector",
        "l10n_au",
        "l10n_ca",
        "l10n_nz",
        "l10n_sg",
        "l10n_uk",
        "l10n_us_account",
        "l10n_za",
    ],
}
