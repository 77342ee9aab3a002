"""Tickets by the thousand, written by a few SQL statements, the same for each seed.

Skewed as in real life: some queues get most of the tickets, most of which are closed.
"""

from typing import Any

QUEUES = 12
CUSTOMERS = 2000
MESSAGES = 3  # of each ticket
OPEN_SHARE = 0.15


def fill(env: Any, count: int) -> Any:
    """`count` tickets with their messages; the agent who sees all queues."""
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
    add(env, 0, count, agent, queues, customers)
    return agent


def add(
    env: Any, first: int, count: int, agent: Any, queues: Any, customers: Any
) -> None:
    """`count` more tickets, numbered from `first`."""
    cr = env.cr
    closed = env.ref("ticket_system.status_closed").id
    statuses = env["ticket.status"].search(
        [("category", "not in", ("closed", "trash"))]
    )
    cr.execute("SELECT setseed(0.42)")
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
               'mail@customer.example', 'Customer',
               queue, CASE WHEN r < 0.5 THEN %(agent)s END,
               CASE WHEN is_open THEN status ELSE %(closed)s END,
               NOT is_open, is_open AND r < 0.3, r < 0.01, false,
               CASE WHEN r < 0.03 THEN '1' ELSE '0' END, r < 0.002,
               at, at, CASE WHEN is_open AND r < 0.6 THEN at END, at, at, 1, 1
          FROM (
            SELECT n, random() AS r, random() < %(open)s AS is_open,
                   now() at time zone 'UTC' - (%(last)s - n) * interval '97 s' AS at,
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
    cr.execute("ANALYZE ticket_ticket, mail_message")
    env.invalidate_all()


def _add_messages(env: Any, first: int, count: int) -> None:
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
               '<p>Hello, the parcel ' || md5(t.id || '-' || m) || ' arrived with '
               || (t.id * m %% 90) || ' of the items missing. Bitte bestätigen Sie '
               || 'mir kurz den Eingang dieser Nachricht. Could you please tell me '
               || 'when the replacement will be shipped?</p>',
               t.partner_id, t.email_from, t.last_message,
               '<bench.' || t.id || '.' || m || '@customer.example>',
               t.last_message, t.last_message, 1, 1
          FROM ticket_ticket AS t, generate_series(1, %(messages)s) AS m
         WHERE right(t.number, 8)::int BETWEEN %(first)s AND %(last)s
        """,
        {
            "comment": env.ref("mail.mt_comment").id,
            "messages": MESSAGES,
            "first": first,
            "last": first + count - 1,
        },
    )
