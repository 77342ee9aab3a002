from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow.plain_text import plain_text

LETTER = """<p>Dear Mrs  Muster,</p>
<p>See <a href="https://a.example/x">here</a>, <a href="https://b.example/">
https://b.example</a> or <a href="mailto:eve@a.example">write</a>.<br>Bye</p>
<p><br></p><div>-- <br>Agnes<br></div><div><br></div><div>Demo Ltd</div>"""
LETTER_TEXT = """Dear Mrs Muster,

See here <https://a.example/x>, https://b.example or write <eve@a.example>.
Bye

--\x20
Agnes

Demo Ltd"""
LISTS = """<ul><li><p>one</p></li><li>two<ul><li>deep</li></ul></li><li></li></ul>
<ol><li>a</li><li>b</li></ol>"""
LISTS_TEXT = """- one

- two
  - deep
-

1. a
2. b"""
QUOTES = """<p>Yes.</p><blockquote><p>Eve wrote:</p><blockquote><div>really</div>
<div><br></div><div>true?</div></blockquote><p>Is it?</p></blockquote>"""
QUOTES_TEXT = """Yes.

> Eve wrote:
>
> > really
> >
> > true?
>
> Is it?"""
TABLE = "<table><tr><td>Pos</td> <td>1.00</td></tr><tr><td>Sum</td><td>2</td></tr>"


class TestPlainText(BaseCase):
    """R47: who reads mails as text reads an answer as it was written"""

    def test_table(self):
        for html, expected in (
            ("", ""),
            ("words alone", "words alone"),
            ("<p><b>a</b> <i>b</i></p>", "a b"),
            ("<p>a<br></p><p>b</p>", "a\n\nb"),
            ("a<!-- b --><style>c</style>d<script>e</script>", "ad"),
            ("<pre><b>a</b>\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"),
            ('<img alt="plan"><img src="/x.png"><img>', "[plan][/x.png]"),
            ('<a href="javascript:x">no</a> <a href="#top">up</a>', "no up"),
            ("a<hr>b", "a\n---\nb"),
            (TABLE, "Pos 1.00\nSum 2"),
            (LETTER, LETTER_TEXT),
            (LISTS, LISTS_TEXT),
            (QUOTES, QUOTES_TEXT),
        ):
            with self.subTest(html[:40]):
                self.assertEqual(plain_text(html), expected)
