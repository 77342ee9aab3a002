"""A mailbox full of realistic mails, the same bytes for the same seed.

Of every five mails three answer an earlier mail of the same sender and one brings a
file of 50 KB; the senders are 500 people of 125 firms.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench import mime, words
from bench.mime import ATTACHMENT_SIZE, File, Letter, Person

ADDRESS = "support@bench.example"
SENDERS = 500
COLLEAGUES = 4  # senders of one firm
START = datetime(2025, 9, 1, 6, 0, tzinfo=UTC)
INTERVAL = timedelta(minutes=4)
BLOCK = 5
REPLIES_IN_BLOCK = 3
LIVELY = 300  # threads that still get answers
LONGEST = 12  # mails in a thread


@dataclass(frozen=True)
class Mail:
    """One mail and what any correct import makes of it."""

    raw: bytes
    message_id: str
    root_id: str  # the Message-ID of the mail that opened its thread
    sender: Person
    files: int
    file_bytes: int


@dataclass
class Thread:
    sender: Person
    subject: str
    ids: list[str] = field(default_factory=list)
    last_words: list[str] = field(default_factory=list)


def people(seed: int = 1) -> list[Person]:
    """The 500 senders."""
    rng = random.Random(f"people {seed}")
    shares = [share for share, _ in mime.PROGRAMS.values()]
    programs = rng.choices(list(mime.PROGRAMS), shares, k=SENDERS)
    found = []
    for number in range(SENDERS):
        given, family = rng.choice(words.GIVEN_NAMES), rng.choice(words.FAMILY_NAMES)
        firm = number // COLLEAGUES
        domain = f"{words.TRADES[firm % len(words.TRADES)].lower()}{firm}.example"
        name = f"{given} {family}"
        address = f"{_ascii(given)}.{_ascii(family)}.{number}@{domain}"
        found.append(Person(name, address, programs[number]))
    return found


def generate(count: int, seed: int = 1, to: str = ADDRESS) -> Iterator[Mail]:
    """``count`` mails in the order of their arrival."""
    rng = random.Random(f"mails {seed}")
    senders = rng.sample(people(seed), SENDERS)
    threads: list[Thread] = []
    pattern: list[bool] = []
    with_file = 0
    for index in range(count):
        place = index % BLOCK
        if not place:
            pattern = [n < REPLIES_IN_BLOCK for n in range(BLOCK)]
            rng.shuffle(pattern)
            if not index:
                pattern.sort()
            with_file = rng.randrange(BLOCK)
        thread = _lively_thread(threads, rng) if pattern[place] else None
        if not thread:
            sender = senders[len(threads) % SENDERS]
            thread = Thread(sender, words.subject(rng))
            threads.append(thread)
        yield _next_mail(thread, index, to, senders, place == with_file, rng)


def _lively_thread(threads: list[Thread], rng: random.Random) -> Thread:
    while True:
        thread = rng.choice(threads[-LIVELY:])
        if len(thread.ids) < LONGEST:
            return thread


def _next_mail(
    thread: Thread,
    index: int,
    to: str,
    senders: list[Person],
    with_file: bool,
    rng: random.Random,
) -> Mail:
    sender = thread.sender
    references = tuple(thread.ids[-rng.randint(1, 10) :]) if thread.ids else ()
    paragraphs = words.paragraphs(rng)
    letter = Letter(
        sender=sender,
        to=to,
        cc=rng.choice(senders).address if rng.random() < 0.1 else "",
        subject=rng.choice(("Re: ", "AW: ")) * bool(references) + thread.subject,
        date=START + index * INTERVAL + timedelta(seconds=rng.randrange(200)),
        message_id=f"<{rng.getrandbits(80):020x}.{index}@{sender.domain}>",
        references=references,
        paragraphs=paragraphs,
        quoted=thread.last_words,
        files=_files(sender, with_file, index, rng),
    )
    thread.ids.append(letter.message_id)
    thread.last_words = paragraphs
    return Mail(
        raw=mime.render(letter, rng),
        message_id=letter.message_id,
        root_id=thread.ids[0],
        sender=sender,
        files=len(letter.files),
        file_bytes=sum(len(file.content) for file in letter.files),
    )


def _files(
    sender: Person, with_file: bool, index: int, rng: random.Random
) -> list[File]:
    files = []
    if rng.random() < 0.1 and sender.program != mime.PLAIN_TEXT_PROGRAM:
        content_id = f"logo{rng.getrandbits(48):012x}@bench.example"
        files.append(File("logo.png", "image/png", mime.logo(rng), content_id))
    if with_file:
        head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
        content = head + rng.randbytes(ATTACHMENT_SIZE - len(head))
        files.append(File(f"Beleg-{index}.pdf", "application/pdf", content))
    return files


def _ascii(name: str) -> str:
    return "".join(letter for letter in name.lower() if "a" <= letter <= "z")
