-- A copy for tests must never reach the live books.
UPDATE xero_credential SET vault = NULL, client_secret_set = FALSE, webhook_key_set = FALSE, state = 'new',
       access_expires_at = NULL, refresh_expires_at = NULL, scopes = NULL;
UPDATE xero_connection SET state = 'disconnected', database_uuid = NULL, tenant_connection_id = NULL
 WHERE state != 'new';
UPDATE xero_sync_job SET state = 'cancelled' WHERE state IN ('pending', 'running', 'blocked', 'failed', 'dead');
UPDATE xero_sync_batch SET state = 'done', body = NULL;
UPDATE ir_cron SET active = FALSE
 WHERE id IN (SELECT res_id FROM ir_model_data WHERE module = 'xero_connector' AND model = 'ir.cron');
