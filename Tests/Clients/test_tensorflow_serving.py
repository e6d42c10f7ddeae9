"""Requests to TensorFlow Serving's REST interface, as its users write them, with nothing but urllib."""
import base64
import gzip
import json

import numpy as np
import pytest

X = np.arange(64, dtype=np.float32).reshape(2, 4, 4, 2)


def predict(server, body, model="gist", path="", **options):
    return server.json(f"/v1/models/{model}{path}:predict", body, **options)


def test_rows(server, gist):
    status, answer = predict(server, {"instances": X.tolist()})
    assert status == 200 and list(answer) == ["predictions"]
    np.testing.assert_array_equal(answer["predictions"], gist.output(X))


def test_rows_with_a_named_input(server, gist):
    status, answer = predict(server, {"instances": [{"x": image.tolist()} for image in X]})
    assert status == 200
    np.testing.assert_array_equal(answer["predictions"], gist.output(X))


def test_columns(server, gist):
    status, answer = predict(server, {"inputs": X.tolist()})
    assert status == 200 and list(answer) == ["outputs"]
    np.testing.assert_array_equal(answer["outputs"], gist.output(X))


def test_columns_with_a_named_input(server, gist):
    status, answer = predict(server, {"inputs": {"x": X.tolist()}})
    assert status == 200
    np.testing.assert_array_equal(answer["outputs"], gist.output(X))


@pytest.mark.parametrize("body", [b'{"signature_name": "serving_default", "instances": %s}',
                                  b'{"instances": %s, "signature_name": "serving_default"}', b'{"instances" :\n%s}  '])
def test_the_signature_and_spaces(server, gist, body):
    status, answer = predict(server, body % json.dumps(X.tolist()).encode())
    assert status == 200
    np.testing.assert_array_equal(answer["predictions"], gist.output(X))


@pytest.mark.parametrize("headers", [
    {}, {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "text/plain"}])
def test_any_content_type_is_json(server, gist, headers):
    """curl -d sends a form's, and TensorFlow's own examples do just that."""
    status, answer = predict(server, {"instances": X.tolist()}, headers=headers)
    assert status == 200, answer
    np.testing.assert_array_equal(answer["predictions"], gist.output(X))


def test_a_gzip_request(server, gist):
    body = gzip.compress(json.dumps({"instances": X.tolist()}).encode())
    status, answer = predict(server, body, headers={"Content-Encoding": "gzip"})
    assert status == 200
    np.testing.assert_array_equal(answer["predictions"], gist.output(X))


@pytest.mark.parametrize("path", ["", "/versions/1"])
def test_versions(server, path):
    assert predict(server, {"instances": X.tolist()}, path=path)[0] == 200


def test_lengths_that_vary(server):
    status, answer = predict(server, {"instances": np.ones((2, 3, 5, 3)).tolist()}, model="decoder")
    assert status == 200 and np.shape(answer["predictions"]) == (2, 13, 21, 2)


def test_a_single_row_is_still_a_list(server):
    assert np.shape(predict(server, {"instances": X[:1].tolist()})[1]["predictions"]) == (1, 8, 8, 4)


def test_status(server):
    for path in ("/v1/models/gist", "/v1/models/gist/versions/1"):
        status, answer = server.json(path)
        assert status == 200
        assert answer == {"model_version_status": [
            {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]}


def test_metadata(server):
    status, answer = server.json("/v1/models/gist/metadata")
    assert status == 200
    assert answer["model_spec"] == {"name": "gist", "signature_name": "", "version": "1"}
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    given, made = signature["inputs"]["x"], signature["outputs"]["y"]
    for tensor, shape in ((given, [-1, 4, 4, 2]), (made, [-1, 8, 8, 4])):
        assert tensor["dtype"] == "DT_FLOAT"
        # Protocol Buffers' JSON writes 64-bit numbers as text.
        assert [dim["size"] for dim in tensor["tensor_shape"]["dim"]] == [str(length) for length in shape]
        assert tensor["tensor_shape"]["unknown_rank"] is False
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert server.json("/v1/models/gist/versions/1/metadata")[1] == answer


ERRORS = {
    "an unknown model": ("/v1/models/nothing:predict", {"instances": X.tolist()}, 404),
    "an unknown version": ("/v1/models/gist/versions/7:predict", {"instances": X.tolist()}, 404),
    "a version that is no number": ("/v1/models/gist/versions/x:predict", {"instances": X.tolist()}, 404),
    "a label": ("/v1/models/gist/labels/stable:predict", {"instances": X.tolist()}, 404),
    "an unknown signature": ("/v1/models/gist:predict", {"signature_name": "other", "instances": X.tolist()}, 400),
    "no JSON": ("/v1/models/gist:predict", b"instances", 400),
    "nothing": ("/v1/models/gist:predict", b"", 400),
    "an array": ("/v1/models/gist:predict", b"[]", 400),
    "neither rows nor columns": ("/v1/models/gist:predict", {}, 400),
    "rows and columns": ("/v1/models/gist:predict", {"instances": X.tolist(), "inputs": X.tolist()}, 400),
    "no rows": ("/v1/models/gist:predict", {"instances": []}, 400),
    "rows that are no list": ("/v1/models/gist:predict", {"instances": 3}, 400),
    "rows of two shapes": ("/v1/models/gist:predict", {"instances": [X[0].tolist(), X[0, :2].tolist()]}, 400),
    "a shape that does not fit": ("/v1/models/gist:predict", {"instances": [[1, 2]]}, 400),
    "an unknown input": ("/v1/models/gist:predict", {"inputs": {"image": X.tolist()}}, 400),
    "an unknown input in a row": ("/v1/models/gist:predict", {"instances": [{"image": X[0].tolist()}]}, 400),
    "text": ("/v1/models/gist:predict", {"instances": ["a cat"]}, 400),
    "an image file": ("/v1/models/gist:predict", {"instances": [{"b64": base64.b64encode(b"\xff\xd8").decode()}]}, 400),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_makes_no_sense_has_its_status_and_a_sentence(server, case):
    path, body, expected = ERRORS[case]
    status, headers, content = server.request(path, body, {"Content-Type": "application/json"})
    answer = json.loads(content)
    assert status == expected, answer
    assert isinstance(answer["error"], str) and len(answer["error"]) > 10
    assert "json" in headers["Content-Type"]


@pytest.mark.parametrize("verb", ["classify", "regress", "nothing"])
def test_verbs_that_are_not_offered(server, verb):
    status, answer = server.json(f"/v1/models/gist:{verb}", {"examples": [{"x": 1}]})
    assert status in (400, 404, 501) and answer["error"]


def test_questions_about_what_is_not_there(server):
    for path in ("/v1/models/nothing", "/v1/models/gist/versions/7", "/v1/models/nothing/metadata",
                 "/v1/models/gist/labels/stable"):
        status, answer = server.json(path)
        assert status == 404 and answer["error"], path


@pytest.mark.xfail(strict=True, reason="the server takes no JSON but RFC 8259's, which has no such numbers")
def test_numbers_that_json_has_no_word_for(server):
    """TensorFlow Serving takes and writes NaN, Infinity and -Infinity as bare words."""
    body = json.dumps({"instances": X.tolist()}).replace("63.0", "Infinity").replace("[0.0, 1.0]", "[NaN, 1.0]", 1)
    status, answer = predict(server, body.encode())
    assert status == 200, answer
    y = np.array(answer["predictions"])
    assert np.isposinf(y[1, 7, 7]).all() and np.isnan(y[0, 0, 0]).all()


def test_whole_numbers_of_json_are_numbers(server, gist):
    status, answer = predict(server, {"instances": X.astype(int).tolist()})
    assert status == 200
    np.testing.assert_array_equal(answer["predictions"], gist.output(X))


def test_the_path_is_known_by_name_alone(server):
    """A query behind the verb does not hide it."""
    status, answer = server.json("/v1/models/gist:predict?trace=1", {"instances": X.tolist()})
    assert status == 200, answer
