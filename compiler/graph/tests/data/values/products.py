"""Writes products.tgc: sums of products, recurrences, softmax and derivatives, by NumPy and by mpmath at 50 digits."""

import mpmath as mp
import numpy as np

from cases import COMPLEX, FLOATS, INTEGERS, Tensor, case, header, sample

mp.mp.dps = 50
header("products", "What NumPy 2.4 makes of products, and mpmath 1.3 at 50 digits of softmax; the last place may differ.")

# Elements are quarters, whose products and sums floats of 32 bits hold exactly.
DOTS = [
    ((3,), (3,), 0, [0], [0], lambda x, y: np.dot(x, y)),
    ((2, 3), (3,), 0, [1], [0], np.dot),
    ((3,), (3, 2), 0, [0], [0], np.dot),
    ((2, 3), (3, 4), 0, [1], [0], np.dot),
    ((2, 0), (0, 2), 0, [1], [0], np.dot),
    ((2, 2, 3), (3, 2), 0, [2], [0], np.dot),
    ((2, 2, 3), (2, 3, 2), 1, [2], [1], np.matmul),
    ((2, 3, 2), (3, 2, 4), 0, [1, 2], [0, 1], lambda x, y: np.tensordot(x, y, 2)),
    ((2, 3, 2), (4, 2, 3), 0, [2, 1], [1, 2], lambda x, y: np.einsum("ijk,lkj->il", x, y)),
]
for first, second, batch, left, right, f in DOTS:
    for dtype in ["f64", "i32"]:
        x, y = sample(dtype, first), sample(dtype, second)
        step = f"dot({{0}}, {{1}}) batch={batch} left={left} right={right}"
        case(f"dot {first} {second} {left} {right} {dtype}", [x, y], [step], Tensor(dtype, f(x.array, y.array)))
for dtype in [*INTEGERS, *FLOATS, *COMPLEX]:
    x, y = sample(dtype, (2, 3), -3, 3), sample(dtype, (3, 2), -3, 3)
    case(f"dot {dtype}", [x, y], ["dot({0}, {1}) left=[1] right=[0]"], Tensor(dtype, np.dot(x.array, y.array)))


def recurrence(a, b, reverse, exclusive):
    """Along the last axis."""
    a, b = (np.flip(x, -1) if reverse else x for x in (a, b))
    h, columns = np.zeros_like(b[:, 0]), []
    for i in range(b.shape[1]):
        before, h = h, a[:, i] * h + b[:, i]
        columns.append(before if exclusive else h)
    result = np.stack(columns, -1)
    return np.flip(result, -1) if reverse else result


for dtype in ["f64", "f32", "c128", "i16"]:
    for reverse in (False, True):
        for exclusive in (False, True):
            a, b = sample(dtype, (2, 4), -4, 4), sample(dtype, (2, 4), -4, 4)
            text = f"axis=1 reverse={reverse} exclusive={exclusive}".lower()
            want = recurrence(a.array, b.array, reverse, exclusive)
            case(f"recurrence {text} {dtype}", [a, b], [f"recurrence({{0}}, {{1}}) {text}"], Tensor(dtype, want))


def rounded(dtype, rows):
    to = np.float32 if dtype in ("f16", "bf16") else float
    return Tensor(dtype, [[to(float(x)) for x in row] for row in rows])


def exact(tensor):
    return [[mp.mpf(x.item()) for x in row] for row in tensor.array]


def log_softmax(row):
    top = max(row)
    total = mp.log(mp.fsum(mp.exp(x - top) for x in row))
    return [x - top - total for x in row]


def softmax(row):
    return [mp.exp(x) for x in log_softmax(row)]


ROWS = [[0.5, -1.25, 2.25], [1000, 1000, -1000], [-40, 40, 0]]
for dtype in FLOATS:
    x = Tensor(dtype, ROWS)
    for name, f in [("softmax", softmax), ("log_softmax", log_softmax)]:
        case(f"{name} {dtype}", [x], [f"{name}({{0}}) axis=1"], rounded(dtype, map(f, exact(x))))
        turned = ["dimshuffle({0}) order=[1, 0]", f"{name}({{1}}) axis=0", "dimshuffle({2}) order=[1, 0]"]
        case(f"{name} {dtype} turned", [x], turned, rounded(dtype, map(f, exact(x))))

# The derivatives of the sum of x³ - 2x, and of x e^x by one factor only.
for dtype in FLOATS:
    x = sample(dtype, (2, 3), -8, 8)
    cube = ["mul({0}, {0})", "mul({1}, {0})", "add({0}, {0})", "sub({2}, {3})", "sum({4}) axes=[0, 1]", "grad({5}, {0})"]
    case(f"grad {dtype}", [x], cube, Tensor(dtype, 3 * x.array.astype(float) ** 2 - 2))
    part = ["consider_constant({0})", "exp({1})", "mul({0}, {2})", "sum({3}) axes=[0, 1]", "grad({4}, {0})"]
    want = rounded(dtype, [[mp.exp(e) for e in row] for row in exact(x)])
    case(f"consider_constant {dtype}", [x], part, want)
    y = sample(dtype, (3,), -8, 8)
    case(f"jacobian {dtype}", [y], ["mul({0}, {0})", "jacobian({1}, {0})"], Tensor(dtype, np.diag(2 * y.array)))
    case(f"pin {dtype}", [y], ["pin({0})"], y)
    pinned = ["pin({0})", "mul({1}, {0})", "sum({2}) axes=[0]", "grad({3}, {1})"]
    case(f"grad by what is pinned {dtype}", [y], pinned, y)
x = sample("f64", (2,), 1, 8)
twice = ["mul({0}, {0})", "mul({1}, {0})", "sum({2}) axes=[0]", "grad({3}, {0})", "sum({4}) axes=[0]", "grad({5}, {0})"]
case("grad of grad", [x], twice, Tensor("f64", 6 * x.array))
