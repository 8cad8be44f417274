"""What the scripts beside it share: random tensors, rounding to an element type, and cases in the compiler's text form.

A case is a function without arguments that returns `got`, what operations make of constants, and `want`, what NumPy 2.4
or mpmath 1.3 makes of them. Each script writes its cases to the output:

    for group in arithmetic functions shape products; do python3 $group.py > $group.tgc; done
"""

import math
import struct
import zlib

import numpy as np

INTEGERS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
FLOATS = ["f16", "bf16", "f32", "f64"]
COMPLEX = ["c64", "c128"]
REALS = ["bool", *INTEGERS, *FLOATS]
ALL = [*REALS, *COMPLEX]
# What NumPy computes in; it has no bf16, whose elements it holds as f32.
NUMPY = {
    "bool": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "u8": np.uint8,
    "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "f16": np.float16, "bf16": np.float32, "f32": np.float32,
    "f64": np.float64, "c64": np.complex64, "c128": np.complex128,
}  # fmt: skip
random = np.random.default_rng(20240607)


def stream(name):
    """Random numbers of a name's own, which no other case draws from."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def to_bf16(x):
    """The nearest bf16 of an f32, halves to the even one."""
    if not math.isfinite(x):
        return x
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return struct.unpack("<f", struct.pack("<I", bits))[0]


class Tensor:
    """An array with the name of its element type."""

    def __init__(self, dtype, array):
        array = np.asarray(array)
        if dtype == "bf16":
            array = np.array([to_bf16(x) for x in array.astype(np.float32).ravel()], np.float32).reshape(array.shape)
        self.dtype, self.array = dtype, array.astype(NUMPY[dtype])

    def __str__(self):
        elements = ", ".join(element(x) for x in self.array.ravel())
        shape = ",".join(map(str, self.array.shape))
        return f"constant {elements if self.array.shape == () else f'[{elements}]'} : {self.dtype}[{shape}]"


def number(x):
    return "nan" if math.isnan(x) else repr(float(x))


def element(x):
    if isinstance(x, np.complexfloating):
        return f"{number(x.real)}:{number(x.imag)}"
    if isinstance(x, np.floating):
        return number(x)
    return str(x).lower()


def case(name, operands, steps, want):
    """Prints a case. Steps are operations over operands and earlier steps, `{0}`, `{1}`, …; the last is the value."""
    lines, numbers = [], []

    def node(line):
        # Equal nodes are one in the text form.
        if line not in lines:
            lines.append(line)
        numbers.append(f"%{lines.index(line)}")

    for line in map(str, operands):
        node(line)
    for step in steps:
        node(step.format(*numbers))
    got = numbers[-1]
    node(str(want))
    print(f'\nfunction "{name}"')
    for number, line in enumerate(lines):
        print(f"  %{number} = {line}")
    print(f'  output "got" = {got}\n  output "want" = {numbers[-1]}\nend')


def applied(name, count, attributes=""):
    """An operation of all operands."""
    return f"{name}({', '.join(f'{{{i}}}' for i in range(count))}){attributes}"


def sample(dtype, shape, low=-12, high=12):
    """Quarters between -3 and 3, small integers, and of these the least and the greatest of the type."""
    count = int(np.prod(shape))
    if dtype == "bool":
        return Tensor(dtype, random.integers(0, 2, count).reshape(shape))
    if dtype in FLOATS:
        return Tensor(dtype, random.integers(low, high + 1, count).reshape(shape) / 4)
    if dtype in COMPLEX:
        parts = random.integers(low, high + 1, (2, *shape)) / 4
        return Tensor(dtype, parts[0] + 1j * parts[1])
    info = np.iinfo(NUMPY[dtype])
    array = random.integers(0 if info.min == 0 else -7, 8, count).astype(NUMPY[dtype])
    if count > 2:
        array[random.integers(0, count)] = info.min
        array[random.integers(0, count)] = info.max
    return Tensor(dtype, array.reshape(shape))


def header(model, what):
    print(f'; {what} Written by {model}.py.\ntgc 1 model "{model}"')
