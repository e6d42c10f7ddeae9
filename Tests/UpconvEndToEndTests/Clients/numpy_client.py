"""A NumPy user's requests, against a running server; its only packages are NumPy and the standard library.

usage: numpy_client.py http://HOST:PORT GOLDEN_FOLDER

Every golden case goes out as NPZ, stored and compressed, plain and gzip, and comes back in every form that an answer
has. Prints how many answers were right; exits with 1 at the first that is not.
"""
import gzip, io, json, struct, sys, urllib.parse, urllib.request
import numpy as np

url, folder = sys.argv[1], sys.argv[2]


def safetensors(blob):
    length, = struct.unpack("<Q", blob[:8])
    header = json.loads(blob[8:8 + length])
    data = blob[8 + length:]
    kinds = {"F32": "<f4"}
    return {name: np.frombuffer(data[slice(*t["data_offsets"])], kinds[t["dtype"]]).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__"}


def post(path, body, kind, accept, coding=None):
    headers = {"Content-Type": kind, "Accept": accept, "Accept-Encoding": "gzip"}
    if coding: headers["Content-Encoding"] = coding
    with urllib.request.urlopen(urllib.request.Request(url + path, body, headers)) as answer:
        content = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip": content = gzip.decompress(content)
        return answer.headers, content


def read(kind, headers, content):
    assert headers["Content-Type"] == kind, headers["Content-Type"]
    if kind == "application/x-npy": return np.load(io.BytesIO(content), allow_pickle=False)
    if kind == "application/vnd.safetensors": return safetensors(content)["output"]
    if kind == "application/json":
        answer = json.loads(content)
        return np.array(answer["data"], "<f4").reshape(answer["shape"])
    shape = [int(n) for n in headers["Upconv-Shape"].split(",")]
    return np.frombuffer(content, "<f4").reshape(shape)


cases = json.load(open(folder + "/cases.json"))
tensors = safetensors(open(folder + "/cases.safetensors", "rb").read())
right = 0
for number, case in enumerate(cases):
    name = case["name"]
    arrays = {part: tensors[f"{name}/{part}"] for part in ("input", "filters", "bias") if f"{name}/{part}" in tensors}
    if number % 3 == 1: arrays = {part: np.asfortranarray(array) for part, array in arrays.items()}
    query = urllib.parse.urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in case["params"].items()})
    expected = tensors[f"{name}/output"]
    # The sum of |x·w| is not known here; every element's bound may use the largest output of its case.
    bound = 4e-6 * max(1.0, float(np.abs(expected).max(initial=0)))
    for save in (np.savez, np.savez_compressed):
        for kind in ("application/x-npy", "application/vnd.safetensors", "application/json", "application/octet-stream"):
            file = io.BytesIO(); save(file, **arrays); body = file.getvalue()
            coding = "gzip" if kind == "application/x-npy" else None
            headers, content = post("/v1/conv2d_transpose?" + query, gzip.compress(body) if coding else body,
                                    "application/x-npz", kind, coding)
            got = read(kind, headers, content)
            assert got.shape == expected.shape, (name, kind, got.shape, expected.shape)
            assert np.abs(got - expected).max(initial=0) <= bound, (name, kind, np.abs(got - expected).max())
            right += 1
# Other element types are converted on the way in.
for dtype in ("<f2", "<f8", ">f4", "<i4", "|u1", "|b1", "<i8"):
    file = io.BytesIO()
    np.savez(file, input=np.ones((1, 2, 2, 1), dtype), filters=np.ones((2, 2, 1, 1), dtype))
    headers, content = post("/v1/conv2d_transpose?strides=2", file.getvalue(), "application/x-npz", "application/x-npy")
    assert (read("application/x-npy", headers, content) == np.ones((1, 4, 4, 1))).all(), dtype
    right += 1
# Pickles are refused, in a sentence.
file = io.BytesIO(); np.savez(file, input=np.array([{}], object), filters=np.ones((1, 1, 1, 1)))
try:
    post("/v1/conv2d_transpose", file.getvalue(), "application/x-npz", "*/*")
    raise AssertionError("a pickle was taken")
except urllib.error.HTTPError as error:
    sentence = json.loads(error.read())["error"]
    assert error.code == 400 and "pickle" in sentence, sentence
print(f"{right} answers right")
