"""What each screen costs at 10,000, 100,000 and 1,000,000 tickets, here and elsewhere.

One database grows; the calls are those of the web client, as an agent, each with cold
caches of records. A second database holds the same data in the helpdesk of the Odoo
Community Association (``helpdesk_mgmt``), measured by the same calls.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

from bench import filling, runner, scale_helpdesk, screens
from bench.targets import conclude
from devtools import database, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

SIZES = (10_000, 100_000, 1_000_000)
TARGETS = {
    "growth": ("<=", 3.0),
    "slowest_ms": ("<=", 300.0),
    "list_ratio": (">=", 5.0),
    "counters_ratio": (">=", 5.0),
    "search_ratio": (">=", 5.0),
}
BATCH = 1000

Measured = dict[str, tuple[int, float]]  # SQL statements and milliseconds by call


def calls(env: Any) -> dict[str, screens.Call]:
    """Those of the screens, and searches for what is common, rare or not there."""
    fields = screens.specification(env, "ticket.ticket", "list")
    counted = screens.count_limit(env, "ticket.ticket")
    ticket = env["ticket.ticket"].search([], limit=1, order="id desc")
    rare = ticket.message_ids[:1].body.split()[-1].removesuffix("</p>")

    def found(*domain: Any) -> screens.Call:
        return lambda env: env["ticket.ticket"].web_search_read(
            list(domain), fields, limit=screens.PAGE, count_limit=counted
        )

    sender = ("email_from", "ilike", ticket.email_from[4:])
    return screens.calls(env) | {
        "number": found(("number", "ilike", ticket.number[4:])),
        "rare subject": found(("name", "ilike", f"e {ticket.id}")),
        "sender": found(sender),
        "text, common": found(("text", "ilike", "geprüft")),
        "text, two": found(("text", "ilike", "paketpaket verord")),
        "text, rare": found(("text", "ilike", rare)),
        "text, none": found(("text", "ilike", "unwritten")),
        "customer": lambda env: ticket.partner_id.with_env(env).web_read(
            {"ticket_count": {}, "recent_ticket_ids": {"fields": {"display_name": {}}}}
        ),
        f"close {BATCH:,}": close,
    }


def close(env: Any) -> None:
    """Close many at once, and take it back, so that the next round finds the same."""
    found = env["ticket.ticket"].search([], limit=BATCH)
    found.action_close()
    env.flush_all()


def grow(name: str, side: str, sizes: Sequence[int], rounds: int) -> list[Measured]:
    """Fill the database of a side up to each size, and measure there."""
    add, make_calls, start = SIDES[side]
    found = []
    with runner.environment(name) as env:
        people = start(env)
        first = 0
        for size in sizes:
            add(env, first, size - first, *people)
            env.cr.commit()
            vacuum(env)
            first = size
            found.append(measure(env(user=people[0].id), make_calls, rounds))
    return found


def vacuum(env: Any) -> None:
    """As PostgreSQL would by itself in time: index-only scans need it."""
    connection = env.cr._cnx
    connection.commit()
    connection.autocommit = True
    env.cr._obj.execute("VACUUM ANALYZE")
    connection.autocommit = False
    env.invalidate_all()


def measure(env: Any, make_calls: Callable[..., Any], rounds: int) -> Measured:
    found = {}
    for title, call in make_calls(env).items():
        costs = []
        for _round in range(rounds + 1):
            env.invalidate_all()
            with runner.measured() as cost:
                call(env)
            costs.append(cost)
            env.cr.rollback()
        costs = costs[1:]
        found[title] = (
            max(cost.sql for cost in costs),
            statistics.median(cost.seconds for cost in costs) * 1000,
        )
    return found


SIDES = {
    "ticket_system": (filling.add, calls, filling.people),
    "helpdesk_mgmt": (
        scale_helpdesk.add,
        scale_helpdesk.calls,
        scale_helpdesk.people,
    ),
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--alone", action="store_true", help="leave the other helpdesk out"
    )
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    if DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench scale", file=sys.stderr)
        return 1
    try:
        ours = _run("ticket_system", asked)
        _print(asked.sizes, ours)
        theirs = [] if asked.alone else _run("helpdesk_mgmt", asked)
        if theirs:
            print()
            _print(asked.sizes, theirs)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    figures, targets = _figures(ours, theirs)
    return conclude("scale", figures, targets)


def _run(side: str, asked: argparse.Namespace) -> list[Measured]:
    name = f"ticket_scale_{side}_{os.getpid()}"
    database.clone(os.environ[DATABASE], name)
    try:
        if side == "helpdesk_mgmt":
            scale_helpdesk.install(name)
        with step(f"{side}: {asked.sizes[-1]:,} tickets"):
            return runner.in_fresh_process(grow, name, side, asked.sizes, asked.rounds)
    finally:
        database.drop(name)


def _figures(ours: list[Measured], theirs: list[Measured]) -> Any:
    small, large = ours[0], ours[-1]
    figures = {
        "growth": round(max(large[c][1] / small[c][1] for c in small), 2),
        "slowest_ms": round(max(ms for _sql, ms in large.values()), 1),
        "sql_growth": max(large[c][0] - small[c][0] for c in small),
    }
    targets = dict(TARGETS)
    for title, (mine, other) in scale_helpdesk.COMPARED.items():
        if theirs:
            ratio = theirs[-1][other][1] / large[mine][1]
            figures[f"{title}_ratio"] = round(ratio, 1)
        else:
            del targets[f"{title}_ratio"]
    return figures, targets


def _print(sizes: Sequence[int], found: list[Measured]) -> None:
    print(f"{'SQL and ms at':16}" + "".join(f"{size:>20,}" for size in sizes))
    for title in found[0]:
        row = "".join(
            f"{found[n][title][0]:>10}{found[n][title][1]:>10.1f}"
            for n in range(len(sizes))
        )
        print(f"{title:16}{row}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
