"""The way of a mail, in plain Python.

mailbox → message → screen → route → content, and outgoing for the way back. Each step
takes the result of the one before and decides; nothing here knows of Odoo.
"""
