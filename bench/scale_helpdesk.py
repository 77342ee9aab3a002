"""The same data in the OCA's ``helpdesk_mgmt``, and the calls that can be compared.

It is fetched as a wheel into ``.dev``; the project does not depend on it.
"""

import os
from typing import Any

from bench import filling, runner, screens
from devtools import odoo, processes, python_env
from devtools.paths import DEV, PYTHON

REQUIREMENT = "odoo-addon-helpdesk-mgmt==19.0.1.3.2"
FOLDER = DEV / "helpdesk_mgmt"
# figure: (our call, theirs)
COMPARED = {
    "list": ("list", "list"),
    "counters": ("queues", "teams"),
    "search": ("text, rare", "text, rare"),
}
OPEN = [("closed", "=", False)]  # the filter “Open” of its list


def install(database: str) -> None:
    """Put it into a database."""
    if not FOLDER.exists():
        processes.run_logged(
            [python_env.UV, "pip", "install", "--python", PYTHON, "--no-deps"]
            + ["--target", FOLDER, REQUIREMENT],
            "bench-helpdesk-download",
            "The other helpdesk could not be fetched; is a package index reachable?",
            env=python_env.uv_environment(),
        )
    processes.run_logged(
        odoo.command(
            *("-d", database, "-i", "helpdesk_mgmt", "--stop-after-init", "--no-http"),
            f"--addons-path={runner.addons_path()}",
        ),
        "bench-helpdesk-install",
        "Odoo could not install the other helpdesk.",
        env=os.environ,
    )


def people(env: Any) -> tuple[Any, Any, Any]:
    """The agent who sees all, teams as our queues, customers."""
    agent, queues, customers = filling.people(env)
    agent.group_ids += env.ref("helpdesk_mgmt.group_helpdesk_user")
    teams = env["helpdesk.ticket.team"].create(
        [{"name": queue.name, "user_ids": agent.ids} for queue in queues]
    )
    env.flush_all()
    return agent, teams, customers


def add(
    env: Any, first: int, count: int, agent: Any, teams: Any, customers: Any
) -> None:
    """The tickets that `filling.add` makes, with the first message as description."""
    queues = env["ticket.queue"].search([("code", "like", "queue")], order="id")
    env.cr.execute(
        """SELECT coalesce((SELECT max(id) FROM helpdesk_ticket), 0),
                  coalesce((SELECT max(id) FROM mail_message), 0)"""
    )
    last_id, last_message = env.cr.fetchone()
    filling.add(env, first, count, agent, queues, customers)
    stages = env["helpdesk.ticket.stage"].search([])
    closed = stages.filtered("closed")[:1]
    open_stages = stages.filtered(lambda stage: not stage.closed)
    cr = env.cr
    cr.execute(
        """
        INSERT INTO helpdesk_ticket (
            number, name, description, partner_id, commercial_partner_id, partner_name,
            partner_email, team_id, user_id, stage_id, unattended, company_id, priority,
            sequence, active, create_date, write_date, create_uid, write_uid
        )
        SELECT t.number, t.name, m.body, t.partner_id, t.partner_id, t.partner_name,
               t.email_from,
               (%(teams)s::int[])[array_position(%(queues)s::int[], t.queue_id)],
               t.user_id,
               CASE WHEN t.is_closed THEN %(closed)s
                    ELSE (%(open)s::int[])[1 + t.id %% %(n_open)s] END,
               NOT t.is_closed, %(company)s, t.priority, 10, true,
               t.create_date, t.write_date, 1, 1
          FROM ticket_ticket t
          JOIN LATERAL (
              SELECT body FROM mail_message
               WHERE model = 'ticket.ticket' AND res_id = t.id ORDER BY id LIMIT 1
          ) m ON true
         WHERE right(t.number, 8)::int BETWEEN %(first)s AND %(last)s
        """,
        {
            "teams": teams.ids,
            "queues": queues.ids,
            "closed": closed.id,
            "open": open_stages.ids,
            "n_open": len(open_stages),
            "company": env.company.id,
            "first": first,
            "last": first + count - 1,
        },
    )
    cr.execute(
        """
        UPDATE helpdesk_ticket h SET stage_id = %s, unattended = false
          FROM ticket_ticket t
         WHERE t.number = h.number AND t.is_closed AND h.id <= %s
           AND h.stage_id != %s
        """,
        [closed.id, last_id, closed.id],
    )
    cr.execute(
        """
        UPDATE mail_message m SET model = 'helpdesk.ticket', res_id = h.id
          FROM ticket_ticket t JOIN helpdesk_ticket h ON h.number = t.number
         WHERE m.model = 'ticket.ticket' AND m.res_id = t.id AND m.id > %s
        """,
        [last_message],
    )
    env.invalidate_all()


def calls(env: Any) -> dict[str, screens.Call]:
    fields = screens.specification(env, "helpdesk.ticket", "list")
    team_fields = screens.specification(env, "helpdesk.ticket.team", "kanban")
    last = env["helpdesk.ticket"].search([], limit=1, order="id desc")
    rare = last.description.split()[-1].removesuffix("</p>")

    def found(*domain: Any) -> screens.Call:
        return lambda env: env["helpdesk.ticket"].web_search_read(
            list(domain), fields, limit=screens.PAGE, count_limit=10001
        )

    return {
        "list": found(*OPEN),
        "list, all": found(),
        "search": found(
            "|", ("number", "ilike", "invoice"), ("name", "ilike", "invoice")
        ),
        "text, rare": found(("description", "ilike", rare)),
        "teams": lambda env: env["helpdesk.ticket.team"].web_search_read(
            [], team_fields
        ),
        "form": lambda env: last.with_env(env).web_read(
            screens.specification(env, "helpdesk.ticket", "form")
        ),
    }
