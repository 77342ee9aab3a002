-- a copy of the database must neither fetch nor answer
UPDATE fetchmail_server SET use_ticket_system = false WHERE use_ticket_system;
UPDATE ir_cron SET active = false
 WHERE id IN (SELECT ticket_cron_id FROM fetchmail_server WHERE ticket_cron_id IS NOT NULL);
