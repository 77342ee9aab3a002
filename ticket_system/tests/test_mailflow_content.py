import time

import lxml.html

from odoo.tests import BaseCase
from odoo.tools import html_sanitize

from odoo.addons.ticket_system.mailflow.content import (
    BLOCKED_IMAGE,
    safe_html,
)
from odoo.addons.ticket_system.mailflow.text_html import text_to_html

LOADING = (
    '<img src="https://evil.example/x">',
    '<img src="//evil.example/x">',
    '<img srcset="https://evil.example/x 2x">',
    '<picture><source srcset="https://evil.example/x"><img></picture>',
    '<video poster="https://evil.example/x" src="https://evil.example/y"></video>',
    '<audio src="https://evil.example/x"></audio>',
    '<table background="https://evil.example/x"><tr><td>t</td></tr></table>',
    "<p style=\"background-image: url('https://evil.example/x')\">t</p>",
    '<p style="background: \\75rl(https://evil.example/x)">t</p>',
    "<p style=\"background-image:image-set('https://evil.example/x' 1x)\">t</p>",
    '<p style="cursor: url(https://evil.example/x), auto">t</p>',
    "<style>@import 'https://evil.example/x';</style>",
    '<link rel="stylesheet" href="https://evil.example/x">',
    '<iframe src="https://evil.example/x"></iframe>',
    '<object data="https://evil.example/x"></object>',
    '<embed src="https://evil.example/x">',
    '<input type="image" src="https://evil.example/x">',
    '<svg><image href="https://evil.example/x"/><use href="https://evil.example/x#y"/></svg>',
    '<math><mtext><img src="https://evil.example/x"></mtext></math>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/x">',
    '<base href="https://evil.example/">',
    '<template><img src="https://evil.example/x"></template>',
    '<noscript><p title="</noscript><img src=https://evil.example/x>"></noscript>',
)
RUNNING = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="/web/session/logout">x</a>',
    '<form action="https://evil.example/"><input name="p"><button>x</button></form>',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<plaintext><script>alert(1)</script>",
    '<p style="position:fixed;z-index:9999;margin-left:-999px">x</p>',
    '<div class="o_form_view modal" id="wrapwrap">x</div>',
)


class TestSafeHtml(BaseCase):
    """R55, threats 13-16"""

    def test_nothing_loads(self):
        for html in LOADING:
            with self.subTest(html):
                tree = lxml.html.fromstring(f"<div>{safe_html(html).html}</div>")
                for element in tree.iter():
                    for name, value in element.attrib.items():
                        if name not in ("data-original-src", "title"):
                            self.assertNotIn("evil.example", value)

    def test_nothing_runs(self):
        for html in RUNNING:
            with self.subTest(html):
                safe = safe_html(html).html.lower()
                for bad in (
                    "<script",
                    "onerror",
                    "javascript:",
                    "data:text",
                    "/web/session",
                    "<form",
                    "<input",
                    "<button",
                    "position",
                    "z-index",
                    "margin",
                    "class=",
                    "id=",
                ):
                    self.assertNotIn(bad, safe)

    def test_image_is_parked(self):
        safe = safe_html('<img src="https://a.example/i.png" width="10">')
        self.assertIn(f'src="{BLOCKED_IMAGE}"', safe.html)
        self.assertIn('data-original-src="https://a.example/i.png"', safe.html)
        self.assertEqual((safe.blocked, safe.hosts), ({"images": 1}, ("a.example",)))

    def test_inline_image(self):
        safe = safe_html('<img src="cid:logo@x">', {"logo@x": "/web/image/5"})
        self.assertIn('src="/web/image/5"', safe.html)
        self.assertFalse(safe.blocked)

    def test_inline_image_by_its_url(self):
        """RFC 2392: of an inline image the URL is percent-encoded, the id is not"""
        inline = {"foo@bar": "/web/image/5", "a%40b": "/web/image/6"}
        for url, image in (
            ("cid:foo%40bar", "/web/image/5"),
            ("CID:foo@bar", "/web/image/5"),
            ("cid:a%40b", "/web/image/6"),  # as mailers write that do not encode
            ("cid:a%2540b", "/web/image/6"),
        ):
            safe = safe_html(f'<img src="{url}">', inline)
            self.assertEqual((safe.html, safe.blocked), (f'<img src="{image}">', {}))

    def test_images_are_counted_once(self):
        """What cannot come is not offered; what can, comes from where it is"""
        one = {"images": 1}
        for source, count, parked in (
            ("cid:gone", {}, None),
            ("a.png", {}, None),
            (BLOCKED_IMAGE, {}, None),
            (" https://x.example/a b\t.png\n", one, "https://x.example/a%20b.png"),
            ("//x.example/a.png", one, "https://x.example/a.png"),
        ):
            with self.subTest(source):
                safe = safe_html(f'<img src="{source}">')
                self.assertEqual(safe.blocked, count)
                [image] = lxml.html.fragment_fromstring(safe.html, "div").iter("img")
                self.assertEqual(image.get("src"), BLOCKED_IMAGE)
                self.assertEqual(image.get("data-original-src"), parked)

    def test_what_was_blocked(self):
        """By kind; what only tells that the mail was read is gone for good"""
        safe = safe_html(
            "<style>@font-face { src: url(https://f.example/f.woff) }</style>"
            '<img src="https://t.example/o.gif" width="1" height="1">'
            '<img src="https://t.example/o.gif" style="display:none">'
            '<img src="https://i.example/i.png" width="100">'
            '<iframe src="https://o.example/"></iframe>'
        )
        self.assertEqual(
            safe.blocked, {"fonts": 1, "trackers": 2, "images": 1, "others": 1}
        )
        self.assertEqual(
            safe.hosts, ("f.example", "i.example", "o.example", "t.example")
        )
        self.assertNotIn("t.example", safe.html)

    def test_links_tell_their_target(self):
        for text, href, is_marked in (
            ("https://bank.example/login", "https://evil.example/", True),
            ("www.bank.example", "https://evil.example/bank.example", True),
            ("bank.example", "https://bank.example.evil.example/", True),
            ("https://bänk.example", "https://xn--bnk-qla.example/", False),
            ("https://bank.example", "https://bаnk.example/", True),
            ("https://bank.example/x", "https://www.bank.example/y", False),
            ("our report.pdf", "https://files.example/1", False),
            ("click here", "https://shop.example/", False),
        ):
            with self.subTest(text=text, href=href):
                safe = safe_html(f'<a href="{href}">{text}</a>').html
                self.assertIn(f'title="{href[:9]}', safe)
                self.assertEqual("→" in safe or "&#8594;" in safe, is_marked)
                self.assertEqual(safe_html(safe).html, safe)

    def test_links_need_a_host(self):
        """Threat 13: what only a browser takes for a link to another page is none"""
        for href, expected in (
            ("https:///evil.example/", None),
            ("https:evil.example", None),
            ("https:/web/session/logout", None),
            ("https://@/x", None),
            ("https://[evil.example/", None),
            ("https://x.example:port/", None),
            ("HTTPS://X.Example/A", "https://X.Example/A"),
            (" https://x.exa\tmple/a?b=1#c ", "https://x.example/a?b=1#c"),
            ("mailto:jo@x.example", "mailto:jo@x.example"),
            ("tel:+49301234", "tel:+49301234"),
        ):
            with self.subTest(href):
                safe = safe_html(f'<a href="{href}">https://bank.example/</a>').html
                [link] = lxml.html.fragment_fromstring(safe, "div").iter("a")
                self.assertEqual(link.get("href"), expected)

    def test_good_mail_stays_good(self):
        html = '<p style="color: red">Hi <b>you</b>,<br><a href="https://x.example">go</a></p>'
        safe = safe_html(html).html
        for part in (
            'style="color: red"',
            "<b>you</b>",
            'href="https://x.example"',
            "noopener",
        ):
            self.assertIn(part, safe)

    def test_background_keeps_its_color(self):
        """Light text stays on the dark ground it was written for"""
        for value, color in (
            ("#14532d", "#14532d"),
            ("#100000", "#100000"),
            ("navy !important", "navy"),
            ("rgb(0, 0, 0) none", "rgb(0, 0, 0)"),
            ("#111 url(https://evil.example/x) no-repeat", "#111"),
            ("no-repeat url(https://evil.example/red) black", "black"),
        ):
            found = safe_html(f'<p style="background: {value}; color: #fff">t</p>')
            with self.subTest(value):
                style = f"background-color: {color}; color: #fff"
                self.assertEqual(found.html, f'<p style="{style}">t</p>')
                self.assertEqual(bool(found.blocked), "url" in value)

    def test_ground_of_the_page(self):
        """Of <body> the ground stays, and the color of a text that stands on it"""
        ground = "background-color: #222; color: white"
        for attributes, kept, blocked in (
            ('bgcolor="#222" text="white"', f'<div style="{ground}">t</div>', 0),
            (f'style="{ground}; padding: 9px"', f'<div style="{ground}">t</div>', 0),
            ("bgcolor=navy", '<div style="background-color: navy">t</div>', 0),
            ('text="white"', "t", 0),
            ('style="color: white; background: transparent"', "t", 0),
            ('background="https://evil.example/x" text=white', "t", 1),
            ("bgcolor='\"&quot;><b>'", "t", 0),
            ('bgcolor="@" text="@" dir="@" background=""', "t", 0),
        ):
            found = safe_html(f"<html><body {attributes}>t</body></html>")
            with self.subTest(attributes):
                self.assertEqual(found.html, kept)
                self.assertEqual(found.blocked.get("images", 0), blocked)

    def test_twice_is_the_same(self):
        for html in (*LOADING, *RUNNING):
            once = safe_html(html).html
            with self.subTest(html):
                self.assertEqual(
                    safe_html(once).html, safe_html(safe_html(once).html).html
                )

    def test_bounded(self):
        start = time.monotonic()
        safe_html("<div>" * 1_000_000)
        safe_html("<table><tr><td>" * 300_000)
        safe_html("<p " + " ".join(f"a{n}=x" for n in range(100_000)) + ">x</p>")
        safe_html("data:image/png;base64," * 500_000)
        safe_html("<p id=divRplyFwdMsg>x</p>" * 60_000)
        safe_html("<div><p>x</p><p id=divRplyFwdMsg>x</p></div>" * 30_000)
        self.assertLess(time.monotonic() - start, 60)

    def test_deep_nesting_leaves_the_text(self):
        """Long threads quote each other hundreds of times over; what is cut is told"""
        for depth, is_whole in ((100, True), (300, True), (2000, True), (3000, False)):
            deep = "<blockquote>" * depth + "deep" + "</blockquote>" * depth
            safe = safe_html(f"<p>first</p>{deep}<p>last</p>")
            with self.subTest(depth):
                shown = html_sanitize(safe.html)
                found = [word in shown for word in ("first", "deep", "last")]
                self.assertEqual(found, [True, is_whole, is_whole])
                self.assertEqual("[…]" in shown, not is_whole)

    def test_long_data_leaves_the_text(self):
        """Threat 16: what does not fit is left out and told, and takes nothing along"""
        data = "A" * 3_000_000
        for html, others in (
            (f'<img src="data:image/png;base64,{data}"><p>after</p>', 1),
            (f'<img src="data:image/svg+xml,{data}"><p>after</p>', 1),
            (f"<style>a{{src:url(data:font/woff;base64,{data})}}</style>after", 1),
            (f"<p>after</p>{'<p>text</p>' * 300_000}", 1),
            (f'<img src="data:image/png;base64,{data[:1_000_000]}"><p>after</p>', 0),
        ):
            with self.subTest(html[:30]):
                safe = safe_html(html)
                self.assertIn("after", safe.html)
                self.assertEqual(safe.blocked.get("others", 0), others)
                self.assertEqual("[…]" in safe.html, "text" in html)

    def test_right_to_left(self):
        """The direction stays, also where it is said of the whole mail"""
        for html, kept in (
            ('<p dir="rtl">שלום</p>', '<p dir="rtl">'),
            ('<p style="direction: rtl">שלום</p>', '<p style="direction: rtl">'),
            ('<html dir="rtl"><body>שלום</body></html>', '<div dir="rtl">'),
            ("<body class=x dir=RTL><p>שלום</p></body>", '<div dir="rtl">'),
            ('<body style="color: red; direction:rtl">שלום</body>', '<div dir="rtl">'),
        ):
            with self.subTest(html):
                self.assertIn(kept, safe_html(html).html)


class TestText(BaseCase):
    def test_text_to_html(self):
        html = text_to_html("<b>\n> quoted\nsee https://x.example/a?b=1&c=2.")
        self.assertIn("&lt;b&gt;", html)
        quote = '<blockquote data-o-mail-quote="1">quoted<br></blockquote>'
        self.assertIn(quote, html)
        self.assertIn('href="https://x.example/a?b=1&amp;c=2"', html)
        self.assertNotIn("<a", text_to_html("https:///evil.example/"))

    def test_quotes_are_marked(self):
        """What mail programs quote is folded by Odoo's client"""
        mark = 'data-o-mail-quote="1"'
        for html, count in (
            ("<p>new</p><blockquote type=cite>old</blockquote>", 1),
            ('<p>new</p><div class="gmail_quote">On Monday<p>old</p></div>', 1),
            ('<p>new</p><div id="divRplyFwdMsg">From:</div><div>old</div>', 2),
            (
                "<p>new</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
                "From:</div><p>old</p><p>old</p>",
                3,
            ),
            (
                "<div><div class=WordSection1><p>new</p><div><div style='border:none;"
                "border-top:solid #E1E1E1 1.0pt'>From:</div></div><p>old</p></div>"
                "<p>old</p></div>",
                3,
            ),
            ("<p>new</p>", 0),
        ):
            with self.subTest(html):
                self.assertEqual(safe_html(html).html.count(mark), count)
