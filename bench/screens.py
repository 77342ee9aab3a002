"""What each screen asks of the server: SQL statements and time, by number of tickets.

The calls are those of the web client, as an agent, each with cold caches of records.
The statements of a call may not grow with the tickets.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree

from bench import filling, runner
from bench.targets import conclude
from devtools import database, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

TARGETS = {"sql_growth": ("<=", 0), "batch_sql_per_ticket": ("<=", 1.0)}
PAGE = 80
OPEN = [("is_closed", "=", False)]

Call = Callable[[Any], object]
Measured = dict[str, tuple[int, float]]  # SQL statements and milliseconds by call


def calls(env: Any) -> dict[str, Call]:
    """The web client's calls by the screen that makes them; each takes an `env`."""
    list_fields = specification(env, "ticket.ticket", "list")
    counted = count_limit(env, "ticket.ticket")
    card_fields = specification(env, "ticket.ticket", "kanban")
    form_fields = specification(env, "ticket.ticket", "form")
    queue_fields = specification(env, "ticket.queue", "kanban")
    ticket_id = env["ticket.ticket"].search(OPEN, limit=1, order="id").id

    def tickets(env: Any) -> Any:
        return env["ticket.ticket"]

    return {
        "list": lambda env: tickets(env).web_search_read(
            OPEN, list_fields, limit=PAGE, count_limit=counted
        ),
        "list, all": lambda env: tickets(env).web_search_read(
            [], list_fields, limit=PAGE, count_limit=counted
        ),
        "search": lambda env: tickets(env).web_search_read(
            ["|", ("number", "ilike", "invoice"), ("name", "ilike", "invoice")],
            list_fields,
            limit=PAGE,
            count_limit=counted,
        ),
        "search panel": lambda env: [
            tickets(env).search_panel_select_multi_range(
                name, category_domain=[], search_domain=OPEN, enable_counters=True
            )
            for name in ("status_id", "queue_id", "project_id", "tag_ids")
        ],
        "kanban": lambda env: tickets(env).web_read_group(
            OPEN,
            ["status_id"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=card_fields,
            unfold_read_default_limit=40,
        ),
        "form": lambda env: tickets(env).browse(ticket_id).web_read(form_fields),
        "history": lambda env: history(tickets(env).browse(ticket_id)),
        "queues": lambda env: env["ticket.queue"].web_search_read(
            [("member_ids", "in", [env.uid])], queue_fields
        ),
        "next ticket": lambda env: tickets(env).browse(ticket_id).action_next(),
    }


def count_limit(env: Any, model: str) -> int:
    """Up to which number the web client has the tickets of a list counted."""
    arch = env[model].get_views([(False, "list")])["views"]["list"]["arch"]
    return int(etree.fromstring(arch).get("count_limit", 10_000)) + 1


def specification(env: Any, model: str, view: str) -> dict[str, Any]:
    """What the web client reads for a view: its fields, and the names of relations."""
    arch = env[model].get_views([(False, view)])["views"][view]["arch"]
    fields = env[model]._fields
    found: dict[str, Any] = {}
    for node in etree.fromstring(arch).iter("field"):
        name = node.get("name")
        if name in found or next(node.iterancestors("field"), None) is not None:
            continue
        is_relation = fields[name].type in ("many2one", "many2many", "one2many")
        found[name] = {"fields": {"display_name": {}}} if is_relation else {}
    return found


def history(ticket: Any) -> object:
    from odoo.addons.mail.tools.discuss import Store

    messages = ticket.env["mail.message"]._message_fetch(None, thread=ticket, limit=30)
    return Store().add(messages["messages"]).get_result()


def measure(name: str, count: int, rounds: int) -> Measured:
    """Fill the database and make each call, `rounds` times."""
    with runner.environment(name) as env:
        agent = filling.fill(env, count)
        env.cr.commit()
        env = env(user=agent.id)
        found = {}
        for title, call in calls(env).items():
            call(env)
            costs = [_cost(env, call) for _round in range(rounds)]
            found[title] = (
                max(cost.sql for cost in costs),
                statistics.median(cost.seconds for cost in costs) * 1000,
            )
        return found


def _cost(env: Any, call: Call) -> runner.Cost:
    env.invalidate_all()
    with runner.measured() as cost:
        call(env)
    return cost


def measure_batch(name: str, count: int) -> runner.Cost:
    """Close `count` tickets at once."""
    with runner.environment(name) as env:
        agent = filling.fill(env, count)
        env = env(user=agent.id)
        found = env["ticket.ticket"].search([], limit=count)
        found.write({"status_id": env.ref("ticket_system.status_open").id})
        env.cr.commit()
        return _cost(env, lambda env: (found.action_close(), env.cr.commit()))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench screens", description=__doc__)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--large", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    if DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench screens", file=sys.stderr)
        return 1
    try:
        small, large, batch = _measure_all(asked)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"{'call':16}{'SQL':>6}{'ms':>8}{'SQL':>10}{'ms':>8}")
    for title, (sql, milliseconds) in small.items():
        more_sql, more_milliseconds = large[title]
        print(
            f"{title:16}{sql:>6}{milliseconds:>8.1f}"
            f"{more_sql:>10}{more_milliseconds:>8.1f}"
        )
    figures = {
        "sql_growth": max(large[title][0] - small[title][0] for title in small),
        "sql_most": max(sql for sql, _milliseconds in large.values()),
        "time_growth": round(
            max(large[title][1] / small[title][1] for title in small), 2
        ),
        "batch_tickets": asked.large,
        "batch_seconds": round(batch.seconds, 1),
        "batch_sql_per_ticket": round(batch.sql / asked.large, 3),
    }
    return conclude("screens", figures, TARGETS)


def _measure_all(asked: argparse.Namespace) -> tuple[Measured, Measured, runner.Cost]:
    template = os.environ[DATABASE]
    results: list[Any] = []
    for work, *rest in (
        (measure, asked.small, asked.rounds),
        (measure, asked.large, asked.rounds),
        (measure_batch, asked.large),
    ):
        name = f"ticket_screens{len(results)}_{os.getpid()}"
        database.clone(template, name)
        try:
            with step(f"{rest[0]:,} tickets"):
                results.append(runner.in_fresh_process(work, name, *rest))
        finally:
            database.drop(name)
    return results[0], results[1], results[2]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
