"""A server that writes for TensorBoard, and TensorBoard itself."""
import io
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../Clients"))

from upconv_server import ROOT, UpconvServer  # noqa: E402

MODELS = os.path.join(ROOT, "Examples/models")
# One point of every scalar, at the end.
FLAGS = ["--tensorboard-share", "1", "--tensorboard-seconds", "3600"]


def operation(x, w, **options):
    """A request for /v1/conv2d_transpose."""
    return {"input": x.tolist(), "filters": w.tolist(), **options}


class Recorded:
    """What a server was asked and answered, and where it wrote it down."""

    def __init__(self, models, folder):
        self.folder = str(folder)
        # One of many layers beside those of one.
        shutil.copytree(MODELS, models)
        shutil.copytree(os.path.join(ROOT, "Tests/Clients/models/dcgan"), models / "dcgan")
        generator = np.random.default_rng(7)
        with UpconvServer(models, "--tensorboard", self.folder, *FLAGS) as server:
            self.outputs = []
            for images in (3, 1, 2):
                x = generator.standard_normal((images, 4, 4, 2), np.float32)
                self.outputs.append(server.infer("gist", x))
            # A grey picture: each pixel of the input to a square of four, values from 0 to 1.
            self.grey = generator.random((1, 5, 7, 1), np.float32)
            request = operation(self.grey, np.ones((2, 2, 1, 1)), strides=2)
            status, _ = server.json("/v1/conv2d_transpose", request)
            assert status == 200
            status, _, self.png = server.request(
                "/v1/conv2d_transpose", request, {"Content-Type": "application/json", "Accept": "image/png"})
            assert status == 200
            status, prediction = server.json("/v1/models/gist:predict", {"instances": np.ones((1, 4, 4, 2)).tolist()})
            assert status == 200
            self.outputs.append(np.array(prediction["predictions"], np.float32))
            status, statistics = server.json("/v2/models/gist/stats")
            self.statistics = statistics["model_stats"][0]["inference_stats"]
            self.metrics = server.request("/metrics")[2].decode()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tensorboard")
    return Recorded(folder / "models", folder / "events")


class TensorBoard:
    """TensorBoard's own program over a folder, asked as its page asks."""

    def __init__(self, folder):
        program = os.path.join(os.path.dirname(sys.executable), "tensorboard")
        self.process = subprocess.Popen(
            [program, "--logdir", folder, "--host", "127.0.0.1", "--port", "0"], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if match := re.search(r"http://[\w.]+:(\d+)/", line):
                self.url = f"http://127.0.0.1:{match[1]}"
                return
        raise RuntimeError("TensorBoard did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.process.stderr.close()


def png(data):
    from PIL import Image
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
