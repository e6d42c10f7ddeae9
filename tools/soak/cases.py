"""Requests of every sort, each with what must come back. Nothing here speaks HTTP."""
import gzip
import json
import struct
from dataclasses import dataclass, field

import numpy as np

OPERATION = "/v1/conv2d_transpose"
# float32 has 24 bits; sums of at most a few hundred terms, and Winograd's transforms, lose few of them.
RELATIVE_ERROR = 2e-5


def reference(x, w, stride, padding):
    """conv2d_transpose by its definition, in float64: each input pixel adds its window to the output. NHWC."""
    x, w = x.astype(np.float64), w.astype(np.float64)
    n, rows, columns, _ = x.shape
    height, width, channels, _ = w.shape
    # SAME has `stride` rows for each of the input, also where windows leave some of them empty.
    full = np.zeros((n, (rows - 1) * stride + max(height, stride), (columns - 1) * stride + max(width, stride), channels))
    for i in range(height):
        for j in range(width):
            taps = x @ w[i, j].T
            full[:, i:i + (rows - 1) * stride + 1:stride, j:j + (columns - 1) * stride + 1:stride] += taps
    if padding == "VALID":
        return full[:, :(rows - 1) * stride + height, :(columns - 1) * stride + width]
    top, left = max(height - stride, 0) // 2, max(width - stride, 0) // 2
    return full[:, top:top + rows * stride, left:left + columns * stride]


@dataclass
class Case:
    """One request, and how to tell whether its answer is right."""
    kind: str
    path: str
    body: bytes
    fields: dict = field(default_factory=dict)
    method: str = "POST"
    #: Statuses that are right.
    statuses: tuple = (200,)
    #: The numbers of the answer and how far they may be off, where the status is 200.
    expected: np.ndarray | None = None
    tolerance: np.ndarray | None = None
    #: From the answer's content and fields to an array.
    decode: object = None
    #: "whole", "slow" (in pieces, with pauses) or "abandoned" (nobody waits for the answer, or the content breaks off).
    manner: str = "whole"
    #: Sent as they are, on an HTTP/1.1 connection of their own.
    raw: bytes | None = None

    def judge(self, status, fields, content):
        """None where the answer is right, else what is wrong."""
        if status == 503 and "retry-after" in fields:
            return None
        if status not in self.statuses:
            return f"status {status} instead of {self.statuses}: {content[:200]!r}"
        if status != 200 or self.expected is None:
            return None
        answer = self.decode(fields, content)
        if answer.shape != self.expected.shape:
            return f"shape {answer.shape} instead of {self.expected.shape}"
        if not (np.abs(answer - self.expected) <= self.tolerance).all():
            return f"numbers off by up to {np.abs(answer - self.expected).max()}"
        return None


def from_json(fields, content):
    if fields.get("content-encoding") == "gzip":
        content = gzip.decompress(content)
    answer = json.loads(content)
    return np.array(answer["data"]).reshape(answer["shape"])


def from_raw(fields, content):
    shape = [int(size) for size in fields["upconv-shape"].strip("[]").split(",")]
    return np.frombuffer(content, "<f4").reshape(shape)


def from_inference(fields, content):
    answer = json.loads(content)["outputs"][0]
    return np.array(answer["data"]).reshape(answer["shape"])


def safetensors(tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        content = tensor.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


class Cases:
    """Makes cases by a seeded choice."""

    def __init__(self, random):
        self.random = random
        self.numbers = np.random.default_rng(random.getrandbits(64))
        self.makers = {
            self.json: 30, self.binary: 20, self.inference: 10, self.malformed_content: 12, self.malformed_head: 6,
            self.slow: 5, self.abandoned: 10, self.huge: 1, self.too_much: 3, self.document: 6,
        }

    def next(self):
        maker, = self.random.choices(list(self.makers), list(self.makers.values()))
        return maker()

    def _operation(self, kind, x_shape, w_shape, as_json):
        stride, padding = self.random.choice([1, 2, 3]), self.random.choice(["SAME", "VALID"])
        x = self.numbers.standard_normal(x_shape, dtype=np.float32)
        w = self.numbers.standard_normal(w_shape, dtype=np.float32)
        expected = reference(x, w, stride, padding)
        tolerance = RELATIVE_ERROR * reference(np.abs(x), np.abs(w), stride, padding) + 1e-30
        if as_json:
            def spelled(t):
                flat = {"shape": t.shape, "data": t.ravel().tolist()}
                return flat if self.random.random() < 0.5 else t.tolist()
            body = json.dumps({"input": spelled(x), "filters": spelled(w), "strides": stride, "padding": padding}).encode()
            fields = {"content-type": "application/json"}
            if self.random.random() < 0.3:
                body, fields["content-encoding"] = gzip.compress(body, 1), "gzip"
            if self.random.random() < 0.3:
                fields["accept-encoding"] = "gzip"
            return Case(kind, OPERATION, body, fields, expected=expected, tolerance=tolerance, decode=from_json)
        body = safetensors({"input": x, "filters": w}, {"strides": str(stride), "padding": padding})
        fields = {"content-type": "application/vnd.safetensors", "accept": "application/octet-stream"}
        return Case(kind, OPERATION, body, fields, expected=expected, tolerance=tolerance, decode=from_raw)

    def _shapes(self, most_pixels, most_channels):
        side = lambda: self.random.randint(1, most_pixels)
        kernel = lambda: self.random.randint(1, 5)
        channels, outputs = self.random.randint(1, most_channels), self.random.randint(1, most_channels)
        return (self.random.randint(1, 2), side(), side(), channels), (kernel(), kernel(), outputs, channels)

    def json(self):
        return self._operation("JSON", *self._shapes(12, 4), True)

    def binary(self):
        return self._operation("safetensors", *self._shapes(24, 16), False)

    def huge(self):
        return self._operation("huge", (1, 768, 768, 2), (3, 3, 2, 2), False)

    def slow(self):
        case = self._operation("slow", *self._shapes(12, 4), self.random.random() < 0.5)
        case.manner = "slow"
        return case

    def abandoned(self):
        shapes = ((1, 96, 96, 16), (5, 5, 16, 16)) if self.random.random() < 0.3 else self._shapes(12, 4)
        case = self._operation("abandoned", *shapes, False)
        case.manner = "abandoned"
        return case

    def inference(self):
        x = self.numbers.standard_normal((self.random.randint(1, 4), 4, 4, 2), dtype=np.float32)
        ones = np.ones((3, 3, 4, 2))
        body = json.dumps({"inputs": [
            {"name": "x", "shape": x.shape, "datatype": "FP32", "data": x.ravel().tolist()}]}).encode()
        return Case(
            "model", "/v2/models/gist/infer", body, {"content-type": "application/json"},
            expected=reference(x, ones, 2, "SAME"), tolerance=RELATIVE_ERROR * reference(np.abs(x), ones, 2, "SAME") + 1e-30,
            decode=from_inference)

    def document(self):
        path = self.random.choice(["/v2/health/ready", "/v2", "/openapi.yaml", "/metrics", "/", "/v2/models/gist"])
        return Case("document", path, b"", method="GET")

    def malformed_content(self):
        case = self.random.choice([self.json, self.binary, self.inference])()
        case.kind, case.expected, case.statuses = "malformed", None, (400, 411, 413, 415, 422)
        case.fields.pop("content-encoding", None)
        spoil = self.random.randrange(5)
        if case.fields["content-type"] != "application/json":
            case.body = self.random.choice([case.body[:len(case.body) // 2], b"", b"\xff" * 64, case.body + b"x"])
        elif spoil == 0:
            case.body = case.body[:self.random.randrange(len(case.body))]
            case.body = case.body if case.body.startswith(b"{") else b"{"
        elif spoil == 1:
            # The protocol of models ignores members that it does not know; the operation does not.
            name = b"inputs" if case.path != OPERATION else b"inputt"
            case.body = b'{"' + name + b'": 1}'
        elif spoil == 2:
            case.body = b"[" * self.random.randint(1, 100_000)
        elif spoil == 3:
            case.body = self.random.randbytes(self.random.randint(1, 2000))
        else:
            case.body, case.fields["content-encoding"] = b'{"input": []}', "gzip"
        return case

    def malformed_head(self):
        head = b"POST " + OPERATION.encode() + b" HTTP/1.1\r\nHost: a\r\n"
        raw = self.random.choice([
            self.random.randbytes(200) + b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", head + b"Content-Length: 1, 2\r\n\r\n",
            head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", head + b"A" * 100_000, head + b"Bad Name: 1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.random.randbytes(300)])
        # HTTP/2 has no status for it; its end is a closed connection.
        return Case("malformed head", "", b"", statuses=(0, 400, 413, 414, 431, 501, 505), raw=raw)

    def too_much(self):
        shape = {"shape": [1, 1, 1, 1], "data": [1]}
        body = json.dumps(self.random.choice([
            {"input": shape, "filters": shape, "strides": 65536, "output_shape": [1 << 40, 1 << 40]},
            {"input": shape, "filters": shape, "output_shape": [65536, 65536], "strides": 65536},
            {"input": {"shape": [1 << 62, 4, 1, 1], "data": []}, "filters": shape}])).encode()
        return Case("too much", OPERATION, body, {"content-type": "application/json"}, statuses=(400, 413, 422))
