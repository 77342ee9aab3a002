def uninstall_hook(env):
    """Remove what Odoo does not know to be ours: the accounts' schedules, activities,
    and the originals that lie in the database, for it looks for all of a model's files
    in the filestore. The accounts stay, unconfirmed: else Odoo would fetch them.
    """
    accounts = env["fetchmail.server"].with_context(active_test=False)
    accounts = accounts.search([("use_ticket_system", "=", True)])
    accounts._unlink_ticket_cron()
    accounts.write({"use_ticket_system": False, "state": "draft"})
    types = env["mail.activity.type"].with_context(active_test=False)
    own = types.search([("res_model", "=", "ticket.ticket")])
    env.cr.execute(
        """DELETE FROM mail_activity
            WHERE res_model = 'ticket.ticket' OR activity_type_id = ANY(%s)""",
        [own.ids],
    )
    env.cr.execute("UPDATE ticket_mail SET raw_attachment_id = NULL")
    env.cr.execute(
        """DELETE FROM ir_attachment
            WHERE res_model = 'ticket.mail' AND store_fname IS NULL"""
    )
