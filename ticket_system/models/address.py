import re

from odoo import fields
from odoo.tools import SQL

TRIGRAM = 3  # characters, below which the index is of no help


class Address(fields.Char):
    """A mail address; the index finds the longest word of what is looked for.

    The end that many addresses share would have it walk along all of them, see
    https://www.postgresql.org/docs/current/gin-implementation.html
    """

    def _condition_to_sql(self, field_expr, operator, value, model, alias, query):
        def condition(wanted):
            return super(Address, self)._condition_to_sql(
                field_expr, operator, wanted, model, alias, query
            )

        words = re.findall(r"\w+", value) if operator == "ilike" else []
        word = max(words, key=len, default="")
        if len(word) < TRIGRAM:
            return condition(value)
        hidden_from_index = SQL("(%s) IS TRUE", condition(value))
        return SQL("(%s AND %s)", condition(word), hidden_from_index)
