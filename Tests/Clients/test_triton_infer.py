"""tritonclient.http as it comes from PyPI: inference, in every form that a request and an answer have."""
import asyncio
import itertools

import numpy as np
import pytest
import tritonclient.http as http
import tritonclient.http.aio as aio

FORMS = [(i, o) for i in (True, False) for o in (True, False)]
CODINGS = list(itertools.product((None, "gzip", "deflate"), repeat=2))


def input_of(x, binary=True, name="x", datatype="FP32"):
    tensor = http.InferInput(name, list(x.shape), datatype)
    tensor.set_data_from_numpy(x, binary_data=binary)
    return tensor


def output_of(binary=True, name="y"):
    return http.InferRequestedOutput(name, binary_data=binary)


@pytest.mark.parametrize("binary_input,binary_output", FORMS)
def test_json_and_binary_in_all_mixtures(triton, gist, binary_input, binary_output):
    result = triton.infer("gist", [input_of(gist.x, binary_input)], outputs=[output_of(binary_output)])
    np.testing.assert_array_equal(result.as_numpy("y"), gist.output(gist.x))
    output = result.get_output("y")
    assert (output["datatype"], output["shape"]) == ("FP32", [3, 8, 8, 4])
    assert ("data" in output) != binary_output
    assert ("binary_data_size" in output.get("parameters", {})) == binary_output
    assert result.as_numpy("z") is None


@pytest.mark.parametrize("request_coding,response_coding", CODINGS)
@pytest.mark.parametrize("binary", [True, False])
def test_request_and_answer_are_compressed_as_asked(triton, gist, binary, request_coding, response_coding):
    x = np.random.default_rng(1).normal(0, 1, (8, 4, 4, 2)).astype(np.float32)
    result = triton.infer(
        "gist", [input_of(x, binary)], outputs=[output_of(binary)], request_compression_algorithm=request_coding,
        response_compression_algorithm=response_coding)
    np.testing.assert_allclose(result.as_numpy("y"), gist.output(x), atol=2e-6)


def test_without_outputs_all_come_back_binary(triton, gist):
    result = triton.infer("gist", [input_of(gist.x)])
    assert result.get_output("y")["parameters"]["binary_data_size"] == 3 * 8 * 8 * 4 * 4
    np.testing.assert_array_equal(result.as_numpy("y"), gist.output(gist.x))


def test_the_id_comes_back_and_the_version_is_said(triton, gist):
    result = triton.infer("gist", [input_of(gist.x)], request_id="request 7/ü", model_version="1").get_response()
    assert result["id"] == "request 7/ü"
    assert (result["model_name"], result["model_version"]) == ("gist", "1")
    assert "id" not in triton.infer("gist", [input_of(gist.x)]).get_response()


def test_parameters_priority_timeout_and_headers_are_taken(triton, gist):
    result = triton.infer(
        "gist", [input_of(gist.x)], priority=1, timeout=5_000_000,
        parameters={"colour": "red", "count": 3, "fast": True}, headers={"X-Trace": "1"}, query_params={"a": 1})
    np.testing.assert_array_equal(result.as_numpy("y"), gist.output(gist.x))


def test_async_infer_answers_each_request_with_its_own(triton, gist):
    waiting = [triton.async_infer("gist", [input_of(gist.x * number, number % 2 == 0)], request_id=str(number),
                                  outputs=[output_of(number % 3 == 0)]) for number in range(40)]
    for number, handle in enumerate(waiting):
        result = handle.get_result()
        assert result.get_response()["id"] == str(number)
        np.testing.assert_array_equal(result.as_numpy("y"), gist.output(gist.x * number))


def test_aio_answers_each_request_with_its_own(server, gist):
    async def run():
        async with aio.InferenceServerClient(server.address) as client:
            async def one(number):
                tensor = aio.InferInput("x", list(gist.x.shape), "FP32")
                tensor.set_data_from_numpy(gist.x * number, binary_data=number % 2 == 0)
                wanted = aio.InferRequestedOutput("y", binary_data=number % 3 == 0)
                coding = (None, "gzip", "deflate")[number % 3]
                return await client.infer("gist", [tensor], outputs=[wanted], request_id=str(number),
                                          request_compression_algorithm=coding, response_compression_algorithm=coding)
            assert await client.is_server_live() and await client.is_server_ready()
            assert await client.is_model_ready("gist")
            return await asyncio.gather(*map(one, range(40)))
    for number, result in enumerate(asyncio.run(run())):
        assert result.get_response()["id"] == str(number)
        np.testing.assert_array_equal(result.as_numpy("y"), gist.output(gist.x * number))


def test_a_large_model_keeps_its_connection(triton):
    """Inputs and outputs of 4 MiB each way, ten times on one connection."""
    x = np.random.default_rng(2).normal(0, 1, (1, 64, 64, 256)).astype(np.float32)
    first = triton.infer("pix2pix_up7", [input_of(x)]).as_numpy("y")
    assert first.shape == (1, 128, 128, 64) and np.isfinite(first).all() and first.std() > 0.01
    for _ in range(9):
        assert triton.infer("pix2pix_up7", [input_of(x)]).as_numpy("y").tobytes() == first.tobytes()


def test_an_empty_batch_has_an_empty_answer(triton):
    y = triton.infer("gist", [input_of(np.zeros((0, 4, 4, 2), np.float32))]).as_numpy("y")
    assert y.shape == (0, 8, 8, 4)
