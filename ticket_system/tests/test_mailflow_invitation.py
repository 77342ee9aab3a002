from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow.invitation import summary

BERLIN = """BEGIN:VTIMEZONE
TZID:%s
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""
DAY = "Thursday, December 3, 2026"


class TestInvitation(BaseCase):
    def when(self, event, calendar="", language="en"):
        text = (
            f"BEGIN:VCALENDAR\nVERSION:2.0\n{calendar}BEGIN:VEVENT\nUID:1\n{event}\n"
            "SUMMARY:Talk\nEND:VEVENT\nEND:VCALENDAR\n"
        )
        what, when = summary(text, language).splitlines()
        self.assertEqual(what, "Talk")
        return when

    def test_zones(self):
        """The invitation's own, whether it describes it or only names it"""
        outlook = "W. Europe Standard Time"
        for event, calendar, expected in (
            (
                "DTSTART;TZID=Europe/Berlin:20261203T140000\n"
                "DTEND;TZID=Europe/Berlin:20261203T150000",
                BERLIN % "Europe/Berlin",
                "14:00–15:00 (Europe/Berlin)",
            ),
            (
                "DTSTART;TZID=Europe/Berlin:20261203T140000\nDURATION:PT90M",
                "",
                "14:00–15:30 (Europe/Berlin)",
            ),
            (
                f"DTSTART;TZID={outlook}:20261203T140000\nDTEND:20261203T140000Z",
                BERLIN % outlook,
                f"14:00–15:00 ({outlook})",
            ),
            (
                "DTSTART:20261203T130000Z",
                "X-WR-TIMEZONE:Europe/Berlin\n",
                "14:00 (Europe/Berlin)",
            ),
            ("DTSTART:20261203T130000Z", "", "13:00 (UTC)"),
            ("DTSTART:20261203T130000", "", "13:00"),
            (
                "DTSTART;TZID=../../etc/passwd:20261203T130000",
                "",
                "13:00 (../../etc/passwd)",
            ),
        ):
            with self.subTest(event):
                self.assertEqual(self.when(event, calendar), f"{DAY}, {expected}")

    def test_rules_of_zones_are_not_run(self):
        """Threat 29: one a second since 1970; nor are they kept for others"""
        event = "DTSTART;TZID=%s:20261203T140000\nDURATION:PT1H"
        expected = f"{DAY}, 14:00–15:00 (%s)"
        endless = BERLIN.replace("YEARLY;BYDAY=-1SU;BYMONTH=", "SECONDLY;INTERVAL=1")
        shifted = BERLIN.replace("TZOFFSETTO:+0100", "TZOFFSETTO:+0900")
        for zone, calendar in (
            ("Europe/Vienna", endless),
            ("Europe/Rome", shifted),
            ("Europe/Rome", BERLIN),
            ("Our Office", endless),
        ):
            with self.subTest(zone):
                when = self.when(event % zone, calendar % zone)
                self.assertEqual(when, expected % zone)

    def test_two_zones(self):
        event = (
            "DTSTART;TZID=Europe/Berlin:20261203T140000\n"
            "DTEND;TZID=Europe/London:20261203T153000"
        )
        self.assertEqual(self.when(event), f"{DAY}, 14:00–16:30 (Europe/Berlin)")

    def test_days(self):
        for event, expected in (
            ("DTSTART;VALUE=DATE:20261203\nDTEND;VALUE=DATE:20261204", DAY),
            (
                "DTSTART;VALUE=DATE:20261203\nDTEND;VALUE=DATE:20261205",
                f"{DAY} – Friday, December 4, 2026",
            ),
            (
                "DTSTART:20261203T220000Z\nDTEND:20261204T020000Z",
                f"{DAY}, 22:00 – Friday, December 4, 2026, 02:00 (UTC)",
            ),
        ):
            with self.subTest(event):
                self.assertEqual(self.when(event), expected)

    def test_languages(self):
        event = "DTSTART:20261203T130000Z"
        for language, expected in (
            ("de_DE", "Donnerstag, 3. Dezember 2026, 13:00 (UTC)"),
            ("xx_YY", f"{DAY}, 13:00 (UTC)"),
            ("", f"{DAY}, 13:00 (UTC)"),
        ):
            with self.subTest(language):
                self.assertEqual(self.when(event, language=language), expected)
