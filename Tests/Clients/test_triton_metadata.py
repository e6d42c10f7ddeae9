"""tritonclient's questions about the server and its models."""
import numpy as np
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException


def test_the_server_is_live_and_ready(triton):
    assert triton.is_server_live() is True
    assert triton.is_server_ready() is True


@pytest.mark.parametrize("path,key", [("/v2/health/live", "live"), ("/v2/health/ready", "ready")])
def test_health_says_so_in_json(server, path, key):
    status, headers, content = server.request(path)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert server.json(path)[1][key] is True


def test_models_and_versions_are_ready_or_not(triton):
    assert triton.is_model_ready("gist") is True
    assert triton.is_model_ready("gist", "1") is True
    assert triton.is_model_ready("gist", "2") is False
    assert triton.is_model_ready("nothing") is False
    assert triton.is_model_ready("a/../gist") is False


def test_server_metadata(triton):
    metadata = triton.get_server_metadata()
    assert isinstance(metadata["name"], str) and isinstance(metadata["version"], str)
    assert {"binary_tensor_data", "model_configuration", "model_repository", "statistics", "parameters"} <= set(
        metadata["extensions"])
    # What is not offered is not promised.
    assert not {"system_shared_memory", "cuda_shared_memory", "sequence", "classification", "trace", "logging"} & set(
        metadata["extensions"])


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_server_metadata_is_there_with_and_without_a_slash(server, path):
    assert server.json(path)[1]["name"]


@pytest.mark.parametrize("version", ["", "1"])
def test_model_metadata(triton, version):
    metadata = triton.get_model_metadata("gist", version)
    assert metadata["name"] == "gist" and metadata["versions"] == ["1"] and isinstance(metadata["platform"], str)
    assert metadata["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 4, 4, 2],
                                   "parameters": {"data_format": "channels_last"}}]
    assert metadata["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [-1, 8, 8, 4],
                                    "parameters": {"data_format": "channels_last"}}]
    assert metadata["parameters"] == {"weights": "initialised with constants"}


def test_lengths_that_vary_are_minus_one(triton):
    metadata = triton.get_model_metadata("decoder")
    assert metadata["inputs"][0]["shape"] == [-1, -1, -1, 3]
    assert metadata["outputs"][0]["shape"] == [-1, -1, -1, 2]


def test_model_configuration(triton):
    config = triton.get_model_config("pix2pix_up7")
    assert config["name"] == "pix2pix_up7"
    assert isinstance(config["max_batch_size"], int) and config["max_batch_size"] >= 0
    batched = config["max_batch_size"] > 0
    (given,), (made,) = config["input"], config["output"]
    assert (given["name"], given["data_type"], given["dims"]) == ("x", "TYPE_FP32", [-1][batched:] + [64, 64, 256])
    assert (made["name"], made["data_type"], made["dims"]) == ("y", "TYPE_FP32", [-1][batched:] + [128, 128, 64])
    assert given["format"] == ("FORMAT_NHWC" if batched else "FORMAT_NONE")
    assert config["instance_group"]


def count(statistics, name="gist"):
    (model,) = [model for model in statistics["model_stats"] if model["name"] == name]
    return model


@pytest.mark.parametrize("version", ["", "1"])
def test_statistics_count_images_and_runs(triton, gist, version):
    before = count(triton.get_inference_statistics("gist", version))
    tensor = http.InferInput("x", [3, 4, 4, 2], "FP32").set_data_from_numpy(gist.x)
    for _ in range(5):
        triton.infer("gist", [tensor])
    after = count(triton.get_inference_statistics("gist", version))
    assert after["version"] == "1"
    assert after["inference_count"] - before["inference_count"] == 15
    assert after["execution_count"] - before["execution_count"] == 5
    assert after["last_inference"] > 1_700_000_000_000, "milliseconds since 1970"
    for key in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        one, other = before["inference_stats"][key], after["inference_stats"][key]
        assert other["count"] - one["count"] == 5, key
        assert other["ns"] >= one["ns"], key
    assert after["inference_stats"]["compute_infer"]["ns"] > before["inference_stats"]["compute_infer"]["ns"]
    for key in ("fail", "cache_hit", "cache_miss"):
        assert set(after["inference_stats"][key]) == {"count", "ns"}


def test_requests_that_are_refused_are_no_inferences(triton):
    before = count(triton.get_inference_statistics("gist"))
    tensor = http.InferInput("x", [1, 5, 4, 2], "FP32").set_data_from_numpy(np.zeros((1, 5, 4, 2), np.float32))
    with pytest.raises(InferenceServerException):
        triton.infer("gist", [tensor])
    after = count(triton.get_inference_statistics("gist"))
    for key in ("inference_count", "execution_count", "last_inference"):
        assert after[key] == before[key]
    assert after["inference_stats"]["success"] == before["inference_stats"]["success"]


def test_statistics_of_all_models(triton, server):
    names = {model["name"] for model in triton.get_inference_statistics()["model_stats"]}
    assert {"gist", "pix2pix_up7", "decoder"} <= names
    assert {model["name"] for model in server.json("/v2/models/stats")[1]["model_stats"]} == names


def test_batch_statistics_say_how_large_runs_were(triton, gist):
    tensor = http.InferInput("x", [3, 4, 4, 2], "FP32").set_data_from_numpy(gist.x)
    triton.infer("gist", [tensor])
    batches = count(triton.get_inference_statistics("gist"))["batch_stats"]
    (three,) = [batch for batch in batches if batch["batch_size"] == 3]
    for key in ("compute_input", "compute_infer", "compute_output"):
        assert three[key]["count"] >= 1 and isinstance(three[key]["ns"], int)
