{
    "name": "Xero Connector: Products",
    "version": "19.0.1.0.0",
    "summary": "Products as items in Xero, and their codes on document lines",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "depends": ["xero_connector", "product"],
    "data": [
        "views/product_views.xml",
        "views/xero_connection_views.xml",
    ],
}
