def uninstall_hook(env):
    """Remove the originals that lie in the database.

    Odoo removes those of a model with its table, but looks for all in the filestore.
    """
    env.cr.execute("UPDATE ticket_mail SET raw_attachment_id = NULL")
    env.cr.execute(
        """DELETE FROM ir_attachment
            WHERE res_model = 'ticket.mail' AND store_fname IS NULL"""
    )
