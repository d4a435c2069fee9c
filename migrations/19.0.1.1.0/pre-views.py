"""Views that extend the form of a connection name buttons that are gone; each is loaded anew after the form itself.

While the form is loaded, and checked together with what extends it, those of this module are empty.
"""


def migrate(cr, version):
    cr.execute(
        """UPDATE ir_ui_view v SET arch_db = jsonb_build_object('en_US', '<data/>')
             FROM ir_model_data d
            WHERE d.module = 'xero_connector' AND d.model = 'ir.ui.view' AND d.res_id = v.id
              AND v.model = 'xero.connection' AND v.inherit_id IS NOT NULL"""
    )
