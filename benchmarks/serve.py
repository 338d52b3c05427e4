"""How the server holds: 16 clients at once, without and with one that asks too much.

    python benchmarks/serve.py [--clients 16] [--seconds 8]

Prints the median and the 95th percentile of a small query in both, and the ratio of the medians.
"""

import argparse
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
SMALL = "SELECT ?body ?label { ?body a kyt:Forum ; skos:prefLabel ?label } ORDER BY ?label"
KILLER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    command = [sys.executable, "-c", "from kytkos.cli import main; main()", "--project", str(ROOT)]
    command += ["serve", "--port", "0", "--timeout", "3"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                break
        port = int(found.group(1))
        measure(port, options.clients, 2.0, killer=False)
        quiet, errors = measure(port, options.clients, options.seconds, killer=False)
        harmed, more = measure(port, options.clients, options.seconds, killer=True)
        process.send_signal(signal.SIGINT)
        process.wait(15)
    for name, times in (("without a killer", quiet), ("with a killer", harmed)):
        ninety_fifth = statistics.quantiles(times, n=20)[-1]
        print(
            f"{name:17} {len(times):6} answers, median {statistics.median(times) * 1000:6.1f} ms, "
            f"95th percentile {ninety_fifth * 1000:6.1f} ms"
        )
    print(f"errors            {errors + more:6}")
    print(f"ratio of medians  {statistics.median(harmed) / statistics.median(quiet):6.2f}")


def measure(port: int, clients: int, seconds: float, *, killer: bool) -> tuple[list[float], int]:
    """Let the clients ask for some seconds; with a killer, one of them asks too much instead."""
    times: list[float] = []
    errors: list[int] = []
    end = time.monotonic() + seconds

    def client(query: str, expected: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < end:
            start = time.monotonic()
            connection.request("GET", "/sparql?" + urlencode({"query": query}))
            reply = connection.getresponse()
            reply.read()
            if reply.status != expected:
                errors.append(reply.status)
            elif expected == 200:
                times.append(time.monotonic() - start)
        connection.close()

    asked = [(SMALL, 200)] * (clients - 1) + [(KILLER, 503) if killer else (SMALL, 200)]
    threads = [threading.Thread(target=client, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(errors)


if __name__ == "__main__":
    main()
