{
    "name": "Xero Connector: Tests of Stock",
    "version": "19.0.1.0.0",
    "summary": "Landed costs and deliveries of orders, for the tests of stock journals",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Hidden/Tests",
    "license": "LGPL-3",
    "depends": ["xero_connector_stock", "stock_landed_costs", "sale_stock"],
}
