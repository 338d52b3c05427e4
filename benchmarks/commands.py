"""Time the commands as fresh processes, side by side, and print ratios.

Usage: .venv/bin/python benchmarks/commands.py [RUNS]

Each command runs RUNS times (5 if not given), in turn with the others, so that a busy
moment of the machine touches all alike. The figure is the median.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def commands(folder: Path) -> dict[str, list[str]]:
    """Name each command; the last two do what `check` does by means of pySHACL."""
    kytkos = [str(BIN / "kytkos"), "--project", str(ROOT)]
    data = folder / "all.ttl"
    concatenate(data)
    shapes = next((ROOT / "ontology").glob("shapes*.ttl"))
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "kytkos --help": [str(BIN / "kytkos"), "--help"],
        "kytkos query parties": [*kytkos, "query", "parties", "--format", "csv"],
        "kytkos check": [*kytkos, "check"],
        "kytkos build": [*kytkos, "build", "--out", str(folder / "site")],
        "kytkos check --engine pyshacl": [*kytkos, "check", "--engine", "pyshacl"],
        "pyshacl": [str(BIN / "pyshacl"), "-s", str(shapes), str(data)],
    }


def concatenate(target: Path) -> None:
    """Write the ontology, the code lists and the data as one file."""
    import rdflib

    graph = rdflib.Graph()
    for path in [*(ROOT / "ontology").glob("*.ttl"), *(ROOT / "data").rglob("*.ttl")]:
        if not path.name.startswith("shapes"):
            graph.parse(path)
    graph.serialize(target)


def main() -> None:
    """Run everything and print a table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        timed = commands(Path(folder))
        seconds: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(runs):
            for name, command in timed.items():
                start = time.perf_counter()
                subprocess.run(command, check=False, capture_output=True)
                seconds[name].append(time.perf_counter() - start)
    check = statistics.median(seconds["kytkos check"])
    print(f"{'command':32} {'seconds':>8} {'to `kytkos check`':>18}")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:32} {median:8.2f} {median / check:17.2f}x")


if __name__ == "__main__":
    main()
