{
    "name": "Xero Connector: Point of Sale",
    "version": "19.0.1.0.0",
    "summary": "One document in Xero for each closed session of a till, paid by its methods of payment",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "depends": ["xero_connector", "point_of_sale"],
    "data": [
        "security/ir.model.access.csv",
        "views/pos_session_views.xml",
        "views/pos_config_views.xml",
        "views/xero_connection_views.xml",
    ],
    "auto_install": True,
}
