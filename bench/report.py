"""The figures of a benchmark and how they are shown."""

from collections import Counter
from collections.abc import Sequence

from bench.inbound_sides import Result
from bench.steps import STEPS
from bench.targets import Figures

MB = 1_000_000


def figures(baseline: Sequence[Result], ours: Sequence[Result], count: int) -> Figures:
    """Over all rounds; the ratio is that of the total times."""
    base_rate, our_rate = _rate(baseline, count), _rate(ours, count)
    return {
        "ratio": round(our_rate / base_rate, 2),
        "cpu_ratio": round(_cpu(baseline) / _cpu(ours), 2),
        "mails_per_second": round(our_rate, 1),
        "baseline_mails_per_second": round(base_rate, 1),
        "sql_per_mail": round(_sql(ours, count), 2),
        "baseline_sql_per_mail": round(_sql(baseline, count), 2),
        "memory_mb": round(_memory(ours), 1),
        "baseline_memory_mb": round(_memory(baseline), 1),
        "mails": count,
        "rounds": len(ours),
    }


def memory_figures(result: Result, count: int) -> Figures:
    return {
        "memory_growth_mb": round(_memory([result]), 1),
        "memory_mails": count,
        "memory_mails_per_second": round(_rate([result], count), 1),
    }


def print_heads() -> None:
    heads = ("round", "mails", "mails/s", "SQL/mail", "peak MB", "CPU s", "tickets")
    print(f"{'':16}" + "".join(f"{head:>10}" for head in heads), flush=True)


def print_row(side: str, title: str, result: Result, count: int) -> None:
    print(
        f"{side:16}{title:>10}{count:>10,}{_rate([result], count):>10.1f}"
        f"{_sql([result], count):>10.2f}{_memory([result]):>10.1f}"
        f"{result.cost.cpu_seconds:>10.1f}{result.outcome.tickets:>10,}",
        flush=True,
    )


def print_profile(result: Result, count: int, batch: int = 50) -> None:
    """Time and SQL statements by step, then the dearest statements and functions."""
    profile = result.profile
    assert profile
    by_step: Counter[str] = Counter()
    for (name, _), number in profile.statements.items():
        by_step[name] += number
    batches = count / batch
    print(f"{count:,} mails in {profile.total:.1f} s; ms of a mail, SQL of a batch")
    print(f"\n{'step':28}{'share':>8}{'ms':>9}{'own SQL':>9}")
    for title in STEPS:
        seconds = profile.steps[title]
        sql = "" if title.startswith("across:") else by_step[title.strip()] / batches
        share = seconds / profile.total
        print(f"{title:28}{share:>8.1%}{seconds / count * 1000:>9.3f}{sql:>9.3}")
    print(f"{'elsewhere':28}{'':17}{by_step['elsewhere'] / batches:>9.3}")
    print(f"\nSQL statements of a batch of {batch}: {result.cost.sql / batches:.1f}")
    for (name, shape), number in profile.statements.most_common(45):
        print(f"{number / batches:>8.2f}  {name:24} {shape}")
    print("\nfunctions by their own time, ms of a mail")
    for place, seconds in profile.functions.most_common(40):
        print(f"{seconds / count * 1000:>8.3f}  {place}")


def _rate(results: Sequence[Result], count: int) -> float:
    return count * len(results) / sum(result.cost.seconds for result in results)


def _cpu(results: Sequence[Result]) -> float:
    return sum(result.cost.cpu_seconds for result in results)


def _sql(results: Sequence[Result], count: int) -> float:
    return sum(result.cost.sql for result in results) / count / len(results)


def _memory(results: Sequence[Result]) -> float:
    return max(result.cost.memory for result in results) / MB
