{
    "name": "Xero Connector: Stock and Point of Sale",
    "version": "19.0.1.0.0",
    "summary": "Cost lines of point of sale sessions in the stock journals",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "depends": ["xero_connector_stock", "point_of_sale"],
    "auto_install": True,
}
