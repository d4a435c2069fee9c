{
    "name": "Xero Connector: Quotes (test)",
    "version": "19.0.1.0.0",
    "summary": "A document type added from outside, end to end: the example of docs/how-to/extend.md",
    "author": "Xero Connector contributors",
    "website": "https://github.com/xero-connector/xero_connector",
    "category": "Hidden/Tests",
    "license": "LGPL-3",
    "depends": ["xero_connector"],
    "data": [
        "security/ir.model.access.csv",
        "security/quote_rules.xml",
        "views/quote_views.xml",
        "views/xero_connection_views.xml",
    ],
}
