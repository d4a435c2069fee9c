{
    "name": "Xero Connector: Expenses",
    "version": "19.0.1.0.0",
    "summary": "Expenses that the company paid as money spent, and employees with name and e-mail only",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "depends": ["xero_connector", "hr_expense"],
    "data": [
        "views/hr_expense_views.xml",
        "views/xero_connection_views.xml",
    ],
    "auto_install": True,
    "post_init_hook": "post_init_hook",
}
