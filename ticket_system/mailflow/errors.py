"""What can go wrong, each in one plain sentence for an administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self


class Term(str):
    """An English sentence that remembers what it was made of, to be translated."""

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        term = super().__new__(cls, template % values if values else template)
        term.template, term.values = template, values
        return term

    def translated(self, translate: Callable[..., str]) -> str:
        """In another language.

        :param translate: takes the template and the values by name, as Odoo's `env._`
        """
        values = {
            name: value.translated(translate) if isinstance(value, Term) else value
            for name, value in self.values.items()
        }
        return translate(self.template, **values)


_lt = Term  # the name by which Odoo finds what is to be translated


class MailflowError(Exception):
    """The root of all errors raised on purpose in this package."""

    def translated(self, translate: Callable[..., str]) -> str:
        """The error's sentence in another language; see Term."""
        told = self.args[0] if self.args else ""
        return told.translated(translate) if isinstance(told, Term) else str(told)


class MailboxError(MailflowError):
    """The mailbox could not be worked with."""


class Unreachable(MailboxError):
    pass


class LoginRefused(MailboxError):
    pass


class CertificateRefused(MailboxError):
    pass


class EncryptionMissing(MailboxError):
    pass


class FolderMissing(MailboxError):
    pass


class ProtocolError(MailboxError):
    """The server broke off, answered nonsense or refused a command."""


class AddressRefused(MailflowError):
    """A text that is no address a mail can be sent to."""
