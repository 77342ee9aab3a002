"""The development environment behind ``./dev``: from a bare machine to Odoo."""
