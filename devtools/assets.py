"""Runs inside Odoo: make the asset bundles that every page of the web client loads."""

from typing import Any

SCRIPTS = ("web.assets_web", "web.assets_frontend_lazy", "web.assets_tests")
STYLES = ("web.assets_web", "web.assets_web_print", "web.assets_frontend")


def bundle(env: Any) -> None:
    """Store the minified bundles as attachments of ``env``'s database, and commit."""
    qweb = env["ir.qweb"]
    for name in SCRIPTS:
        qweb._get_asset_bundle(name, css=False, js=True).js()
    for name in STYLES:
        qweb._get_asset_bundle(name, css=True, js=False).css()
    env.cr.commit()
