"""Writes reductions.txt: reductions and running folds by NumPy 2.4, one case a line.

    python3 reductions.py > reductions.txt

    operation type shape : elements | axes [keepdims] | type shape : elements

Elements are written so that they read back to the same value; parts of complex ones are joined by `_`. `-` for axes
means all of them. Integers and bool are exact; sums and products of f16 and f32 are made in f64 and rounded once.
"""

import itertools
import warnings

import numpy as np

NAMES = {
    "bool": "bool", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8", "uint16": "u16",
    "uint32": "u32", "uint64": "u64", "float16": "f16", "float32": "f32", "float64": "f64", "complex64": "c64",
    "complex128": "c128",
}  # fmt: skip
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
INTEGERS = [n for n in NAMES if n.startswith(("int", "uint"))]
REALS = ["bool", *INTEGERS, *FLOATS]
random = np.random.default_rng(20240513)


def element(x):
    if isinstance(x, np.complexfloating):
        return f"{float(x.real)!r}_{float(x.imag)!r}"
    if isinstance(x, np.floating):
        return repr(float(x))
    return str(int(x))


def tensor(a):
    a = np.asarray(a)
    return f"{NAMES[a.dtype.name]} {list(a.shape)} : {' '.join(element(x) for x in a.ravel())}".replace(", ", ",")


def wide(a):
    return {"float16": np.float64, "float32": np.float64, "complex64": np.complex128}.get(a.dtype.name, a.dtype.type)


def rounded(f):
    """A NumPy fold of floats made in f64."""

    def fold(a, **options):
        if a.dtype.kind not in "fc":
            return f(a, **options)
        result = f(a.astype(wide(a)), **options)
        return result.astype(a.dtype if result.dtype.kind == a.dtype.kind else a.real.dtype)

    return fold


def logsumexp(a, axis, keepdims):
    top = np.max(a, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    result = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True)) + top
    return result if keepdims else np.squeeze(result, axis=axis if axis is not None else tuple(range(a.ndim)))


def supremum(a, axis, keepdims):
    least = {"b": False, "f": -np.inf}.get(a.dtype.kind)
    return np.max(a, axis=axis, keepdims=keepdims, initial=np.iinfo(a.dtype).min if least is None else least)


def norm(order):
    def fold(a, axis, keepdims):
        b = np.abs(a.astype(wide(a) if a.dtype.kind in "fc" else np.float64))
        if order == 1:
            r = np.sum(b, axis=axis, keepdims=keepdims)
        elif order == np.inf:
            r = np.max(b, axis=axis, keepdims=keepdims)
        else:
            r = np.sum(b**order, axis=axis, keepdims=keepdims) ** (1 / order)
        return np.asarray(r)

    return fold


def argument(f):
    """Over several axes: the row-major position along them."""

    def fold(a, axis, keepdims):
        axes = range(a.ndim) if axis is None else sorted(x % a.ndim for x in axis)
        kept = [x for x in range(a.ndim) if x not in axes]
        moved = a.transpose([*kept, *axes]).reshape([a.shape[x] for x in kept] + [int(np.prod([a.shape[x] for x in axes]))])
        r = np.asarray(f(moved, axis=-1))
        return np.expand_dims(r, tuple(axes)) if keepdims else r

    return fold


def running(f):
    def fold(a, axis):
        return f(a.astype(wide(a)), axis=axis).astype(a.dtype) if a.dtype.kind in "fc" else f(a, axis=axis, dtype=a.dtype)

    return fold


REDUCTIONS = {
    "sum": (rounded(np.sum), REALS + COMPLEX),
    "prod": (rounded(np.prod), REALS + COMPLEX),
    "mean": (rounded(np.mean), REALS + COMPLEX),
    "var": (rounded(np.var), REALS + COMPLEX),
    "std": (rounded(np.std), REALS + COMPLEX),
    "max": (np.max, REALS),
    "min": (np.min, REALS),
    "ptp": (np.ptp, [*INTEGERS, *FLOATS]),
    "argmax": (argument(np.argmax), REALS),
    "argmin": (argument(np.argmin), REALS),
    "any": (np.any, REALS + COMPLEX),
    "all": (np.all, REALS + COMPLEX),
    "norm": (rounded(norm(2)), REALS + COMPLEX),
    "norm1": (rounded(norm(1)), REALS + COMPLEX),
    "norminf": (rounded(norm(np.inf)), REALS + COMPLEX),
    "norm3": (rounded(norm(3.0)), REALS + COMPLEX),
    "logsumexp": (rounded(logsumexp), FLOATS),
    "supremum": (supremum, REALS),
}
RUNNING = {"cumsum": (running(np.cumsum), REALS + COMPLEX), "cumprod": (running(np.cumprod), REALS + COMPLEX)}
# With `nan`, infinities, zeros of both signs and ties.
SPECIAL = [
    [[np.nan, 1.0, 2.0], [3.0, np.nan, 3.0]],
    [[np.inf, -np.inf, 1.0], [-np.inf, -np.inf, -np.inf]],
    [[-0.0, 0.0, -0.0], [-0.0, -0.0, -0.0]],
    [[2.0, 2.0, 1.0], [1.0, 1.0, 2.0]],
]


def sample(dtype, shape):
    count = int(np.prod(shape))
    if dtype == "bool":
        return random.integers(0, 2, count).astype(bool).reshape(shape)
    if dtype in FLOATS:
        return (random.integers(-12, 13, count) / 4).astype(dtype).reshape(shape)
    if dtype in COMPLEX:
        parts = random.integers(-12, 13, (2, count)) / 4
        return (parts[0] + 1j * parts[1]).astype(dtype).reshape(shape)
    info = np.iinfo(dtype)
    # Small numbers, and the ends of the range.
    small = random.integers(0 if info.min == 0 else -5, 6, count)
    a = small.astype(dtype)
    a[random.integers(0, count, 1 + count // 6)] = (info.min, info.max)[random.integers(2)]
    return a.reshape(shape)


def case(name, f, a, axis, keepdims):
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        result = np.asarray(f(a, axis=axis, keepdims=keepdims))
    axes = "-" if axis is None else str(list(axis)).replace(" ", "")
    print(f"{name} {tensor(a)} | {axes}{' keepdims' if keepdims else ''} | {tensor(result)}")


for name, (f, dtypes) in REDUCTIONS.items():
    for dtype in dtypes:
        case(name, f, sample(dtype, (2, 3)), None, False)
        case(name, f, sample(dtype, (3, 4)), (-1,), True)
    for axis, keepdims in itertools.product([None, (0,), (1,), (-1,), (0, 2), (2, 0), (0, 1, 2), ()], [False, True]):
        # NumPy's own answers for no axes at all are those of all of them in these.
        if axis == () and name in ("argmax", "argmin", "norm", "norm1", "norminf", "norm3", "logsumexp", "ptp"):
            continue
        case(name, f, sample("float64", (2, 3, 2)), axis, keepdims)
    for special in SPECIAL:
        case(name, f, np.array(special), (1,), False)
        case(name, f, np.array(special, np.float32), None, False)
    case(name, f, sample("float64", (1, 1)), None, False)
    case(name, f, np.float64(1.5), None, False)
    if name in ("sum", "prod", "mean", "var", "std", "any", "all", "norm", "norm1", "norm3", "supremum"):
        case(name, f, np.zeros((0, 3)), (0,), False)
        case(name, f, np.zeros((2, 0), np.float32), None, True)
    case(name, f, np.zeros((0, 3)), (1,), False)

for name, (f, dtypes) in RUNNING.items():
    for dtype in dtypes:
        a = sample(dtype, (2, 4))
        with np.errstate(all="ignore"):
            print(f"{name} {tensor(a)} | [{1}] | {tensor(f(a, axis=1))}")
    for a, axis in [
        *((sample("float64", (2, 3, 2)), axis) for axis in (0, 1, 2, -1)),
        *((np.array(special), 1) for special in SPECIAL),
        (np.zeros((0, 3)), 0),
        (np.zeros((2, 0)), 1),
    ]:
        with np.errstate(all="ignore"):
            print(f"{name} {tensor(a)} | [{axis}] | {tensor(f(a, axis=axis))}")
