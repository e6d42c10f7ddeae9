"""What clients see of a queue that is full, and of a deadline that passed in it."""
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

from upconv_server import ROOT, UpconvServer

X = np.random.default_rng(5).normal(0, 1, (1, 64, 64, 256)).astype("<f4")


@pytest.fixture(scope="module")
def busy():
    """One thread, one request that may wait, none joined: a third at the same time is one too many."""
    flags = ["--threads", "1", "--max-queue-size", "1", "--max-batch-size", "0"]
    with UpconvServer(f"{ROOT}/Examples/models", *flags) as server:
        yield server


def post(server):
    head = json.dumps({"inputs": [{"name": "x", "shape": X.shape, "datatype": "FP32",
                                   "parameters": {"binary_data_size": X.nbytes}}],
                       "parameters": {"binary_data_output": True}}).encode()
    return server.request("/v2/models/pix2pix_up7/infer", head + X.tobytes(), {
        "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))})


def test_a_full_queue_is_503_with_retry_after_and_the_rest_is_right(busy):
    expected = busy.infer("pix2pix_up7", X).tobytes()
    refused = 0
    for _ in range(20):
        with ThreadPoolExecutor(24) as clients:
            answers = list(clients.map(lambda _: post(busy), range(24)))
        assert any(status == 200 for status, _, _ in answers)
        for status, headers, content in answers:
            if status == 200:
                assert content.endswith(expected)
                continue
            assert status == 503 and json.loads(content)["error"], content
            assert int(headers["Retry-After"]) >= 1
            refused += 1
        if refused:
            return
    pytest.fail("480 requests, 24 at a time, and none was refused")


def test_tritonclient_says_that_the_queue_is_full(busy):
    tensor = http.InferInput("x", list(X.shape), "FP32").set_data_from_numpy(X)
    with http.InferenceServerClient(busy.address, concurrency=24, max_greenlets=24) as client:
        for _ in range(20):
            failures = []
            for handle in [client.async_infer("pix2pix_up7", [tensor]) for _ in range(24)]:
                try:
                    handle.get_result()
                except InferenceServerException as failure:
                    failures.append(failure)
            if failures:
                assert all(f.status() == "503" and "wait" in f.message() for f in failures), failures[0]
                return
    pytest.fail("480 requests, 24 at a time, and none was refused")


def test_a_deadline_that_passes_in_the_queue_is_504():
    """Triton's parameter `timeout`, in microseconds: of requests behind a long one, one of 1 µs is not run."""
    with UpconvServer(f"{ROOT}/Examples/models", "--threads", "1", "--max-batch-size", "0") as server:
        stop = threading.Event()

        def keep_busy():
            while not stop.is_set():
                assert post(server)[0] == 200
        with ThreadPoolExecutor(3) as clients, http.InferenceServerClient(server.address) as client:
            background = [clients.submit(keep_busy) for _ in range(3)]
            tensor = http.InferInput("x", list(X.shape), "FP32").set_data_from_numpy(X)
            try:
                for _ in range(100):
                    try:
                        client.infer("pix2pix_up7", [tensor], timeout=1)
                    except InferenceServerException as failure:
                        assert failure.status() == "504", failure
                        break
                else:
                    pytest.fail("no deadline of 1 µs ever passed")
                # One that is long enough is met behind the same work.
                client.infer("pix2pix_up7", [tensor], timeout=60_000_000)
            finally:
                stop.set()
            for done in background:
                done.result()
