"""The real program, serving a folder of models on a port of its own.

Its only packages are NumPy and the standard library.
"""
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
PROGRAM = os.environ.get("UPCONV", os.path.join(ROOT, ".build/release/upconv"))


class UpconvServer:
    """`upconv serve`, stopped at the end of a with statement."""

    def __init__(self, models, *flags):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0", "--models", str(models), "--log-level", "error", *flags],
            stdout=subprocess.PIPE, text=True)
        said = ""
        # It says its port and processors, then an example, then how to stop.
        while not (match := re.search(r":(\d+) \(", said)):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the server stopped with {self.process.wait()} and said only: {said!r}")
            said += line
        self.port = int(match[1])
        self.address = f"127.0.0.1:{self.port}"
        # It listens before its models are loaded.
        end = time.monotonic() + 60
        while self.request("/v2/health/ready")[0] != 200:
            if time.monotonic() > end:
                self.__exit__()
                raise RuntimeError("the server is not ready after a minute")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()

    def request(self, path, body=None, headers=None, method=None):
        """Status, headers and content of an answer; a body makes it a POST. Dictionaries are sent as JSON."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def json(self, path, body=None, headers=None, method=None):
        """Status and the JSON of an answer."""
        status, _, content = self.request(path, body, headers, method)
        return status, json.loads(content) if content else None

    def infer(self, model, x):
        """The output for one float32 input, by the protocol's binary extension."""
        status, metadata = self.json(f"/v2/models/{model}")
        assert status == 200, metadata
        (given,) = metadata["inputs"]
        x = np.ascontiguousarray(x, "<f4")
        head = json.dumps({
            "inputs": [{"name": given["name"], "shape": list(x.shape), "datatype": "FP32",
                        "parameters": {"binary_data_size": x.nbytes}}],
            "parameters": {"binary_data_output": True}}).encode()
        status, headers, content = self.request(
            f"/v2/models/{model}/infer", head + x.tobytes(), {
                "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))})
        assert status == 200, content
        length = int(headers["Inference-Header-Content-Length"])
        (made,) = json.loads(content[:length])["outputs"]
        return np.frombuffer(content[length:], "<f4").reshape(made["shape"])
