"""Decoders exported from Keras and PyTorch answer as those did when the export was made (Tests/Exporters)."""
import os

import numpy as np
import pytest

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")
NAMES = sorted(os.listdir(MODELS))


@pytest.mark.parametrize("name", NAMES)
def test_a_served_model_answers_as_its_framework_did(server, name):
    with np.load(os.path.join(MODELS, name, "expected.npz")) as stored:
        expected = dict(stored)
    y = server.infer(name, expected["x"])
    assert y.shape == tuple(expected["shape"])
    # Two float32 computations in different orders, each up to 8 standard deviations of rounding off.
    off = np.abs(y.reshape(-1)[::expected["step"]] - expected["y"])
    assert np.max(off / expected["deviation"].clip(1e-30)) <= 8 * np.sqrt(2)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_alone_has_the_same_bits_as_in_a_batch(server, name):
    with np.load(os.path.join(MODELS, name, "expected.npz")) as stored:
        x = stored["x"]
    batch = np.concatenate([x, -x, 0.5 * x])
    together = server.infer(name, batch)
    alone = np.concatenate([server.infer(name, batch[i:i + 1]) for i in range(len(batch))])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 2), (31, 17)])
def test_height_and_width_may_vary(server, size):
    y = server.infer("decoder", np.ones((1, *size, 3), np.float32))
    assert y.shape == (1, 4 * size[0] + 1, 4 * size[1] + 1, 2)
