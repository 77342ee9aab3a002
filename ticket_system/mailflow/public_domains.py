"""Mail providers where sharing a domain makes nobody a colleague."""

PUBLIC_DOMAINS = frozenset(
    """
    126.com 163.com aim.com aol.com arcor.de att.net bellsouth.net bluewin.ch
    btinternet.com charter.net comcast.net cox.net duck.com earthlink.net email.de
    fastmail.com fastmail.fm foxmail.com free.fr freenet.de gmail.com gmx.at
    gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk hotmail.com
    hotmail.de hotmail.fr hotmail.it hushmail.com icloud.com inbox.lv kabelmail.de
    laposte.net libero.it live.com live.de live.nl mac.com mail.com mail.de
    mail.ru mailbox.org me.com msn.com naver.com o2.pl online.de onet.pl orange.fr
    outlook.com outlook.de pm.me posteo.de posteo.net proton.me protonmail.ch
    protonmail.com qq.com rambler.ru riseup.net rocketmail.com sbcglobal.net
    seznam.cz sfr.fr sina.com t-online.de telenet.be tiscali.it tuta.com tuta.io
    tutanota.com tutanota.de unitybox.de verizon.net virgilio.it vodafone.de
    wanadoo.fr web.de wp.pl yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr
    yahoo.it yandex.com yandex.ru ymail.com ziggo.nl zoho.com
    """.split()
)
