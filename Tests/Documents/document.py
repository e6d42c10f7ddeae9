"""A document's fenced blocks, and what is said about them in comments of its source."""
import re

COMMANDS = ("sh", "bash", "python")
SHOWN = ("", "text", "json", "yaml")
# Drawn where the document is shown, and neither run nor compared.
DRAWN = ("mermaid",)


class Block:
    """One fence: its language, its text, and the comment above it, as `<!-- not run: needs a cluster -->`."""

    def __init__(self, document, line, language, text, remarks, follows):
        self.document, self.line, self.language, self.text = document, line, language, text
        self.remarks = remarks
        # The block that ends just above: commands, whose output this one shows.
        self.follows = follows

    @property
    def place(self):
        return f"{self.document}:{self.line}"

    @property
    def is_command(self):
        return self.language in COMMANDS

    def remark(self, name):
        """The words behind `name:` in a comment above the block."""
        return next((text.partition(":")[2].strip() for text in self.remarks if text.startswith(name + ":")), None)


def blocks(name, source):
    """All fenced blocks, in order. Only blank lines and comments may stand between commands and their output."""
    found, lines, remarks, above, index = [], source.split("\n"), [], None, 0
    while index < len(lines):
        line = lines[index]
        if fence := re.fullmatch(r"```(.*)", line):
            end = lines.index("```", index + 1)
            block = Block(name, index + 1, fence[1], "\n".join(lines[index + 1:end]), remarks, above)
            found.append(block)
            remarks, above, index = [], block, end
        elif comment := re.fullmatch(r"<!-- (.*) -->", line):
            remarks.append(comment[1])
        elif line:
            remarks, above = [], None
        index += 1
    return found


def prose(source):
    """The document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", source, flags=re.DOTALL | re.MULTILINE)


def matches(shown, printed):
    """Whether it is what was printed, where `...` stands for anything that was left out."""
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None
