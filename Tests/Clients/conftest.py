"""The folder of models that the tests are served from, and the servers over it."""
import os
import shutil
import sys

import numpy as np
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from upconv_server import ROOT, UpconvServer  # noqa: E402


def copy_models(folder):
    shutil.copytree(os.path.join(ROOT, "Examples/models"), folder, dirs_exist_ok=True)
    shutil.copytree(os.path.join(HERE, "models"), folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Everything in Examples/models and in models/ here, loaded at the start."""
    with UpconvServer(copy_models(tmp_path_factory.mktemp("models"))) as server:
        yield server


@pytest.fixture
def explicit(tmp_path):
    """A server of its own, which loads and unloads on request; `gist` is loaded."""
    with UpconvServer(copy_models(tmp_path / "models"), "--model-control-mode", "explicit", "--allow-admin",
                      "--load-model", "gist") as server:
        server.models = tmp_path / "models"
        yield server


@pytest.fixture
def triton(server):
    from tritonclient import http
    with http.InferenceServerClient(server.address, concurrency=4) as client:
        yield client


class Gist:
    """The model of the service's first example: a 3x3 kernel of ones at stride 2, 2 channels to 4."""
    x = np.ones((3, 4, 4, 2), np.float32)

    @staticmethod
    def output(x):
        """Every input pixel goes to the three rows and columns from twice its own; what leaves the image is cut."""
        x = np.asarray(x, np.float32)
        y = np.zeros((len(x), 9, 9, 4), np.float32)
        for i in range(3):
            for j in range(3):
                y[:, i:i + 7:2, j:j + 7:2] += x.sum(-1, keepdims=True)
        return y[:, :8, :8]


@pytest.fixture
def gist():
    return Gist
