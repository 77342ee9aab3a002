"""What the network and mail servers throw, as sentences for a person."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from .errors import (
    CertificateRefused,
    EncryptionMissing,
    FolderMissing,
    LoginRefused,
    MailboxError,
    ProtocolError,
    Unreachable,
    _lt,
)

SMTP_REPLY = re.compile(r"\((\d{3}), b?(['\"])(.*?)\2\)")


def smtp_reply(failure: str) -> str:
    """What an SMTP server replied (RFC 5321, 4.2), out of Python's exception in words;
    the text as it is where there is none."""
    replies = (f"{code} {text}" for code, _quote, text in SMTP_REPLY.findall(failure))
    return "; ".join(dict.fromkeys(replies)) or failure


@contextlib.contextmanager
def plain_words(
    subject: str, refused: type[MailboxError] = ProtocolError
) -> Iterator[None]:
    """Turn what the network and the server throw into a MailboxError.

    :param subject: what was being done, named in the sentence
    :param refused: the error for a command that the server answered with NO or BAD
    """
    try:
        yield
    except MailboxError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(
            _lt(
                "The server's certificate is not valid: %(reason)s.",
                reason=error.verify_message,
            )
        ) from error
    except ssl.SSLError as error:
        raise EncryptionMissing(
            _lt(
                "No encrypted connection came about (%(reason)s); is the port right "
                "for the chosen security?",
                reason=error.reason or "TLS",
            )
        ) from error
    except socket.gaierror as error:
        raise Unreachable(
            _lt("The name of the server is unknown (%(subject)s).", subject=subject)
        ) from error
    except TimeoutError as error:
        raise Unreachable(
            _lt("The server does not answer (%(subject)s).", subject=subject)
        ) from error
    except IMAPClientError as error:
        raise _refusal(error, subject, refused) from error
    except ConnectionRefusedError as error:
        raise Unreachable(
            _lt(
                "The server cannot be reached (%(subject)s): nothing answers at this "
                "port.",
                subject=subject,
            )
        ) from error
    except (ConnectionError, EOFError) as error:
        raise _broken_off(subject) from error
    except OSError as error:
        raise Unreachable(
            _lt(
                "The server cannot be reached (%(subject)s): %(reason)s.",
                subject=subject,
                reason=error.strerror or error,
            )
        ) from error
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        AssertionError,
    ) as error:
        raise ProtocolError(
            _lt("The server's answer makes no sense (%(subject)s).", subject=subject)
        ) from error


def _broken_off(subject: str) -> MailboxError:
    return Unreachable(_lt("The connection broke off (%(subject)s).", subject=subject))


def _refusal(
    error: Exception, subject: str, refused: type[MailboxError]
) -> MailboxError:
    if isinstance(error, IMAPClientAbortError):
        return _broken_off(subject)
    said = re.sub(r"^b(['\"])(.*)\1$", r"\2", str(error)).strip(" .")[:200]
    if refused is LoginRefused or isinstance(error, LoginError):
        return LoginRefused(
            _lt(
                "The server refused the user name or the password: %(said)s.", said=said
            )
        )
    if refused is FolderMissing:
        return FolderMissing(
            _lt(
                "The server has not opened %(subject)s: %(said)s.",
                subject=subject,
                said=said,
            )
        )
    return refused(
        _lt("The server refused %(subject)s: %(said)s.", subject=subject, said=said)
    )
