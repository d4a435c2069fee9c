"""Who may do what with the connector's models: the table that the suite in ``test_access_table`` holds the code to.

A new model, a new field that people write, or a new public method fails that suite until it is decided on here:
a model in ``READS`` (and ``CHANGES``), a field in ``WRITES``, a method in ``METHODS``.
"""

# Each group has what those before it have.
LEVELS = ("nobody", "user", "accountant", "manager", "settings")
# Who belongs where. Invoicing clerks are Xero users, Odoo's accountants decide, Settings users administer.
ROLE_LEVELS = {
    "portal": "nobody",
    "employee": "nobody",
    "clerk": "user",
    "user": "user",
    "accountant": "accountant",
    "manager": "manager",
    "settings": "settings",
}

# Who reads a model, by default Xero users; nobody else ever does.
READS = {
    "xero.credential": "manager",
    "xero.lane": "manager",
    "xero.click": None,
    "xero.erasure": None,
    "xero.setup": "manager",
    "xero.setup.wizard": "manager",
    "xero.connect.wizard": "manager",
    "xero.connect.wizard.line": "manager",
    "xero.decide.wizard": "accountant",
    "xero.reconciliation.ignore.wizard": "accountant",
    "xero.conflict.settle.wizard": "accountant",
    "xero.rate.wizard": "accountant",
    "xero.snapshot.element": "accountant",
    "xero.trial.balance": "accountant",
    "xero.trial.balance.line": "accountant",
}
BY_USERS = {
    *("xero.account", "xero.alert", "xero.branding.theme", "xero.conflict", "xero.conflict.line", "xero.connection"),
    *("xero.currency", "xero.field.rule", "xero.field.rule.value", "xero.field.target", "xero.link", "xero.log"),
    *("xero.mapping.account", "xero.mapping.journal", "xero.mapping.tax", "xero.mapping.tracking", "xero.match"),
    *("xero.match.candidate", "xero.match.line", "xero.payment.part", "xero.preview", "xero.preview.line"),
    *("xero.currency.request", "xero.rate", "xero.rate.sighting", "xero.bank.sighting"),
    *("xero.quarantine", "xero.recovery", "xero.recovery.line"),
    *("xero.preview.problem", "xero.reconciliation", "xero.reconciliation.difference", "xero.reconciliation.ignore"),
    *("xero.reconciliation.total", "xero.run", "xero.snapshot", "xero.sync.batch", "xero.sync.cursor"),
    *("xero.sync.job", "xero.tax.rate", "xero.tracking.category", "xero.tracking.option", "xero.webhook.event"),
}
# Who writes, makes and deletes records, where anybody but workers does.
CHANGES = {
    "xero.credential": ("manager", "wcu"),
    "xero.connection": ("manager", "wcu"),
    "xero.connect.wizard": ("manager", "wcu"),
    "xero.connect.wizard.line": ("manager", "wcu"),
    "xero.setup.wizard": ("manager", "wcu"),
    "xero.setup": ("manager", "wcu"),
    "xero.field.rule": ("accountant", "wcu"),
    "xero.field.rule.value": ("accountant", "wcu"),
    "xero.mapping.account": ("accountant", "wcu"),
    "xero.mapping.tax": ("accountant", "wcu"),
    "xero.mapping.journal": ("accountant", "wcu"),
    "xero.mapping.tracking": ("accountant", "wcu"),
    "xero.run": ("accountant", "wcu"),
    "xero.match": ("accountant", "w"),
    "xero.recovery": ("manager", "w"),
    "xero.recovery.line": ("manager", "w"),
    "xero.match.line": ("accountant", "w"),
    "xero.conflict.line": ("accountant", "w"),
    "xero.decide.wizard": ("accountant", "wcu"),
    "xero.reconciliation.ignore.wizard": ("accountant", "wcu"),
    "xero.conflict.settle.wizard": ("accountant", "wcu"),
    "xero.rate.wizard": ("accountant", "wcu"),
    "xero.currency.request": ("accountant", "wc"),
    "xero.trial.balance": ("accountant", "wc"),
}
# Branches read what these hold of their parent's company; of everything else they see their own.
OF_PARENTS = {
    *("xero.connection", "xero.lane", "xero.account", "xero.tax.rate", "xero.currency", "xero.branding.theme"),
    *("xero.field.rule", "xero.field.rule.value", "xero.mapping.account", "xero.mapping.tax", "xero.mapping.journal"),
    *("xero.tracking.category", "xero.tracking.option", "xero.mapping.tracking", "xero.sync.cursor", "xero.alert"),
    *("xero.preview", "xero.preview.line", "xero.run", "xero.field.target"),
}

# The fields that people write; all others are kept by workers, or computed.
WRITES = {
    "xero.credential": "name active company_id grant_type client_id client_secret webhook_key requested_scopes"
    " connection_ids accepts_narrower",
    "xero.connection": "active company_id credential_id lane_id sync_invoices sync_bills sync_credit_notes sync_refunds"
    " sync_when sync_from contact_policy excluded_journal_ids rounding_policy rounding_account_id day_reserve_percent"
    " inbound_contacts inbound_documents inbound_sale_journal_id inbound_purchase_journal_id conflict_contacts"
    " conflict_documents cursor_ids hold_until_matched alert_user_ids alert_failed_jobs alert_failed_percent"
    " alert_silent_hours alert_ids account_mapping_ids tax_mapping_ids journal_mapping_ids credit_direction"
    " open_account_mapping_ids open_tax_mapping_ids open_journal_mapping_ids"
    " sync_bank sync_transfers bank_entries batch_payments send_overpayments send_bank"
    " credit_journal_id setup_ids xero_lock_policy odoo_lock_policy tracking_mapping_ids required_plan_ids"
    " reconciliation_ids keep_work_days keep_log_days keep_reports_days keep_copies_days"
    " recovery_ids void_drafts_after rate_mode line_shares line_share_text"
    " sync_journals entry_journal_ids entries_as_drafts entries_summarised"
    " entries_on_cash_basis inbound_entries inbound_entry_journal_id",
    "xero.connect.wizard": "connection_id line_ids line_id",
    "xero.connect.wizard.line": "wizard_id",
    "xero.setup.wizard": "company_id credential_id grant_type client_id client_secret",
    "xero.setup": "step webhook_key alert_user_ids journal_mapping_ids open_account_mapping_ids open_tax_mapping_ids"
    " open_journal_mapping_ids sync_invoices sync_bills sync_credit_notes sync_refunds"
    " sync_when sync_from excluded_journal_ids contact_policy inbound_contacts inbound_documents conflict_contacts"
    " conflict_documents",
    "xero.field.rule": "name active sequence connection_id document target_id tracking_category_id source path text"
    " constant_text constant_account_id constant_theme_id constant_option_id value_ids days domain only_empty too_long"
    " trial_move_id trial_partner_id follow also_refunds also_option_id match_account_ids match_journal_ids"
    " match_fiscal_position_ids match_category_ids match_country_ids match_country_group_ids",
    "xero.field.rule.value": "rule_id sequence key_id key_text value_text value_account_id value_theme_id"
    " value_option_id",
    "xero.mapping.account": "connection_id state account_id xero_account_id",
    "xero.mapping.tax": "connection_id state tax_ids type_tax_use xero_tax_rate_id",
    "xero.mapping.journal": "connection_id state xero_account_id journal_id direction",
    "xero.mapping.tracking": "connection_id state account_id xero_option_id",
    "xero.run": "connection_id date_from date_to with_invoices with_bills with_credit_notes with_refunds with_entries",
    "xero.match": "differences",
    "xero.recovery": "answer other line_ids",
    "xero.recovery.line": "decision",
    "xero.match.line": "differences",
    "xero.conflict.line": "choice",
    "xero.decide.wizard": "connection_id account_mapping_ids tax_mapping_ids journal_mapping_ids",
    "xero.reconciliation.ignore.wizard": "difference_ids reason",
    "xero.conflict.settle.wizard": "conflict_ids side",
    "xero.rate.wizard": "connection_id mode",
    "xero.currency.request": "connection_id currency_id",
    "xero.trial.balance": "connection_id date_from date_to",
    # Of Odoo's own models: settings, which are the connection's, and a figure of the digest.
    "res.config.settings": "xero_sync_invoices xero_sync_bills xero_sync_credit_notes xero_sync_refunds xero_sync_when"
    " xero_alert_user_ids xero_sync_from xero_keep_work_days xero_keep_log_days xero_keep_reports_days"
    " xero_keep_copies_days",
    "digest.digest": "kpi_xero_documents",
}

# Who calls a public method. What Odoo defines itself is judged by the rights on records.
DOCUMENT = {
    "user": "action_xero_sync action_xero_sync_selected action_xero_preview action_xero_open action_xero_conflict"
    " action_xero_fix action_xero_history"
}
MAPPING = {
    "user": "action_ask",
    "accountant": "action_confirm action_read_xero",
}
METHODS = {
    "account.move": DOCUMENT,
    "res.partner": DOCUMENT,
    "xero.status.mixin": {"user": "action_xero_fix action_xero_history action_xero_open"},
    "xero.sync.mixin": DOCUMENT,
    "account.payment": {"user": "action_xero_sync action_xero_fix action_xero_history action_xero_open"},
    "res.config.settings": {
        "manager": "action_xero_setup action_xero_guide action_xero_mappings action_xero_connect action_xero_check"
        " action_xero_disconnect"
    },
    "xero.connection": {
        "user": "action_open_mappings action_preview_queue",
        "accountant": "action_reconcile action_accept_suggestions action_match action_pull",
        "manager": "action_setup action_release action_connect action_choose action_check action_disconnect"
        " action_resume action_recover",
    },
    "xero.credential": {"settings": "action_reseal action_start_over"},
    "xero.conflict": {
        "user": "action_open_record",
        "accountant": "action_merge_partners action_take_odoo action_take_xero action_settle action_undo_payments"
        " action_hand_over action_keep_odoo_all action_take_xero_all",
    },
    "xero.conflict.line": {"accountant": "action_choose_odoo action_choose_xero"},
    "xero.connect.wizard": {"manager": "action_link"},
    "xero.connect.wizard.line": {"manager": "action_choose"},
    "xero.setup.wizard": {"manager": "action_connect"},
    "xero.field.rule": {
        "accountant": "action_apply action_preview action_example_salesperson action_example_category"
        " action_example_theme action_try action_use action_stop"
    },
    "xero.ask": {"user": "action_ask"},
    "xero.mapping.mixin": MAPPING,
    "xero.mapping.account": MAPPING,
    "xero.mapping.tax": MAPPING,
    "xero.mapping.journal": MAPPING,
    "xero.mapping.tracking": MAPPING,
    "xero.health": {
        "user": "get_page action_open_reconciliation action_open_failed action_retry_failed action_read_again"
        " action_open_drafts",
        "manager": "action_webhook_guide",
    },
    "xero.match": {
        "user": "action_open_verdict action_open_linked action_open_trouble action_open_all",
        "accountant": "action_confirm_sure action_confirm_likely action_next action_done action_read_again"
        " action_abandon action_undo action_match_now",
    },
    "xero.match.candidate": {"accountant": "action_choose"},
    "xero.match.line": {
        "user": "action_skip action_open_record",
        "accountant": "action_same_money action_book action_leave action_search action_take action_link action_apart"
        " action_reopen",
    },
    "xero.payment.part": {"user": "action_xero_fix action_xero_history action_xero_open"},
    "xero.preview": {
        "user": "action_again action_stop action_send action_open_lines action_open_run",
        "accountant": "action_undo",
    },
    "xero.preview.line": {"user": "action_open_record"},
    "xero.preview.problem": {"user": "action_fix action_open_lines"},
    "xero.quarantine": {"user": "action_retry action_dismiss"},
    "xero.rate": {"accountant": "action_use action_dismiss"},
    "xero.rate.wizard": {"accountant": "action_apply"},
    "xero.currency.request": {"accountant": "action_add"},
    "xero.trial.balance": {"accountant": "action_compare action_again"},
    "xero.trial.balance.line": {"accountant": "action_open_entries"},
    "xero.recovery": {"manager": "action_answer action_read action_apply action_release action_connect"},
    "xero.reconciliation": {
        "user": "action_open_differences action_open_totals",
        "accountant": "action_again action_stop action_repair_all action_reconcile_now",
    },
    "xero.reconciliation.difference": {
        "user": "action_open_record action_open_xero action_open_fix",
        "accountant": "action_send action_fetch action_link action_import action_remove action_ignore action_unignore",
    },
    "xero.reconciliation.ignore.wizard": {"accountant": "action_ignore"},
    "xero.conflict.settle.wizard": {"accountant": "action_settle"},
    "account.journal": {"user": "action_xero_waiting"},
    "xero.reconciliation.total": {"user": "action_open_differences"},
    "xero.run": {
        "user": "action_retry_failed action_open_jobs action_open_failed action_open_created action_open_bank_accounts",
        "accountant": "action_undo action_preview action_start action_pause action_resume action_cancel",
    },
    "xero.setup": {
        "manager": "action_open_account action_open_tax action_open_journal action_open_tracking"
        " action_open_read_accounts action_open_read_rates action_open_jobs action_open_connection action_new_invoice"
        " action_download action_import action_match action_history action_open action_next action_back"
        " action_read_again action_confirm_sure action_start action_hold action_release action_finish"
        " action_finish_waiting action_store_webhook_key"
    },
    "xero.snapshot.element": {"accountant": "action_match_choose"},
    "xero.sync.cursor": {"user": "action_read_all"},
    "xero.sync.job": {"user": "action_retry action_cancel action_open_record action_fix"},
}
# They only open a list or a page, whose content Odoo guards: whoever calls them sees nothing by it.
WINDOWS = ("action_open_", "action_xero_history", "action_new_invoice")
# They are no records themselves: records of another model are named in the argument of this name.
ASKED_ABOUT = {"xero.health": ("xero.connection", "connection_ids")}
