"""A chain of layers: checked against an answer, and written whole or not at all; without a framework."""
import os
import subprocess
import sys

import numpy as np
import pytest

from upconv_export import Chain, ExportError
from upconv_export import chain as chain_module
from upconv_export.errors import LayerError, raise_all
from upconv_export.reference_model import ReferenceModel
from upconv_export.verification import verify


def dense(kernel):
    chain = Chain("model", [2])
    chain.add("Dense", "d", {"kernel": kernel}, units=2, activation="linear", use_bias=False)
    return chain


def test_the_right_answer_passes_and_another_is_named_with_its_difference():
    kernel = np.float32([[1, 2], [3, 4]])
    verify(dense(kernel), lambda x: x @ kernel)
    with pytest.raises(ExportError, match="differ from them by up to .*nothing was written"):
        verify(dense(kernel), lambda x: x @ kernel * np.float32(1.0001))
    with pytest.raises(ExportError, match=r"gives \[2, 1\]"):
        verify(dense(kernel), lambda x: (x @ kernel)[:, :1])


def test_the_first_layer_that_differs_is_named():
    chain = dense(np.eye(2, dtype=np.float32))
    chain.add("Activation", "a", activation="tanh")
    steps = [("0", 1, lambda x: x), ("1", 2, lambda x: x)]
    with pytest.raises(ExportError, match="its layer '1' is the first"):
        verify(chain, lambda x: x, steps)


def test_a_model_that_fails_is_a_sentence():
    def fails(x):
        raise ValueError("no such size")
    with pytest.raises(ExportError, match="the model itself fails on an input.*no such size"):
        verify(dense(np.eye(2)), fails)


def test_an_answer_that_changes_its_input_is_no_difference():
    def doubles(x):
        x *= 2
        return x
    verify(dense(2 * np.eye(2)), doubles)


def test_prelu_by_channel_wherever_the_channels_stand():
    x = np.float32([[[[-1, -2], [3, -4]]]])
    for shape, axes in (((1, 1, 2), [1, 2]), ((1, 2, 1), [1, 3])):
        chain = Chain("model", [1, 2, 2])
        chain.add("PReLU", "p", {"alpha": np.float32([0.5, 0.25]).reshape(shape)}, shared_axes=axes)
        y, _ = ReferenceModel(chain.layers, chain.weights).run(x)
        assert y.shape == x.shape and y[0, 0, 0, 0] == -0.5
        assert y[0, 0, 1, 1] == -1


@pytest.mark.parametrize("folder, sentence", [
    ("m/0", "from 1"), ("m/01", "without zeros"), ("a b/1", "'a b' is no name"), (".hidden/1", "begin with")])
def test_a_folder_that_would_not_be_served_is_refused(folder, sentence, tmp_path):
    with pytest.raises(ExportError, match=sentence):
        dense(np.eye(2)).write(tmp_path / folder)
    assert not os.listdir(tmp_path)


def test_a_version_beside_a_model_is_refused(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m/model.json").write_text("{}")
    with pytest.raises(ExportError, match="holds a model.json"):
        dense(np.eye(2)).write(tmp_path / "m/1")


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(path, tensors):
        raise OSError("no space left on device")
    monkeypatch.setattr(chain_module, "write_safetensors", full)
    with pytest.raises(OSError):
        dense(np.eye(2)).write(tmp_path / "models/m/1")
    assert not os.listdir(tmp_path)


PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python/upconv_export/__main__.py")
# As if no framework were installed.
BARE = [sys.executable, "-c", "import runpy, sys; sys.modules.update(torch=None, keras=None, tensorflow=None); "
        "sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')", PROGRAM]


@pytest.mark.parametrize("arguments, sentence", [
    (["torch", "a:b"], "PyTorch cannot be imported by"), (["keras", "a:b"], "Keras cannot be imported by"),
    (["savedmodel", "nowhere"], "there is no SavedModel in nowhere"), (["savedmodel", "."], "TensorFlow cannot be")])
def test_a_missing_framework_or_folder_is_a_sentence(arguments, sentence, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    said = subprocess.run([*BARE, *arguments, "-o", "m/1"], cwd=tmp_path, capture_output=True, text=True)
    assert (said.returncode, "Traceback" in said.stderr) == (2, False), said.stderr
    assert sentence in said.stderr
    assert os.listdir(tmp_path) == ["saved_model.pb"]


def test_all_obstacles_are_one_error():
    raise_all([])
    with pytest.raises(ExportError) as refused:
        raise_all([LayerError("a", "Mish", "cannot be exported; layers that can are X"),
                   LayerError("b", "GLU", "cannot be exported; layers that can are X")])
    text = str(refused.value)
    assert "'a'" in text and "'b'" in text and text.count("layers that can are") == 1
