"""Every datatype that converts to float32, from tritonclient."""
import ml_dtypes
import numpy as np
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

# Small whole numbers, which every type holds.
VALUES = np.arange(32).reshape(1, 4, 4, 2)
INTEGERS = {"UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
            "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64}
TYPES = {**INTEGERS, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64, "BOOL": np.bool_}


def infer(triton, values, datatype, binary=True):
    tensor = http.InferInput("x", list(values.shape), datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return triton.infer("gist", [tensor]).as_numpy("y")


@pytest.mark.parametrize("datatype", TYPES)
def test_binary(triton, gist, datatype):
    values = (VALUES % 2 if datatype == "BOOL" else VALUES).astype(TYPES[datatype])
    y = infer(triton, values, datatype)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, gist.output(values))


@pytest.mark.parametrize("datatype", [name for name in TYPES if name != "FP16"])
def test_json(triton, gist, datatype):
    values = (VALUES % 2 if datatype == "BOOL" else VALUES).astype(TYPES[datatype])
    np.testing.assert_array_equal(infer(triton, values, datatype, binary=False), gist.output(values))


def test_bf16_is_binary(triton, gist):
    values = (VALUES / 8).astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(infer(triton, values, "BF16"), gist.output(values.astype(np.float32)))


@pytest.mark.parametrize("datatype", INTEGERS)
def test_the_ends_of_a_type_are_rounded_to_float32(triton, datatype):
    ends = np.iinfo(INTEGERS[datatype])
    x = np.zeros((1, 4, 4, 2), INTEGERS[datatype])
    x[0, 1, 1, 0] = ends.max
    x[0, 3, 3, 1] = ends.min
    y = infer(triton, x, datatype)
    assert y[0, 2, 2, 0] == np.float32(ends.max)
    assert y[0, 7, 7, 0] == np.float32(ends.min)


def test_fp64_is_rounded_to_the_nearest_float32(triton):
    x = np.zeros((1, 4, 4, 2))
    x[0, 0, 0, 0] = 1 + 3e-8  # nearer to 1 than to the next
    assert infer(triton, x, "FP64")[0, 0, 0, 0] == 1
    x[0, 0, 0, 0] = 0.1
    assert infer(triton, x, "FP64", binary=False)[0, 0, 0, 0] == np.float32(0.1)


def test_nan_and_infinity_pass_in_binary(triton):
    x = np.zeros((1, 4, 4, 2), np.float32)
    x[0, 0, 0, 0], x[0, 3, 3, 0] = np.nan, np.inf
    y = infer(triton, x, "FP32")
    assert np.isnan(y[0, 0, 0]).all() and np.isposinf(y[0, 7, 7]).all()
    assert np.isfinite(y).sum() == (64 - 9 - 4) * 4


def test_fp16_in_json_is_refused_with_a_way_out(server):
    """tritonclient does not send this; others may."""
    for datatype in ("FP16", "BF16"):
        status, answer = server.json("/v2/models/gist/infer", {"inputs": [
            {"name": "x", "datatype": datatype, "shape": [1, 4, 4, 2], "data": [0] * 32}]})
        assert status == 400 and "binary" in answer["error"] and datatype in answer["error"]


def test_bytes_are_refused(triton):
    tensor = http.InferInput("x", [1, 4, 4, 2], "BYTES")
    tensor.set_data_from_numpy(np.full((1, 4, 4, 2), b"1", np.object_))
    with pytest.raises(InferenceServerException, match="datatype") as failure:
        triton.infer("gist", [tensor])
    assert failure.value.status() == "400"
