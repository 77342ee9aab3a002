"""What a benchmark is to reach, and its last line."""

import json
import operator
from collections.abc import Mapping

COMPARE = {">=": operator.ge, "<=": operator.le}

Figures = dict[str, float]
Targets = Mapping[str, tuple[str, float]]


def conclude(bench: str, figures: Figures, targets: Targets) -> int:
    """Print the figures and the targets as one JSON object; the exit status."""
    ok = all(
        COMPARE[sign](figures[name], limit) for name, (sign, limit) in targets.items()
    )
    shown = {name: " ".join(map(str, target)) for name, target in targets.items()}
    print(json.dumps({"bench": bench, **figures, "targets": shown, "ok": ok}))
    return 0 if ok else 1
