"""perf_analyzer's calls, byte for byte as its C++ client and libcurl send them, over a raw socket.

The program itself needs a newer C library than Debian 12 has. What it does: it asks whether the server is live (and
takes that for ready), reads GET /v2, the model's metadata and its config, then infers in a loop over connections that
it keeps, with the statistics before and after. It reads many keys without looking whether they are there: each of
those is held here to its JSON type.
"""
import json
import re
import socket
import struct

import numpy as np
import pytest


class LibcurlConnection:
    """One kept connection, as libcurl's easy interface writes requests."""

    def __init__(self, server):
        self.host = server.address
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def get(self, path):
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nUser-Agent: libcurl-agent/1.0\r\n"
                            "Accept: */*\r\n\r\n".encode())
        return self.answer()

    def post(self, path, content, *fields):
        lines = [f"POST {path} HTTP/1.1", f"Host: {self.host}", "User-Agent: libcurl-agent/1.0", "Accept: */*", *fields,
                 f"Content-Length: {len(content)}"]
        # libcurl sends the head, and then the body, as two writes.
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.socket.sendall(content)
        return self.answer()

    def answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        # The client makes room by this, with a 32-bit conversion.
        length = int(fields["content-length"])
        assert length < 2**31
        while len(self.buffer) < length:
            self.buffer += self.receive()
        content, self.buffer = self.buffer[:length], self.buffer[length:]
        assert not self.buffer, "nothing may follow an answer"
        return int(status.split()[1]), fields, content

    def receive(self):
        data = self.socket.recv(65536)
        assert data, "the server closed the connection"
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def curl(server):
    with LibcurlConnection(server) as connection:
        yield connection


def inference(x, binary_output, request_id=""):
    """The JSON that the C++ client writes for one input and one requested output, and the tensor's bytes."""
    head = {"id": request_id, "inputs": [{
        "name": "x", "shape": list(x.shape), "datatype": "FP32", "parameters": {"binary_data_size": x.nbytes}}],
        "outputs": [{"name": "y", "parameters": {"binary_data": binary_output}}]}
    return json.dumps(head, separators=(",", ":")).encode()


OCTETS, JSON = "Content-Type: application/octet-stream", "Content-Type: application/json"


def read(fields, content):
    """The client's reading: the JSON's length from the header where there is one, then the tensor behind it."""
    if "inference-header-content-length" not in fields:
        document = json.loads(content)
        (output,) = document["outputs"]
        return document, np.reshape(np.array(output["data"], np.float32), output["shape"])
    length = int(fields["inference-header-content-length"])
    document = json.loads(content[:length])
    (output,) = document["outputs"]
    size = output["parameters"]["binary_data_size"]
    assert len(content) == length + size
    return document, np.frombuffer(content[length:], "<f4").reshape(output["shape"])


def test_the_whole_sequence_of_a_run(server, gist):
    """Everything that a run does, in its order; the numbers of the statistics then say what was done."""
    with LibcurlConnection(server) as connection:
        assert connection.get("/v2/health/live")[0] == 200
    with LibcurlConnection(server) as connection:
        status, _, content = connection.get("/v2")
        extensions = json.loads(content)["extensions"]
        assert status == 200 and isinstance(extensions, list) and "statistics" in extensions
        metadata = json.loads(connection.get("/v2/models/gist")[2])
        config = json.loads(connection.get("/v2/models/gist/config")[2])
    (given,) = metadata["inputs"]
    # With a batch in the configuration, the first length of the shape is taken for it and dropped.
    shape = given["shape"][1:] if config["max_batch_size"] > 0 else given["shape"]
    assert -1 not in shape, "then it would need --shape"
    x = np.ones((1, *shape), np.float32)
    before = statistics(server)
    connections = [LibcurlConnection(server) for _ in range(4)]
    for number in range(40):
        head = inference(x, True, str(number))
        status, fields, content = connections[number % 4].post(
            "/v2/models/gist/infer", head + x.tobytes(), f"Inference-Header-Content-Length: {len(head)}", OCTETS)
        document, y = read(fields, content)
        assert status == 200 and document["id"] == str(number)
        np.testing.assert_array_equal(y, gist.output(x))
    for connection in connections:
        connection.socket.close()
    after = statistics(server)
    assert after["inference_count"] - before["inference_count"] == 40
    assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 40


def statistics(server):
    """As perf_analyzer reads them: every key by index."""
    with LibcurlConnection(server) as connection:
        status, _, content = connection.get("/v2/models/gist/stats")
    assert status == 200
    (model,) = json.loads(content)["model_stats"]
    assert isinstance(model["name"], str) and isinstance(model["version"], str)
    assert isinstance(model["inference_count"], int) and isinstance(model["execution_count"], int)
    for key in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit",
                "cache_miss"):
        entry = model["inference_stats"][key]
        for name in ("count", "ns"):
            assert type(entry[name]) is int and 0 <= entry[name] < 2**64, (key, name)
    return model


def test_the_configuration_has_every_key_with_its_type(curl):
    config = json.loads(curl.get("/v2/models/gist/config")[2])
    assert type(config["max_batch_size"]) is int
    assert config.get("model_transaction_policy", {}).get("decoupled", False) is False
    assert type(config.get("response_cache", {}).get("enable", False)) is bool
    assert "sequence_batching" not in config and type(config.get("dynamic_batching", {})) is dict
    assert "ensemble_scheduling" not in config
    for entry in config["input"]:
        assert type(entry["name"]) is str
        assert type(entry.get("optional", False)) is bool and type(entry.get("is_shape_tensor", False)) is bool
    for entry in config["output"]:
        assert type(entry["name"]) is str


def test_metadata_has_every_key_with_its_type(curl):
    metadata = json.loads(curl.get("/v2/models/gist")[2])
    assert type(metadata["name"]) is str and type(metadata["platform"]) is str
    for tensor in metadata["inputs"] + metadata["outputs"]:
        assert type(tensor["name"]) is str and type(tensor["datatype"]) is str
        assert all(type(length) is int for length in tensor["shape"])


def test_the_model_is_asked_for_by_version_too(curl, gist):
    assert curl.get("/v2/models/gist/versions/1/ready")[0] == 200
    assert curl.get("/v2/models/gist/versions/1")[0] == 200
    assert json.loads(curl.get("/v2/models/gist/versions/1/config")[2])["name"] == "gist"
    assert json.loads(curl.get("/v2/models/gist/versions/1/stats")[2])["model_stats"][0]["version"] == "1"


@pytest.mark.parametrize("content_type", [JSON, OCTETS])
def test_json_alone_still_has_the_header_with_its_length(curl, gist, content_type):
    head = json.dumps({"inputs": [{"name": "x", "shape": [1, 4, 4, 2], "datatype": "FP32", "data": [1] * 32}],
                       "outputs": [{"name": "y", "parameters": {"binary_data": False}}]}).encode()
    status, fields, content = curl.post(
        "/v2/models/gist/infer", head, f"Inference-Header-Content-Length: {len(head)}", content_type)
    assert status == 200 and "inference-header-content-length" not in fields
    assert fields["content-type"].startswith("application/json")
    np.testing.assert_array_equal(read(fields, content)[1], gist.output(np.ones((1, 4, 4, 2))))


@pytest.mark.parametrize("content_type", [
    OCTETS, JSON, "Content-Type: application/x-www-form-urlencoded", "Content-Type: Application/Octet-Stream", None])
@pytest.mark.parametrize("binary_output", [True, False])
def test_binary_input_under_any_content_type(curl, gist, content_type, binary_output):
    x = np.arange(32, dtype="<f4").reshape(1, 4, 4, 2)
    head = inference(x, binary_output)
    fields = [f"Inference-Header-Content-Length: {len(head)}", *([content_type] if content_type else [])]
    status, fields, content = curl.post("/v2/models/gist/infer", head + x.tobytes(), *fields)
    assert status == 200, content
    assert ("inference-header-content-length" in fields) == binary_output
    np.testing.assert_array_equal(read(fields, content)[1], gist.output(x))


def test_an_empty_expect_is_no_expectation(curl, gist):
    """The client switches libcurl's Expect off; whoever sends the field empty instead expects nothing either."""
    x = np.ones((1, 4, 4, 2), "<f4")
    head = inference(x, True)
    status, fields, content = curl.post(
        "/v2/models/gist/infer", head + x.tobytes(), f"Inference-Header-Content-Length: {len(head)}", "Expect:", OCTETS)
    assert status == 200, content
    np.testing.assert_array_equal(read(fields, content)[1], gist.output(x))


def test_names_of_fields_in_any_case(curl):
    x = np.ones((1, 4, 4, 2), "<f4")
    head = inference(x, True)
    status, _, content = curl.post(
        "/v2/models/gist/infer", head + x.tobytes(), f"inference-header-content-length:{len(head)}",
        "CONTENT-TYPE: application/octet-stream")
    assert status == 200, content


def test_a_raw_binary_request(curl, gist):
    """Header value 0: the content is one tensor, the batch of one image, and all that comes back is binary."""
    x = np.arange(32, dtype="<f4").reshape(1, 4, 4, 2)
    status, fields, content = curl.post(
        "/v2/models/gist/infer", x.tobytes(), "Inference-Header-Content-Length: 0", OCTETS)
    assert status == 200, content
    np.testing.assert_array_equal(read(fields, content)[1], gist.output(x))


@pytest.mark.parametrize("value,body_bytes", [("-1", 0), ("x", 0), ("10000", 0), ("5", 0), ("99999999999999999999", 0),
                                              ("exact", -1), ("exact", 1), ("exact", 4)])
def test_lengths_that_do_not_fit(curl, value, body_bytes):
    x = np.ones((1, 4, 4, 2), "<f4")
    head = inference(x, True)
    body = head + x.tobytes()
    body = body[:body_bytes] if body_bytes < 0 else body + b"\0" * body_bytes
    value = len(head) if value == "exact" else value
    status, _, content = curl.post("/v2/models/gist/infer", body, f"Inference-Header-Content-Length: {value}", OCTETS)
    assert status == 400 and json.loads(content)["error"], content


def test_an_answers_head_is_what_the_client_looks_for(curl):
    """It compares the beginning of each line with the names, and reads numbers with a 32-bit conversion."""
    x = np.ones((1, 4, 4, 2), "<f4")
    head = inference(x, True)
    _, fields, _ = curl.post("/v2/models/gist/infer", head + x.tobytes(),
                             f"Inference-Header-Content-Length: {len(head)}", OCTETS)
    assert re.fullmatch(r"\d{1,9}", fields["inference-header-content-length"])
    assert re.fullmatch(r"\d{1,9}", fields["content-length"])
    assert "transfer-encoding" not in fields
    assert fields["content-type"] == "application/octet-stream"


def test_big_endian_would_be_noticed(curl, gist):
    x = np.zeros((1, 4, 4, 2), "<f4")
    x[0, 0, 0, 0] = struct.unpack("<f", b"\x00\x00\x80\x3f")[0]
    head = inference(x, True)
    _, fields, content = curl.post("/v2/models/gist/infer", head + x.tobytes(),
                                   f"Inference-Header-Content-Length: {len(head)}", OCTETS)
    assert read(fields, content)[1][0, 0, 0, 0] == 1
    assert content.endswith(gist.output(x).astype("<f4").tobytes())
