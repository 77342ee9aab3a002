"""Odoo's command line as a script: its servers start themselves anew by that name."""

from odoo.cli.command import main

main()
