"""The real program, on a port that it keeps when it is stopped and started again."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.request


class Server:
    def __init__(self, program, examples, *arguments):
        self.program = program
        self.arguments = arguments
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="upconv-page-"))
        shutil.copytree(examples, self.folder / "models")
        self.port = 0
        self.process = None
        self.start()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        loaded = [word for model in (self.folder / "models").iterdir() for word in ("--load-model", model.name)]
        self.process = subprocess.Popen(
            [self.program, "serve", "--port", str(self.port), "--models", str(self.folder / "models"),
             "--model-control-mode", "explicit", "--allow-admin", "--log-level", "error",
             *loaded, *self.arguments],
            stdout=subprocess.PIPE, text=True)
        greeting = ""
        while not (match := re.search(r":(\d+) \(", greeting)):
            line = self.process.stdout.readline()
            assert line, f"the server said only: {greeting}"
            greeting += line
        self.port = int(match[1])

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=20) == 0
        self.process.stdout.close()

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)

    def get(self, path):
        with urllib.request.urlopen(self.origin + path) as response:
            return response.read(), response.headers

    def convolve(self, request):
        """The operation's own answer, asked for without the page."""
        body = json.dumps(request).encode()
        with urllib.request.urlopen(self.origin + "/v1/conv2d_transpose", data=body) as response:
            return json.load(response)
