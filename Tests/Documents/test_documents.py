#!/usr/bin/env python3
"""Runs the commands of the documents, in the order in which they stand, and compares what they print.

A block of commands is run, unless a comment above it says why not:
    <!-- not run: needs a cluster -->
    <!-- run with: torch -->            by the Python that scripts/test-exporters installs, where it has
A block of another kind just below shows the output, with `...` for what is left out:
    <!-- not compared: says how fast this machine is -->
"""
import pathlib
import subprocess
import sys
import tempfile
import time

from document import DRAWN, SHOWN, blocks, matches
from references import faults, flags, names as source_names, suites
from shell import CommandFailed, Shell

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["README.md", "CONTRIBUTING.md", "deploy/README.md"]


def main(program):
    began, failures, counts = time.monotonic(), [], {"run": 0, "compared": 0, "not run": 0}
    names = NAMES + sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))
    known = flags(ROOT, program), suites(ROOT), source_names(ROOT)
    for name in [*names, "SECURITY.md", "CHANGELOG.md"]:
        source = (ROOT / name).read_text()
        failures += faults(ROOT, name, source, *known)
        if name in names:
            with tempfile.TemporaryDirectory() as folder:
                failures += run_document(blocks(name, source), program, pathlib.Path(folder), counts)
    failures += pictures()
    for failure in failures:
        print("wrong:", failure, file=sys.stderr)
    print(f"{counts['run']} blocks of commands run, {counts['compared']} outputs compared, {counts['not run']} not run, "
          f"{len(failures)} wrong, {time.monotonic() - began:.0f} s")
    sys.exit(bool(failures))


def run_document(found, program, folder, counts):
    """Runs one document's blocks; a sentence for each fault."""
    shell, printed = None, {}
    try:
        for block in found:
            if not block.is_command:
                yield from shown_faults(block, printed, counts)
                continue
            if reason := block.remark("not run"):
                print(f"not run: {block.place}: {reason}")
                counts["not run"] += 1
                continue
            shell = shell or Shell(ROOT, program, folder)
            framework = block.remark("run with")
            commands = ROOT / ".exporters" / framework / "bin" if framework else None
            if commands and not commands.exists():
                print(f"not run: {block.place}: needs {framework}, which scripts/test-exporters installs")
                counts["not run"] += 1
                continue
            counts["run"] += 1
            try:
                printed[block] = shell.run(block, commands)
            except CommandFailed as error:
                yield f"{block.place}: {error}"
    finally:
        if shell:
            shell.stop()


def shown_faults(block, printed, counts):
    if block.language in DRAWN:
        return
    if block.language not in SHOWN:
        yield f"{block.place}: a fence of the kind {block.language!r} is neither commands nor one of {', '.join(filter(None, SHOWN))}"
    elif block.follows in printed and not block.remark("not compared"):
        counts["compared"] += 1
        if not matches(block.text, printed[block.follows]):
            yield f"{block.place}: shown\n{block.text}\nprinted\n{printed[block.follows]}"


def pictures():
    """The pictures of docs/mathematics.md are what their script draws."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, ROOT / "tools/draw_mathematics.py", folder], check=True)
        drawn = {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()}
    kept = {path.name: path.read_text() for path in (ROOT / "docs/pictures").iterdir()}
    if drawn != kept:
        yield "docs/pictures: run tools/draw_mathematics.py docs/pictures"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__))
