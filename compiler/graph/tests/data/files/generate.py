"""Writes the files beside this one with NumPy 2.4: python3 generate.py"""

import io
import json
import struct
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np

here = Path(__file__).parent


def archive(name, entries, compression=zipfile.ZIP_STORED):
    """As np.savez, of raw bytes and of one time stamp."""
    with zipfile.ZipFile(here / name, "w", compression) as file:
        for key, data in entries.items():
            file.writestr(zipfile.ZipInfo(key + ".npy"), data, compression)


def saved(array, version=None):
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


numbers = np.array([[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]])

# Element types with both byte orders and both memory orders, all with the elements 0 to 11 of the shape 2,3,2.
kinds = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
types = {}
for kind in kinds:
    for order, byteorder in [("little", "<"), ("big", ">")]:
        values = numbers + 1j * numbers if kind.startswith("c") else numbers
        array = values.astype(np.dtype(byteorder + kind))
        types[f"{kind}_{order}_rows"] = saved(np.ascontiguousarray(array))
        types[f"{kind}_{order}_columns"] = saved(np.asfortranarray(array))
bfloat16 = (numbers.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view("V2")
types["V2_little_rows"] = saved(bfloat16)
types["V2_little_columns"] = saved(np.asfortranarray(bfloat16))
archive("types.npz", types, zipfile.ZIP_DEFLATED)

shapes = {
    "scalar": saved(np.array(2.5)),
    "empty": saved(np.zeros((0, 3), np.float32)),
    "empty_columns": saved(np.zeros((3, 0, 2), order="F")),
    "rank8": saved(np.arange(256, dtype=np.int16).reshape([2] * 8)),
    "rank8_columns": saved(np.asfortranarray(np.arange(256, dtype=np.int16).reshape([2] * 8))),
    "version2": saved(np.arange(3), (2, 0)),
    "version3": saved(np.arange(3), (3, 0)),
}
archive("shapes.npz", shapes)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    refused = {
        "rank9": saved(np.zeros([1] * 9)),
        "objects": saved(np.array([None, 1], dtype=object)),
        "texts": saved(np.array(["a", "bc"])),
        "bytes": saved(np.array([b"a", b"bc"])),
        "times": saved(np.array(["2026-01-01"], dtype="M8[D]")),
        "fields": saved(np.zeros(2, dtype=[("é", "<f4"), ("b", "<i4", (2,))])),
        "extended": saved(np.zeros(2, dtype=np.longdouble)),
        "opaque": saved(np.zeros(2, dtype="V3")),
    }
archive("refused.npz", refused)

# Archives have the time in them.
time.time = lambda: 10**9
np.savez(here / "savez.npz", w=np.float32([[1, 2], [3, 4]]), b=np.float64(0.5))
np.savez_compressed(here / "savez_compressed.npz", zeros=np.zeros((100, 1000)), n=np.arange(5))

np.save(here / "matrix.npy", np.arange(6, dtype=np.float32).reshape(2, 3))


def safetensors(name, tensors):
    """The format's description: a length, JSON, data; see https://github.com/huggingface/safetensors."""
    head, data = {"__metadata__": {"format": "np"}}, b""
    for key, (dtype, shape, raw) in tensors.items():
        head[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    (here / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


names = {
    "BOOL": "b1", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "u1", "U16": "<u2", "U32": "<u4",
    "U64": "<u8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip
flat = numbers.reshape(4, 3)
tensors = {
    key: (key, [4, 3], (flat + 1j * flat if key == "C64" else flat).astype(kind).tobytes())
    for key, kind in names.items()
}
tensors["BF16"] = ("BF16", [4, 3], bfloat16.tobytes())
tensors["scalar"] = ("F64", [], struct.pack("<d", 2.5))
tensors["größe 😀"] = ("U8", [1], b"\x07")
tensors["empty"] = ("F32", [0, 3], b"")
safetensors("types.safetensors", tensors)
safetensors("eight_bits.safetensors", {"w": ("F8_E4M3", [2], b"\0\0"), "b": ("F32", [1], struct.pack("<f", 1.5))})
