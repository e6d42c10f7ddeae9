"""Writing safetensors, and reading them back: a length, a JSON header, and the numbers.

Format: 8 bytes little-endian length of the header; the header, padded with spaces to a multiple of 8; the tensors'
bytes one after the other, without holes, in the order of their offsets.
"""
import json
import struct

import numpy as np


def write_safetensors(path, tensors, metadata=None):
    """Writes float32 arrays by name."""
    arrays = {name: np.ascontiguousarray(array, "<f4") for name, array in tensors.items()}
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for array in arrays.values():
            file.write(array.tobytes())


def read_safetensors(path):
    """Reads what `write_safetensors` writes: float32 arrays by name."""
    with open(path, "rb") as file:
        content = file.read()
    length, = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    data = memoryview(content)[8 + length:]
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in header.items()}
