"""What tritonclient's users see when a request makes no sense: status, and a sentence that names the field."""
import json
import re

import numpy as np
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException


def input_of(shape=(1, 4, 4, 2), name="x", binary=True, datatype="FP32", dtype=np.float32):
    tensor = http.InferInput(name, list(shape), datatype)
    tensor.set_data_from_numpy(np.zeros(shape, dtype), binary_data=binary)
    return tensor


def wanted(name="y", **options):
    return http.InferRequestedOutput(name, **options)


CASES = {
    "an unknown model": (dict(model="nothing"), "404", "nothing"),
    "an unknown version": (dict(version="9"), "404", "9"),
    "a wrong input name": (dict(inputs=[input_of(name="image")]), "400", '"image".* x'),
    "a shape that does not fit": (dict(inputs=[input_of((1, 5, 4, 2))]), "400", "5.*4"),
    "too few axes": (dict(inputs=[input_of((4, 4, 2))]), "400", "4,4,2|4, 4, 2"),
    "two inputs": (dict(inputs=[input_of(), input_of(name="x2")]), "400", "2 inputs|x2"),
    "no input": (dict(inputs=[]), "400", "input"),
    "an unknown output": (dict(outputs=[wanted("z")]), "400", '"z".* y'),
    "two outputs of one name": (dict(outputs=[wanted(), wanted()]), "400", "more than once"),
    "classification": (dict(outputs=[wanted(class_count=3)]), "400", "classification"),
    "a sequence": (dict(sequence_id=4, sequence_start=True), "400", "sequence"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_request_that_makes_no_sense(triton, case):
    options, status, sentence = CASES[case]
    options = {"model": "gist", "inputs": [input_of()], "version": "", **options}
    model, version, inputs = options.pop("model"), options.pop("version"), options.pop("inputs")
    with pytest.raises(InferenceServerException, match=sentence) as failure:
        triton.infer(model, inputs, model_version=version, **options)
    assert failure.value.status() == status
    # The connection goes on to be used.
    triton.infer("gist", [input_of()])


def test_shared_memory_is_refused(triton):
    tensor = http.InferInput("x", [1, 4, 4, 2], "FP32")
    tensor.set_shared_memory("region", 128)
    with pytest.raises(InferenceServerException, match="shared_memory"):
        triton.infer("gist", [tensor])
    with pytest.raises(InferenceServerException):
        triton.get_system_shared_memory_status()


def test_questions_about_what_is_not_there(triton):
    for call in (triton.get_model_metadata, triton.get_model_config, triton.get_inference_statistics):
        with pytest.raises(InferenceServerException, match="nothing") as failure:
            call("nothing")
        assert failure.value.status() == "404"


INPUT = {"name": "x", "datatype": "FP32", "shape": [1, 4, 4, 2], "data": [0] * 32}
BODIES = {
    "no JSON": (b"{", 400, ""),
    "an array": (b"[]", 400, "object"),
    "no inputs": (b"{}", 400, "inputs"),
    "inputs that are no list": ({"inputs": {}}, 400, "inputs"),
    "too few numbers": ({"inputs": [{**INPUT, "data": [0] * 31}]}, 400, "31.*32"),
    "too many numbers": ({"inputs": [{**INPUT, "data": [0] * 33}]}, 400, "33.*32"),
    "a text among numbers": ({"inputs": [{**INPUT, "data": ["0"] * 32}]}, 400, "data"),
    "a negative length": ({"inputs": [{**INPUT, "shape": [-1, 4, 4, 2]}]}, 400, "-1"),
    "a length that is no number": ({"inputs": [{**INPUT, "shape": [1, "4", 4, 2]}]}, 400, "shape"),
    "a huge shape": ({"inputs": [{**INPUT, "shape": [2**62, 4, 4, 2]}]}, 400, "shape|limit"),
    "an unknown datatype": ({"inputs": [{**INPUT, "datatype": "FP31"}]}, 400, "FP31.*FP32"),
    "no datatype": ({"inputs": [{k: v for k, v in INPUT.items() if k != "datatype"}]}, 400, "datatype"),
    "no data": ({"inputs": [{k: v for k, v in INPUT.items() if k != "data"}]}, 400, "data"),
    "data nested otherwise": ({"inputs": [{**INPUT, "data": np.zeros((1, 4, 2, 4)).tolist()}]}, 400, "4,2,4|4, 2, 4"),
    "ragged data": ({"inputs": [{**INPUT, "data": [[[[0, 0]] * 4] * 3 + [[[0, 0]] * 3]]}]}, 400, ""),
    "parameters that are no object": ({"inputs": [INPUT], "parameters": 3}, 400, "parameters"),
    "an id that is no text": ({"inputs": [INPUT], "id": 3}, 400, "id"),
    "an integer out of range": ({"inputs": [{**INPUT, "datatype": "INT8", "data": [128] + [0] * 31}]}, 400, "INT8"),
    "a part of an integer": ({"inputs": [{**INPUT, "datatype": "INT32", "data": [0.5] + [0] * 31}]}, 400, "INT32"),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_makes_no_sense(server, case):
    body, status, sentence = BODIES[case]
    got, headers, content = server.request("/v2/models/gist/infer", body, {"Content-Type": "application/json"})
    answer = json.loads(content)
    assert got == status, answer
    assert isinstance(answer["error"], str) and re.search(sentence, answer["error"]), answer["error"]
    assert "json" in headers["Content-Type"]


def test_nested_and_flat_data_are_the_same(server, gist):
    x = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
    answers = [server.json("/v2/models/gist/infer", {"inputs": [{**INPUT, "data": data}]})[1]["outputs"][0]
               for data in (x.tolist(), x.reshape(-1).tolist())]
    assert answers[0] == answers[1]
    np.testing.assert_array_equal(np.reshape(answers[0]["data"], answers[0]["shape"]), gist.output(x))


def test_codings_and_methods(server):
    status, headers, content = server.request(
        "/v2/models/gist/infer", {"inputs": [INPUT]}, {"Content-Encoding": "br", "Content-Type": "application/json"})
    assert status == 415 and "gzip" in headers["Accept-Encoding"] and json.loads(content)["error"]
    status, headers, content = server.request("/v2/models/gist/infer")
    assert status == 405 and headers["Allow"] and json.loads(content)["error"]
    for path in ("/v2/nothing", "/v2/models/gist/versions/x/infer", "/v2/models/gist/nothing"):
        status, answer = server.json(path, {"inputs": [INPUT]})
        assert status == 404 and answer["error"], path
