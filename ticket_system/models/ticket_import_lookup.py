from collections import defaultdict
from functools import cached_property

from odoo.fields import Domain
from odoo.tools import email_normalize
from odoo.tools.sql import escape_psql

from ..mailflow import openxe


class Lookup:
    """The records that a batch of rows names, found by one search a model.

    Each method gives the record that a text of a row stands for, or an empty one.

    :param rows: [{what it means: the text}]
    :param project_names: {id elsewhere: [code, name]}
    """

    def __init__(self, env, rows, project_names):
        self._env = env
        self._rows = rows
        self._project_names = project_names

    def queue(self, text):
        return self._queues[openxe.code(text)] or self._queues[_key(text)]

    def agent(self, text):
        return self._agents[_key(openxe.person(text))]

    def project(self, text):
        found = (self._projects[_key(name)] for name in self._names_of_project(text))
        return next(filter(None, found), self._env["project.project"])

    def misses_project(self, row):
        """Whether a row is of a project that is not here."""
        text = row.get("project", "")
        return bool(self._names_of_project(text)) and not self.project(text)

    def account(self, text, queue):
        """The one of that address, or else the one whose mails go to the queue."""
        accounts = self._accounts
        address = _key(text)
        named = accounts.filtered(lambda a: address and a.ticket_address == address)
        fitting = accounts.filtered(lambda a: queue and a.ticket_queue_id == queue)
        return (named or fitting)[:1]

    def partner(self, address):
        return self._partners[address]

    def author(self, address):
        """Whose address it is, but for colleagues: mails pretend to be theirs."""
        partner = self._partners[address]
        return partner - self._colleagues

    def tags(self, text):
        tags = (self._tags[_key(name)] for name in openxe.tags(text))
        return self._env["ticket.tag"].union(*tags)

    # ------------------------------------------------------------------
    # One search each
    # ------------------------------------------------------------------

    @cached_property
    def _queues(self):
        texts = self._texts("queue")
        queues = self._env["ticket.queue"].with_context(active_test=False)
        return _named(queues, {*texts, *map(openxe.code, texts)}, "code", "name")

    @cached_property
    def _agents(self):
        sent = [row for row in self._rows if openxe.is_yes(row.get("sent", ""))]
        texts = self._texts("agent") | {row.get("name", "") for row in sent}
        names = set(map(openxe.person, texts))
        inside = Domain("share", "=", False)
        return _named(self._env["res.users"], names, "login", "name", domain=inside)

    @cached_property
    def _projects(self):
        texts = map(self._names_of_project, self._texts("project"))
        projects = self._env["project.project"].with_context(active_test=False)
        return _named(projects, {name for names in texts for name in names}, "name")

    def _names_of_project(self, text):
        """By the code and name of its id, or of its code; 0 stands for none."""
        text = text.strip()
        names = self._project_names.get(text) or self._names_by_code.get(_key(text))
        return [name for name in names or [text] if name and text != "0"]

    @cached_property
    def _names_by_code(self):
        return {_key(names[0]): names for names in self._project_names.values()}

    @cached_property
    def _accounts(self):
        return self._env["fetchmail.server"].search([("use_ticket_system", "=", True)])

    @cached_property
    def _partners(self):
        addresses = filter(None, map(email_normalize, self._texts("email")))
        partners = self._env["res.partner"]
        found = partners.search(
            [("email_normalized", "in", list(addresses))], order="id desc"
        )
        by_address = {partner.email_normalized: partner for partner in found}
        return defaultdict(partners.browse, by_address)

    @cached_property
    def _colleagues(self):
        partners = self._env["res.partner"].union(*self._partners.values())
        users = self._env["res.users"].search(
            [("partner_id", "in", partners.ids), ("share", "=", False)]
        )
        return users.partner_id

    @cached_property
    def _tags(self):
        names = {name for text in self._texts("tags") for name in openxe.tags(text)}
        tags = _named(self._env["ticket.tag"], names, "name")
        missing = {_key(name): name for name in sorted(names) if not tags[_key(name)]}
        made = self._env["ticket.tag"].create(
            [{"name": name} for name in missing.values()]
        )
        tags.update(zip(missing, made, strict=True))
        return tags

    def _texts(self, meaning):
        return {row.get(meaning, "") for row in self._rows} - {""}


def _named(model, names, *fields, domain=Domain.TRUE):
    """{key: record} of those that bear one of the names, taken literally.

    Of several the eldest; an earlier one of the fields goes before a later one.
    """
    wanted = {name.strip() for name in names} - {""}
    found = model.search(
        domain
        & Domain.OR(
            Domain(field, "=ilike", escape_psql(name))
            for field in fields
            for name in wanted
        ),
        order="id desc",
    )
    keys = {
        _key(record[field]): record
        for field in reversed(fields)
        for record in found
        if record[field]
    }
    return defaultdict(model.browse, keys)


def _key(text):
    return text.strip().lower()
