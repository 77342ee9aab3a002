"""Tickets by the thousand, written by a few SQL statements, the same for each seed.

Skewed as in real life: some queues get most of the tickets, most of which are closed,
and some words are in most messages, others in few.
"""

import random
from typing import Any

from bench import words

VOCABULARY = 20_000
SYLLABLES = "ver be lie fer ung ord er pa ket nach ser".split()
TEXTS = 2**15
QUEUES = 12
CUSTOMERS = 2000
MESSAGES = 3  # of each ticket
# open are some of the newest tickets, and few of those before: a backlog, no archive
NEWEST, OPEN_SHARE, FORGOTTEN_SHARE = 20_000, 0.15, 0.001
WORDS = 40  # of a message


def fill(env: Any, count: int) -> Any:
    """`count` tickets with their messages; the agent who sees all queues."""
    agent, queues, customers = people(env)
    add(env, 0, count, agent, queues, customers)
    return agent


def people(env: Any) -> tuple[Any, Any, Any]:
    """Who works and who writes: the agent who sees all queues, queues, customers."""
    agent = env["res.users"].create(
        {
            "name": "Agnes Agent",
            "login": "bench_agent",
            "group_ids": [(4, env.ref("ticket_system.group_agent_all").id)],
        }
    )
    queues = env["ticket.queue"].create(
        [
            {"name": f"Queue {n}", "code": f"queue{n}", "member_ids": agent.ids}
            for n in range(QUEUES)
        ]
    )
    customers = env["res.partner"].create(
        [
            {"name": f"Customer {n}", "email": f"mail{n}@customer{n}.example"}
            for n in range(CUSTOMERS)
        ]
    )
    env.flush_all()
    return agent, queues, customers


def add(
    env: Any, first: int, count: int, agent: Any, queues: Any, customers: Any
) -> None:
    """`count` more tickets, numbered from `first`, newer than those there are."""
    cr = env.cr
    closed = env.ref("ticket_system.status_closed").id
    statuses = env["ticket.status"].search(
        [("category", "not in", ("closed", "trash"))]
    )
    cr.execute("SELECT setseed(0.42)")
    _close_most(env, first, closed)
    cr.execute(
        """
        INSERT INTO ticket_ticket (
            number, name, partner_id, commercial_partner_id, email_from, partner_name,
            queue_id, user_id, status_id, is_closed, is_unread, is_private, is_gdpr,
            priority, delivery_failed, last_message, last_inbound, waiting_since,
            create_date, write_date, create_uid, write_uid
        )
        SELECT to_char(at, 'YYYYMMDD') || lpad(n::text, 8, '0'),
               subject || ' ' || n, customer, customer,
               'mail@' || substr(md5(customer::text), 1, 9) || '.test',
               'Customer',
               queue, CASE WHEN r < 0.5 THEN %(agent)s END,
               CASE WHEN is_open THEN status ELSE %(closed)s END,
               NOT is_open, is_open AND r < 0.3, r < 0.01, false,
               CASE WHEN r < 0.03 THEN '1' ELSE '0' END, r < 0.002,
               at, at, CASE WHEN is_open AND r < 0.6 THEN at END, at, at, 1, 1
          FROM (
            SELECT n, random() AS r, random() < CASE WHEN n > %(last)s - %(newest)s
                                 THEN %(open)s ELSE %(forgotten)s END AS is_open,
                   now() at time zone 'UTC' - interval '3 years'
                       + n * interval '90 s' AS at,
                   (%(customers)s::int[])[1 + floor(random() * %(n_customers)s)]
                       AS customer,
                   (%(queues)s::int[])[1 + floor(power(random(), 3) * %(n_queues)s)]
                       AS queue,
                   (%(statuses)s::int[])[1 + floor(random() * %(n_statuses)s)]
                       AS status,
                   (ARRAY['Delivery incomplete', 'Question about invoice',
                          'Rücksendung', 'Login does not work', 'Angebot'])
                       [1 + floor(random() * 5)] AS subject
              FROM generate_series(%(first)s, %(last)s) AS n
          ) AS made
        """,
        {
            "agent": agent.id,
            "closed": closed,
            "open": OPEN_SHARE,
            "forgotten": FORGOTTEN_SHARE,
            "newest": NEWEST,
            "first": first,
            "last": first + count - 1,
            "customers": customers.ids,
            "n_customers": len(customers),
            "queues": queues.ids,
            "n_queues": len(queues),
            "statuses": statuses.ids,
            "n_statuses": len(statuses),
        },
    )
    _add_messages(env, first, count)
    _index_texts(env)
    cr.execute("ANALYZE ticket_ticket, mail_message")
    env.invalidate_all()


def _index_texts(env: Any) -> None:
    """The full-text index is made afterwards, which is much quicker."""
    env.cr.execute("DROP INDEX IF EXISTS ticket_text_words_idx")
    env.cr.execute("SET LOCAL maintenance_work_mem = '1GB'")
    env["ticket.text"].init()


def _close_most(env: Any, first: int, closed: int) -> None:
    """What was the backlog is history once more tickets come."""
    env.cr.execute(
        """
        UPDATE ticket_ticket
           SET status_id = %s, is_closed = true, waiting_since = NULL, is_unread = false
         WHERE NOT is_closed AND id %% 150 != 0
        """,
        [closed],
    )


def _add_messages(env: Any, first: int, count: int) -> None:
    _make_texts(env)
    env.cr.execute(
        """
        INSERT INTO mail_message (
            model, res_id, message_type, subtype_id, is_internal, subject, body,
            author_id, email_from, date, message_id, create_date, write_date,
            create_uid, write_uid
        )
        SELECT 'ticket.ticket', t.id,
               CASE WHEN m = 2 THEN 'comment' ELSE 'email' END, %(comment)s, false,
               t.name,
               '<p>Hello,</p><p>' || texts.body || ' '
               || md5(t.id || '-' || m) || '</p>',
               t.partner_id, t.email_from, t.last_message,
               '<bench.' || t.id || '.' || m || '@customer.example>',
               t.last_message, t.last_message, 1, 1
          FROM ticket_ticket AS t
               CROSS JOIN generate_series(1, %(messages)s) AS m
               JOIN bench_text AS texts
                    ON texts.id = hashint8(t.id * 3 + m) & %(texts)s - 1
         WHERE right(t.number, 8)::int BETWEEN %(first)s AND %(last)s
        """,
        {
            "comment": env.ref("mail.mt_comment").id,
            "messages": MESSAGES,
            "texts": TEXTS,
            "first": first,
            "last": first + count - 1,
        },
    )


def _make_texts(env: Any) -> None:
    """A temporary table of what is written; the ticket adds a word of its own."""
    cr = env.cr
    cr.execute("CREATE TEMPORARY TABLE IF NOT EXISTS bench_text (id int, body text)")
    cr.execute("SELECT count(*) FROM bench_text")
    if cr.fetchone()[0]:
        return
    rng = random.Random(TEXTS)
    known = vocabulary(rng)
    rows = [
        (n, " ".join(known[int(VOCABULARY * rng.random() ** 3)] for _ in range(WORDS)))
        for n in range(TEXTS)
    ]
    cr.execute_values("INSERT INTO bench_text VALUES %s", rows)
    cr.execute("ANALYZE bench_text")


def vocabulary(rng: random.Random) -> list[str]:
    """Words of the mails' languages, common ones first; then made-up ones."""
    known = list(dict.fromkeys(" ".join(words.SENTENCES).replace(",", "").split()))
    while len(known) < VOCABULARY:
        known.append("".join(rng.choices(SYLLABLES, k=rng.randint(3, 6))))
    return known
