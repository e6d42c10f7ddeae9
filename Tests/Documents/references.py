"""What the documents name: links, files, flags and tests, each of which must be there."""
import pathlib
import re
import subprocess

from document import DRAWN, blocks, prose

COMMANDS = ("", "serve", "run", "init", "models list", "models inspect", "demo", "bench kernel", "bench wire", "explain",
            "health", "token")


def anchors(source):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", prose(source), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


COMMAND_LINE = re.compile(r"^ *\(?(upconv|upconv-export|curl|scripts/\S+|tools/\S+|docker|kubectl|swift|python3) ", re.MULTILINE)


def flags(root, program):
    """All flags that some command of the program, a script or a tool has."""
    found = set()
    for file in [*(root / "scripts").iterdir(), *(root / "tools").rglob("*.py"), *(root / "python").rglob("*.py")]:
        found |= set(re.findall(r"--[a-z0-9][a-z0-9-]*", file.read_text()))
    for command in COMMANDS:
        text = subprocess.run([program, *command.split(), "--help"], capture_output=True, text=True, check=True).stdout
        found |= set(re.findall(r"--[a-z0-9][a-z0-9-]*", text))
    return found


def names(root):
    """All words of the sources, and the names of their files: what the design names is among them."""
    folders = [*(root / "Sources").rglob("*"), *(root / "Tests").rglob("*.swift"), *(root / "Fuzz").rglob("*.swift")]
    files = [file for file in [*folders, root / "Package.swift"] if file.suffix in (".swift", ".c", ".h")]
    return {file.stem for file in files} | {word for file in files for word in re.findall(r"\w+", file.read_text())}


def faults(root, name, source, known_flags, tests, known_names):
    """A sentence for each reference that leads nowhere."""
    folder = (root / name).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(source)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (folder / path).resolve() if path else root / name
        if not file.exists():
            yield f"{name}: the link {target} leads nowhere"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"{name}: {target} is no heading"
    spans = re.findall(r"`([^`\n]+)`", prose(source))
    for span in spans:
        for path in re.findall(r"(?<![\w/.-])(?:\.\./)?(?:scripts|tools|Sources|Tests|Examples|Fuzz|deploy|docs)/[\w./+-]+", span):
            if not (root / path.removeprefix("../")).exists() and not (folder / path).exists():
                yield f"{name}: there is no {path}"
        if re.match(r"--|upconv ", span):
            for flag in re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", span):
                if flag not in known_flags:
                    yield f"{name}: no command has {flag}"
        if re.fullmatch(r"\w+Tests", span) and span not in tests:
            yield f"{name}: there is no suite {span}"
        for word in re.findall(r"\b[A-Z]+[a-z]\w*[A-Z]\w+", span) if name == "docs/design.md" else ():
            if word not in known_names:
                yield f"{name}: no source has the name {word}"
    for block in blocks(name, source):
        for path in re.findall(r"(?<![\w/.-])(?:scripts|tools)/[\w.-]+", block.text if block.is_command else ""):
            if not (root / path).exists():
                yield f"{block.place}: there is no {path}"
        if not block.is_command and block.language not in DRAWN and COMMAND_LINE.search(block.text):
            yield f"{block.place}: commands in a block that does not say sh"
    for line in re.findall(r"^    .*$", prose(source), re.MULTILINE):
        if COMMAND_LINE.match(line):
            yield f"{name}: a command that is no fenced block: {line.strip()}"


def suites(root):
    """The names of all test suites."""
    return {name for file in pathlib.Path(root, "Tests").rglob("*.swift")
            for name in re.findall(r"\b(?:struct|class|enum|extension) (\w+Tests)\b", file.read_text())} | {
                path.name for path in pathlib.Path(root, "Tests").iterdir()}
