"""What can go wrong, each in one plain sentence for an administrator."""


class MailflowError(Exception):
    """The root of all errors raised on purpose in this package."""

    code = "mailflow"


class MailboxError(MailflowError):
    """The mailbox could not be worked with."""

    code = "mailbox"


class Unreachable(MailboxError):
    code = "unreachable"


class LoginRefused(MailboxError):
    code = "login"


class CertificateRefused(MailboxError):
    code = "certificate"


class EncryptionMissing(MailboxError):
    code = "encryption"


class FolderMissing(MailboxError):
    code = "folder"


class ProtocolError(MailboxError):
    """The server broke off, answered nonsense or refused a command."""

    code = "protocol"


class AddressRefused(MailflowError):
    """A text that is no address a mail can be sent to."""

    code = "address"
