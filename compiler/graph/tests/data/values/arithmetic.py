"""Writes arithmetic.tgc: elementwise operations that round at most once, by NumPy; values agree to the last bit."""

import numpy as np

from cases import ALL, COMPLEX, FLOATS, INTEGERS, NUMPY, REALS, Tensor, applied, case, header, sample

np.seterr(all="ignore")
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, 1.5, -2.5, 0.5]
NUMBERS = [*INTEGERS, *FLOATS, *COMPLEX]
ORDERED = [*INTEGERS, *FLOATS]


def inexact(dtype):
    """What functions of integers compute in."""
    return "f32" if dtype in ("bool", "i8", "i16", "u8", "u16") else "f64" if dtype in INTEGERS else dtype


def wide(dtype):
    """The quotient of integers."""
    return "f64" if dtype == "bool" or dtype in INTEGERS else dtype


def truth(dtype):
    return "bool"


def same(dtype):
    return dtype


def parts(dtype):
    return {"c64": "f32", "c128": "f64"}.get(dtype, dtype)


def computed(f, dtype, result, *tensors):
    """f of tensors: of 16-bit floats in f32, and of integers in the type that it makes of them."""
    arrays = [t.array for t in tensors]
    if dtype in ("f16", "bf16"):
        arrays = [a.astype(np.float32) for a in arrays]
    elif dtype not in FLOATS + COMPLEX and result in FLOATS:
        arrays = [a.astype(NUMPY[result]) for a in arrays]
    return Tensor(result, f(*arrays))


def away(x):
    return x if x.dtype.kind in "iub" else np.copysign(np.floor(np.abs(x) + 0.5), x)


def clip(x, low, high):
    return np.maximum(np.minimum(x, high), low)


def identity_on_bool(f):
    return lambda x: x if x.dtype == np.bool_ else f(x)


OPERATIONS = [
    ("add", "", 2, np.add, ALL, same),
    ("sub", "", 2, np.subtract, NUMBERS, same),
    ("mul", "", 2, np.multiply, REALS, same),
    ("div", "", 2, np.true_divide, REALS, wide),
    ("int_div", "", 2, np.floor_divide, ORDERED, same),
    ("modulo", "", 2, np.mod, ORDERED, same),
    ("neg", "", 1, np.negative, NUMBERS, same),
    ("abs", "", 1, np.abs, REALS, same),
    ("sgn", "", 1, np.sign, ORDERED, same),
    ("sqr", "", 1, lambda x: x * x, REALS, same),
    ("sqrt", "", 1, np.sqrt, REALS, inexact),
    ("reciprocal", "", 1, lambda x: 1 / x, REALS, wide),
    ("floor", "", 1, identity_on_bool(np.floor), REALS, same),
    ("ceil", "", 1, identity_on_bool(np.ceil), REALS, same),
    ("trunc", "", 1, identity_on_bool(np.trunc), REALS, same),
    ("round", ' mode="half_to_even"', 1, identity_on_bool(np.round), REALS, same),
    ("round", ' mode="half_away"', 1, away, REALS, same),
    ("eq", "", 2, np.equal, ALL, truth),
    ("neq", "", 2, np.not_equal, ALL, truth),
    ("lt", "", 2, np.less, REALS, truth),
    ("le", "", 2, np.less_equal, REALS, truth),
    ("gt", "", 2, np.greater, REALS, truth),
    ("ge", "", 2, np.greater_equal, REALS, truth),
    ("isnan", "", 1, np.isnan, ALL, truth),
    ("isinf", "", 1, np.isinf, ALL, truth),
    ("isfinite", "", 1, np.isfinite, ALL, truth),
    ("maximum", "", 2, np.maximum, REALS, same),
    ("minimum", "", 2, np.minimum, REALS, same),
    ("clip", "", 3, clip, REALS, same),
    ("and", "", 2, np.bitwise_and, ["bool", *INTEGERS], same),
    ("or", "", 2, np.bitwise_or, ["bool", *INTEGERS], same),
    ("xor", "", 2, np.bitwise_xor, ["bool", *INTEGERS], same),
    ("invert", "", 1, np.invert, ["bool", *INTEGERS], same),
    ("left_shift", "", 2, np.left_shift, INTEGERS, same),
    ("right_shift", "", 2, np.right_shift, INTEGERS, same),
    ("real", "", 1, np.real, ALL, parts),
    ("imag", "", 1, np.imag, ALL, parts),
    ("conj", "", 1, np.conj, ALL, same),
    ("relu", "", 1, lambda x: np.maximum(x, 0), REALS, same),
]

header("arithmetic", "What NumPy 2.4 makes of elements, where nothing is rounded twice.")
for name, attributes, arity, f, dtypes, result in OPERATIONS:
    operation = applied(name, arity, attributes)
    title = name + attributes.replace(' mode="', " ").replace('"', "")
    for dtype in dtypes:
        shapes = [(2, 4), (1, 4), (2, 1)]
        tensors = [sample(dtype, shape) for shape in shapes[:arity]]
        case(f"{title} {dtype}", tensors, [operation], computed(f, dtype, result(dtype), *tensors))
    for dtype in ["f32", "f64"] if "f64" in dtypes else []:
        if arity == 1:
            points = [Tensor(dtype, [*SPECIAL, -0.0])]
        else:
            # Which zero the greater of two is NumPy leaves open.
            grid = np.meshgrid(SPECIAL, SPECIAL, [0.5], indexing="ij")
            points = [Tensor(dtype, axis.ravel()) for axis in grid[:arity]]
        case(f"{title} {dtype} special", points, [operation], computed(f, dtype, result(dtype), *points))

for dtype in ALL:
    c, x, y = sample("bool", (2, 3)), sample(dtype, (2, 1)), sample(dtype, (1, 3))
    case(f"switch {dtype}", [c, x, y], [applied("switch", 3)], Tensor(dtype, np.where(c.array, x.array, y.array)))
    z = sample(dtype, (6,))
    case(f"switch by {dtype}", [z], ["switch({0}, {0}, {0})", "neq({1}, {0})"], Tensor("bool", [False] * 6))

for dtype in REALS:
    x, y = sample(dtype, (5,)), sample(dtype, (5,))
    to = "c64" if inexact(dtype) in ("f16", "bf16", "f32") else "c128"
    value = x.array + 1j * y.array.astype(np.complex128)
    case(f"complex {dtype}", [x, y], [applied("complex", 2)], Tensor(to, value))

# Elements that both types have; how others are cast is not NumPy's to say.
for source in ALL:
    for target in ALL:
        x = Tensor(source, [0, 1, 1, 3, 100] if source != "bool" else [0, 1, 1, 0, 1])
        if source in FLOATS + COMPLEX and target not in INTEGERS:
            x = Tensor(source, [0, -1.5, 0.25, 3, 100])
        if source in FLOATS and target in INTEGERS:
            x = Tensor(source, [0.75, 1.5, 2.25, 3, 100])
        value = x.array.real if target not in COMPLEX and target != "bool" and source in COMPLEX else x.array
        case(f"cast {source} {target}", [x], [f"cast({{0}}) : {target}[5]"], Tensor(target, value))

PROMOTIONS = [
    ("i8", "f32", "f32"), ("i32", "f32", "f64"), ("u8", "i8", "i16"), ("u64", "i64", "f64"), ("c64", "f64", "c128"),
    ("bool", "i16", "i16"), ("f16", "f32", "f32"), ("u32", "i32", "i64"), ("i64", "c64", "c128"),
]  # fmt: skip
for first, second, result in PROMOTIONS:
    for left, right in [(first, second), (second, first)]:
        x, y = sample(left, (3, 1), 0, 8), sample(right, (1, 2), 0, 8)
        to = {"f64": np.float64, "c128": np.complex128}.get(result)
        value = (x.array.astype(to) + y.array.astype(to)) if to else x.array + y.array
        case(f"promote {left} {right}", [x, y], [applied("add", 2)], Tensor(result, value))
