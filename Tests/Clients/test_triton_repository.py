"""tritonclient over the model repository: index, load, unload."""
import shutil

import numpy as np
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(explicit):
    with http.InferenceServerClient(explicit.address) as client:
        yield client


def states(client):
    return {entry["name"]: entry.get("state", "") for entry in client.get_model_repository_index()}


def infer(client, model, x):
    tensor = http.InferInput("x", list(x.shape), "FP32").set_data_from_numpy(x)
    return client.infer(model, [tensor]).as_numpy("y")


def test_the_index_lists_what_is_loaded_and_what_could_be(client):
    index = client.get_model_repository_index()
    (gist,) = [entry for entry in index if entry["name"] == "gist"]
    assert gist == {"name": "gist", "version": "1", "state": "READY", "reason": ""}
    assert {"decoder", "pix2pix_up7"} <= {entry["name"] for entry in index}
    assert states(client)["decoder"] != "READY"


def test_the_index_of_what_is_ready(explicit):
    for body in ({"ready": True}, b'{"ready":true}'):
        status, index = explicit.json("/v2/repository/index", body)
        assert status == 200 and [entry["name"] for entry in index] == ["gist"]
    assert len(explicit.json("/v2/repository/index", b"")[1]) > 1
    assert len(explicit.json("/v2/repository/index", b"{}")[1]) > 1


def test_a_model_is_loaded_used_unloaded_and_loaded_again(client):
    x = np.ones((1, 2, 3, 3), np.float32)
    assert not client.is_model_ready("decoder")
    with pytest.raises(InferenceServerException) as failure:
        infer(client, "decoder", x)
    assert failure.value.status() in ("404", "503")
    client.load_model("decoder")
    assert client.is_model_ready("decoder") and states(client)["decoder"] == "READY"
    first = infer(client, "decoder", x)
    client.unload_model("decoder")
    # What was unloaded may take a moment to be gone, but not to be refused.
    assert not client.is_model_ready("decoder")
    assert states(client)["decoder"] in ("UNAVAILABLE", "UNLOADING")
    client.load_model("decoder")
    np.testing.assert_array_equal(infer(client, "decoder", x), first)


def test_loading_again_takes_the_new_files(client, explicit):
    x = np.ones((1, 2, 3, 3), np.float32)
    client.load_model("decoder")
    first = infer(client, "decoder", x)
    shutil.copytree(explicit.models / "decoder/1", explicit.models / "decoder/2")
    path = explicit.models / "decoder/2/model.json"
    path.write_text(path.read_text().replace('"activation": "relu"', '"activation": "tanh"'))
    client.load_model("decoder")
    assert client.get_model_metadata("decoder")["versions"] == ["2"]
    assert np.abs(infer(client, "decoder", x) - first).max() > 0.01


def test_what_cannot_be_loaded_says_why(client, explicit):
    path = explicit.models / "decoder/1/weights.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InferenceServerException) as failure:
        client.load_model("decoder")
    assert failure.value.status()[0] in "45" and "weights" in failure.value.message()
    (entry,) = [entry for entry in client.get_model_repository_index() if entry["name"] == "decoder"]
    assert entry["state"] == "UNAVAILABLE" and "weights" in entry["reason"]
    assert client.is_model_ready("gist")


def test_a_model_that_is_not_there_is_not_loaded(client):
    for call in (client.load_model, client.unload_model):
        with pytest.raises(InferenceServerException) as failure:
            call("nothing")
        assert failure.value.status() in ("400", "404") and "nothing" in failure.value.message()


def test_files_in_the_request_are_refused(client):
    """Triton takes whole models in a load request; here they come from the folder alone."""
    with pytest.raises(InferenceServerException, match="parameters"):
        client.load_model("decoder", config='{"max_batch_size": 1}')
    with pytest.raises(InferenceServerException, match="parameters"):
        client.load_model("decoder", config="{}", files={"file:1/model.json": b"{}"})


def test_unloading_needs_explicit_mode(triton):
    for call in (triton.load_model, triton.unload_model):
        with pytest.raises(InferenceServerException, match="explicit"):
            call("gist")
    assert triton.is_model_ready("gist")
