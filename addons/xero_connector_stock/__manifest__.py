{
    "name": "Xero Connector: Stock",
    "version": "19.0.1.0.0",
    "summary": "Cost of sales and stock as one manual journal a day or month",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "depends": ["xero_connector", "stock_account"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "security/xero_stock_security.xml",
        "data/ir_cron_data.xml",
        "views/xero_period_journal_views.xml",
        "views/xero_connection_views.xml",
    ],
}
