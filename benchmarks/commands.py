"""Time the commands as fresh processes, side by side, and print ratios.

Usage: .venv/bin/python benchmarks/commands.py [RUNS]

Each command runs RUNS times (9 if not given), in turn with the others, so that a busy
moment of the machine touches all alike; what takes over five seconds runs once. The figures are
medians: of the time that passed, which the ratios are of, and of the processor's. `check` tells
a report again that it has kept for the same files; `check --no-cache` does everything anew, and
with `--show violation` it has no finding to look for the place of.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
BASE = "kytkos check --no-cache"
SLOW_S = 5


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
        BASE: [*kytkos, "check", "--no-cache"],
        f"{BASE} --show violation": [*kytkos, "check", "--no-cache", "--show", "violation"],
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


def run(command: list[str]) -> tuple[float, float]:
    """Run a command; give the seconds that passed, and those of the processor."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime


def findings(engine: str) -> object:
    """Give what one engine finds in the county."""
    command = [str(BIN / "kytkos"), "--project", str(ROOT), "check", "--no-cache"]
    command += ["--format", "json", "--engine", engine]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)["findings"]


def main() -> None:
    """Run everything and print a table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        timed = commands(Path(folder))
        for command in timed.values():
            if "pyshacl" not in command[-1] and command[0] != str(BIN / "pyshacl"):
                run(command)  # so that Python's bytecode is there
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in timed}
        for _ in range(runs):
            for name, command in timed.items():
                if not seconds[name] or seconds[name][0][0] < SLOW_S:
                    seconds[name].append(run(command))
    medians = {
        name: [statistics.median(s) for s in zip(*of, strict=True)] for name, of in seconds.items()
    }
    print(f"{'command':42} {'seconds':>8} {'processor':>10} {f'to `{BASE}`':>28}")
    for name, (passed, used) in medians.items():
        print(f"{name:42} {passed:8.3f} {used:10.3f} {passed / medians[BASE][0]:27.2f}×")
    same = findings("compiled") == findings("pyshacl")
    print(f"the two engines find the same in the county: {same}")


if __name__ == "__main__":
    main()
