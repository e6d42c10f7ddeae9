"""Runs a document's commands as somebody would who pastes one block after the other."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

SERVING = re.compile(r"^(?:upconv serve|scripts/serve)\b(?!.*--print-config)(?:.*\\\n)*.*", re.MULTILINE)
DOCUMENTED = "127.0.0.1:8080"


class Shell:
    """One document's folder, its server, and its port in the place of the one in the text."""

    def __init__(self, root, program, folder):
        self.folder, self.server, self.port = folder, None, free_port()
        # Copies: what commands write must not land in the repository.
        for name in ("deploy", "docs", "Examples", "scripts", "tools"):
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        commands = folder / ".commands"
        commands.mkdir()
        (commands / "upconv").symlink_to(program)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("UPCONV_")}
        self.path = f"{commands}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(self, block, first=None):
        """What the block prints on standard output; a server in it goes on. Programs of the folder `first` hide others.

        Raises CommandFailed.
        """
        self.environment["PATH"] = f"{first}:{self.path}" if first else self.path
        text = block.text.replace(DOCUMENTED, f"127.0.0.1:{self.port}")
        serving = SERVING.search(text) if block.language != "python" else None
        if serving:
            self.stop()
            if before := text[:serving.start()].strip():
                self.call(["bash", "-euo", "pipefail", "-c", before])
            self.serve(serving[0])
            text = text[serving.end():].strip()
        elif DOCUMENTED in block.text and not self.server:
            self.serve("upconv serve --models Examples/models")
        if not text:
            return ""
        return self.call(["python3", "-c", text] if block.language == "python" else ["bash", "-euo", "pipefail", "-c", text])

    def call(self, arguments):
        process = subprocess.Popen(arguments, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            output, errors = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            # What the command has started goes with it.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise CommandFailed("not done after 60 s") from None
        if process.returncode:
            raise CommandFailed(f"status {process.returncode}\n{output}{errors}")
        return output

    def serve(self, command):
        # scripts/serve has just built the program, and serves the examples by it.
        command = re.sub(r"^scripts/serve", "upconv serve --models Examples/models", command)
        command = re.sub(r"--port \d+", "", command)
        log = self.folder / ".server-log"
        self.server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log.open("w"),
            stderr=subprocess.STDOUT, env=self.environment | {"UPCONV_PORT": str(self.port)})
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/health/ready", timeout=5).close()
                return
            except OSError:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    raise CommandFailed(f"{command}\n{pathlib.Path(log).read_text()}") from None
                time.sleep(0.02)

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            if self.server.wait(30) != 0:
                raise CommandFailed(f"the server ended with {self.server.returncode}")
            self.server = None


class CommandFailed(Exception):
    pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
