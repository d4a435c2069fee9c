{
    "name": "Xero Connector: Sales",
    "version": "19.0.1.0.0",
    "summary": "Accounts by sales team, deposits that come to nothing in both books, and what Xero has of an order",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "depends": ["xero_connector", "sale"],
    "data": [
        "views/crm_team_views.xml",
        "views/sale_order_views.xml",
        "views/xero_connection_views.xml",
        "views/xero_field_rule_views.xml",
        "views/xero_setup_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
