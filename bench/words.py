"""What the benchmark's customers write: sentences, subjects and names."""

import random

GIVEN_NAMES = (
    "Anna", "Björn", "Carla", "Dieter", "Élodie", "Frank", "Grażyna", "Hannah", "Ivo",
    "Jürgen", "Katrin", "Lars", "Müge", "Nora", "Ole", "Petra", "Quentin", "Rainer",
    "Sören", "Thérèse", "Uwe", "Verena", "Wolfgang", "Xenia", "Yannick", "Zoë",
)  # fmt: skip
FAMILY_NAMES = (
    "Abel", "Böhm", "Castellani", "Döring", "Eriksen", "Fröhlich", "Grünwald", "Huber",
    "Ivanović", "Jansen", "Köhler", "Lefèvre", "Müller", "Nowak", "Özdemir", "Pfeiffer",
    "Quist", "Rößler", "Schäfer", "Thomas", "Ullrich", "Vogt", "Weiß", "Zimmermann",
)  # fmt: skip
TRADES = (
    "Metallbau", "Logistik", "Software", "Druckerei", "Bikes", "Kliniken", "Foods",
    "Solar", "Textil", "Tools", "Verlag", "Wohnbau",
)  # fmt: skip

SUBJECTS = (
    "Frage zu Rechnung {number}",
    "Lieferung {number} ist unvollständig",
    "Order {number} has not arrived",
    "Rücksendung Nr. {number}",
    "Login does not work any more",
    "Angebot für {count} Stück",
    "Mahnung trotz Zahlung – Vorgang {number}",
    "Please cancel order {number}",
    "Gewährleistung: Gerät {number} startet nicht",
    "Change of our delivery address",
    "Änderung der Bankverbindung",
    "Wann kommt der Techniker?",
)

SENTENCES = (
    "Vielen Dank für die schnelle Rückmeldung.",
    "Leider ist das Gerät auch nach dem Neustart nicht benutzbar.",
    "Wir haben die Rechnung am {day}. geprüft und finden die Position {count} nicht.",
    "Could you please tell me when the replacement will be shipped?",
    "The parcel arrived with {count} of the items missing.",
    "Bitte bestätigen Sie mir kurz den Eingang dieser Nachricht.",
    "Die Seriennummer lautet {number}, das Kaufdatum finden Sie auf dem Beleg.",
    "I have attached the delivery note, as you asked.",
    "Unser Büro ist von Montag bis Freitag zwischen 8 und 17 Uhr besetzt.",
    "Der Fahrer hat das Paket – wieder einmal – beim Nachbarn abgegeben.",
    "If this cannot be solved by the {day}th, we would rather have our money back.",
    "Den Betrag von {count},50 € haben wir bereits überwiesen.",
    "Our customer number is {number}; the contract is in my colleague's name.",
    "Können Sie uns dafür ein neues Angebot schicken?",
    "The error message says “connection refused”, see https://example.com/help/{number}.",
    "Ich bin diese Woche nur per E-Mail zu erreichen.",
)


def sentence(rng: random.Random) -> str:
    return _filled(rng, rng.choice(SENTENCES))


def subject(rng: random.Random) -> str:
    return _filled(rng, rng.choice(SUBJECTS))


def paragraphs(rng: random.Random) -> list[str]:
    """Two to six paragraphs, together some 300 to 1,500 characters."""
    return [
        " ".join(sentence(rng) for _ in range(rng.randint(1, 4)))
        for _ in range(rng.randint(2, 6))
    ]


def _filled(rng: random.Random, template: str) -> str:
    return template.format(
        number=rng.randint(100_000, 999_999),
        count=rng.randint(2, 90),
        day=rng.randint(1, 28),
    )
