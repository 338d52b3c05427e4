"""The documentation is true: the reference, the examples and the links.

* `docs/commands.md` is what `--help` says.
* A `console` block is run, each page in a copy of the project of its own, as in a terminal of
  100 columns that speaks English (Finnish in `docs/fi`). The output must be the one shown; a
  line `…` stands for any lines, and `…` in a line for any characters.
* What a `sh` block tells to run is parsed as the program would, and not run: it needs a server,
  a file of the reader's, or time.
* Links lead to files and headings that are there.

After a change, renew the reference and the outputs with

    KYTKOS_UPDATE=1 pytest tests/test_docs.py

and read the difference before it is committed. An output with one `…` keeps as many lines
before and after it as it had.
"""

import os
import pty
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from shutil import copytree, ignore_patterns
from urllib.parse import unquote

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kytkos.cli import main
from tests.conftest import ROOT

UPDATE = os.environ.get("KYTKOS_UPDATE") == "1"
AGAIN = "to renew: KYTKOS_UPDATE=1 .venv/bin/pytest tests/test_docs.py"
REFERENCE = ROOT / "docs" / "commands.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CUT = "…"
LONGEST_S = 60.0  # that a command of a page may take
INTRODUCTION = """\
# Commands

What `--help` says of each command; `make test` checks that it still does. How to renew this
page is told in [CONTRIBUTING](../CONTRIBUTING.md#documentation).
"""


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands(
    command: click.Command = main, name: str = "kytkos", above: click.Context | None = None
) -> Iterator[tuple[str, click.Command, str]]:
    """Give each command with its whole name and its help, the program itself first."""
    settings = {"terminal_width": 80, "max_content_width": 80, **command.context_settings}
    context = click.Context(command, info_name=name, parent=above, **settings)
    yield context.command_path, command, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from commands(found, inner, context)


COMMANDS = list(commands())


def reference() -> str:
    parts = [f"## {path}\n\n```text\n{told}\n```\n" for path, _, told in COMMANDS]
    return "\n".join([INTRODUCTION, *parts])


def test_the_reference_is_what_help_says() -> None:
    if UPDATE:
        REFERENCE.write_text(reference(), encoding="utf-8")

    assert REFERENCE.read_text(encoding="utf-8") == reference(), AGAIN


@pytest.mark.parametrize(
    ("path", "command"), [(path, c) for path, c, _ in COMMANDS], ids=[path for path, *_ in COMMANDS]
)
def test_every_command_has_an_example_that_parses(path: str, command: click.Command) -> None:
    _, _, example = (command.help or "").partition("Example: ")

    called = list(calls(example))
    for words in called:
        parse(words)
    own = path.removeprefix("kytkos").strip()
    assert any(own in " ".join(words) for words in called), f"`{path} --help` has no example"


def blocks(path: Path) -> list[Token]:
    tokens = MarkdownIt().parse(path.read_text(encoding="utf-8"))
    return [token for token in tokens if token.type == "fence"]


def calls(shell: str) -> Iterator[list[str]]:
    """Give the arguments of each call of the program in a piece of shell."""
    for line in shell.replace("\\\n", " ").splitlines():
        words: list[str] = []
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        for word in [*lexer, ";"]:
            if not re.fullmatch(r"[();<>|&]+", word):
                words.append(word)
                continue
            while words and re.match(r"\w+=", words[0]):
                del words[0]
            if words and Path(words[0]).name == "kytkos":
                yield words[1:]
            words = []


def parse(arguments: list[str]) -> None:
    """Parse a call as the program does, and do nothing."""
    command: click.Command = main
    context = click.Context(command, obj=(ROOT, "en"), **command.context_settings)
    while isinstance(command, click.Group):
        _, left, _ = command.make_parser(context).parse_args(list(arguments))
        inner = command.get_command(context, left[0]) if left else None
        assert inner is not None, f"no command: {shlex.join(arguments)}"
        arguments = left[1:]
        if isinstance(inner, click.Group):
            context = click.Context(inner, info_name=left[0], parent=context)
            command = inner
            continue
        with suppress(click.exceptions.Exit):  # having shown its help
            inner.make_context(left[0], list(arguments), parent=context)
        return


SHELL = [(path, block) for path in PAGES for block in blocks(path) if block.info in ("sh", "bash")]


@pytest.mark.parametrize(
    ("path", "block"), SHELL, ids=[f"{page_id(path)}:{(b.map or [0])[0] + 2}" for path, b in SHELL]
)
def test_what_a_page_tells_to_run_is_a_call_that_the_program_takes(
    path: Path, block: Token
) -> None:
    for arguments in calls(block.content):
        parse(arguments)


def in_terminal(command: str, folder: Path, lang: str) -> list[str]:
    """Run a command as a terminal does; give the lines that it shows."""
    ours, theirs = pty.openpty()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("KYTKOS", "GIT"))
    }
    environment |= {
        "COLUMNS": "100",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "KYTKOS_LANG": lang,
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}",
        "TERM": "dumb",
    }
    command = command.replace(".venv/bin/kytkos", "kytkos")
    running = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    giving_up = threading.Timer(LONGEST_S, running.kill)
    giving_up.start()
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                piece = terminal.read(65536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not piece:
                break
            shown += piece
    running.wait()
    giving_up.cancel()
    return [line.rstrip() for line in shown.decode().replace("\r\n", "\n").splitlines()]


def steps(block: str) -> list[tuple[str, list[str]]]:
    """Take a console block apart: each command, and the lines that it shows."""
    taken: list[tuple[str, list[str]]] = []
    continued = False
    for line in block.splitlines():
        if continued:
            command, shown = taken[-1]
            taken[-1] = (f"{command}\n{line}", shown)
        elif line.startswith("$ "):
            taken.append((line[2:], []))
        else:
            taken[-1][1].append(line.rstrip())
        continued = line.endswith("\\") and (continued or line.startswith("$ "))
    return taken


def pattern(expected: str) -> str:
    """Make a pattern of a line, in which `…` stands for any characters."""
    return re.escape(expected).replace(CUT, ".*")


def is_shown(expected: list[str], lines: list[str]) -> bool:
    """Tell whether lines are those expected; a line `…` stands for any lines."""
    whole = "".join(r"(?:.*\n)*?" if line == CUT else pattern(line) + r"\n" for line in expected)
    return re.fullmatch(whole, "".join(f"{line}\n" for line in lines)) is not None


def renewed(expected: list[str], lines: list[str]) -> list[str]:
    """Give the lines now, cut where they were cut."""
    if expected.count(CUT) > 1:
        return lines
    before = expected.index(CUT) if CUT in expected else len(lines)
    after = max(len(expected) - before - 1, 0)
    head, tail = lines[:before], lines[len(lines) - after :]
    kept = [
        old if re.fullmatch(pattern(old), new) else new
        for old, new in zip(expected, head, strict=False)
    ]
    return [*kept, *head[len(kept) :], *([CUT, *tail] if CUT in expected else [])]


RUN = [path for path in PAGES if any(block.info == "console" for block in blocks(path))]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Copy the project, as the first commit of a repository."""
    folder = tmp_path / "project"
    for name in ("data", "ontology", "queries"):
        copytree(ROOT / name, folder / name, ignore=ignore_patterns(".*"))
    for name in ("accepted-findings.toml", "site.toml"):
        if (ROOT / name).is_file():
            (folder / name).write_bytes((ROOT / name).read_bytes())
    author = ["-c", "user.name=A Reader", "-c", "user.email=reader@example.org"]
    for words in (["init", "-qb", "main"], ["add", "."], [*author, "commit", "-qm", "The data"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", RUN, ids=page_id)
def test_a_page_shows_what_its_commands_show(path: Path, workplace: Path) -> None:
    lang = "fi" if "fi" in path.relative_to(ROOT).parts else "en"
    page = path.read_text(encoding="utf-8").split("\n")
    wrong, renewals = [], []
    for block in blocks(path):
        if block.info != "console":
            continue
        now = []
        for command, expected in steps(block.content):
            lines = in_terminal(command, workplace, lang)
            same = is_shown(expected, lines)
            if not same:
                wrong.append("\n".join(["", f"$ {command}", *lines]))
            now += [f"$ {command}", *(expected if same else renewed(expected, lines))]
        renewals.append((block.map or [0, 0], now))
    if UPDATE:
        for (first, end), now in reversed(renewals):
            page[first + 1 : end - 1] = now
        path.write_text("\n".join(page), encoding="utf-8")
    else:
        assert not wrong, "\n".join([AGAIN, *wrong])


def slug(heading: str) -> str:
    """Give the anchor that GitHub makes for a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    found: set[str] = set()
    tokens = MarkdownIt().parse(path.read_text(encoding="utf-8"))
    for opened, inline in pairwise(tokens):
        if opened.type == "heading_open":
            said = "".join(
                t.content for t in inline.children or [] if t.type in ("text", "code_inline")
            )
            name, number = slug(said), 0
            while (f"{name}-{number}" if number else name) in found:
                number += 1
            found.add(f"{name}-{number}" if number else name)
    return found


def links(path: Path) -> Iterator[str]:
    tokens = MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8"))
    for token in tokens:
        for inner in token.children or []:
            target = inner.attrGet("href") or inner.attrGet("src")
            if isinstance(target, str) and not re.match(r"[a-z]+:", target):
                yield unquote(target)


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or ROOT not in target.parents:
            broken.append(f"{link}: not there")
        elif anchor and anchor not in anchors(target):
            broken.append(f"{link}: no such heading")

    assert broken == []


@pytest.mark.parametrize(
    ("expected", "lines", "shown"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", CUT, "c"], ["a", "b", "b", "c"], True),
        (["a", CUT, "c"], ["a", "c"], True),
        (["a", f"be{CUT}un {CUT}"], ["a", "begun it"], True),
        (["a", CUT, "c"], ["a", "b"], False),
        (["a"], ["a", "b"], False),
        (["a."], ["ab"], False),
    ],
)
def test_a_cut_output_is_compared_where_it_is_not_cut(
    expected: list[str], lines: list[str], shown: bool
) -> None:
    assert is_shown(expected, lines) is shown


def test_a_cut_output_is_renewed_as_it_was_cut() -> None:
    assert renewed(["a", CUT, "d"], ["A", "B", "C", "D"]) == ["A", CUT, "D"]
    assert renewed(["a", f"{CUT} b"], ["A", "1 b", "C"]) == ["A", f"{CUT} b", "C"]


def test_calls_are_found_in_shell() -> None:
    shell = """\
A=1 kytkos query x --set "a=b c" | head  # kytkos no
cd x && .venv/bin/kytkos \\
    check > y
"""

    assert list(calls(shell)) == [["query", "x", "--set", "a=b c"], ["check"]]


def test_a_call_that_the_program_would_refuse_is_found() -> None:
    for wrong in (["qery"], ["query", "--nothing"], ["export", "--format", "pdf"]):
        with pytest.raises((click.UsageError, AssertionError)):
            parse(wrong)
