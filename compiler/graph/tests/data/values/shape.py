"""Writes shape.tgc: leaves, shapes and places, by NumPy."""

import numpy as np

from cases import ALL, FLOATS, REALS, Tensor, applied, case, header, sample, stream

header("shape", "What NumPy 2.4 makes of shapes and places.")
print('shared "w" : f64[2,2] = [1.0, 2.0, 3.0, -4.5]\nshared "n" : i64[] = 7')
case("shared matrix", [], ['shared "w" : f64[2,2]'], Tensor("f64", [[1, 2], [3, -4.5]]))
case("shared scalar", [], ['shared "n" : i64[]'], Tensor("i64", 7))
case("constant", [], ["constant 1.5 : f32[2]"], Tensor("f32", [1.5, 1.5]))
case("weak constant", [], ["constant 3 weak : i64[1]", "constant [1, 2] : i16[2]", "add({0}, {1})"], Tensor("i16", [4, 5]))
case("iota", [], ["iota 5"], Tensor("i64", np.arange(5)))
case("iota of nothing", [], ["iota 0"], Tensor("i64", np.arange(0)))
case("size", [], ["size 3 : i64[]"], Tensor("i64", 3))
for dtype in ALL:
    case(f"zero {dtype}", [], [f"zero : {dtype}[2,1]"], Tensor(dtype, np.zeros((2, 1))))

VIEWS = [
    ("dimshuffle", "order=[1, 0]", (2, 3), lambda x: x.T),
    ("dimshuffle", "order=[-1, 2, 0, -1, 1]", (2, 3, 2), lambda x: x.transpose(2, 0, 1)[None, :, :, None, :]),
    ("dimshuffle", "order=[1]", (1, 3), lambda x: x[0]),
    ("dimshuffle", "order=[]", (), lambda x: x),
    ("reshape", "[3,2]", (2, 3), lambda x: x.reshape(3, 2)),
    ("reshape", "[]", (1, 1), lambda x: x.reshape(())),
    ("reshape", "[0,7]", (3, 0), lambda x: x.reshape(0, 7)),
    ("broadcast_to", "[2,3]", (1, 3), lambda x: np.broadcast_to(x, (2, 3))),
    ("broadcast_to", "[4,2,3]", (2, 1), lambda x: np.broadcast_to(x, (4, 2, 3))),
    ("broadcast_to", "[0,3]", (1, 3), lambda x: np.broadcast_to(x, (0, 3))),
    ("flip", "axes=[0]", (3, 2), lambda x: np.flip(x, 0)),
    ("flip", "axes=[0, 2]", (2, 2, 3), lambda x: np.flip(x, (0, 2))),
    ("flip", "axes=[]", (2,), lambda x: x),
    ("diagonal", "offset=0 axis1=0 axis2=1", (3, 3), np.diagonal),
    ("diagonal", "offset=1 axis1=0 axis2=1", (2, 4), lambda x: np.diagonal(x, 1)),
    ("diagonal", "offset=-1 axis1=0 axis2=1", (3, 2, 2), lambda x: np.diagonal(x, -1)),
    ("diagonal", "offset=0 axis1=0 axis2=2", (2, 3, 4), lambda x: np.diagonal(x, 0, 0, 2)),
]
for name, attributes, shape, f in VIEWS:
    for dtype in ["f64", "i16", "c64", "bool"]:
        x = sample(dtype, shape)
        attribute = f": {dtype}{attributes}" if attributes.startswith("[") else attributes
        case(f"{name} {attributes} {dtype}", [x], [f"{name}({{0}}) {attribute}"], Tensor(dtype, f(x.array)))

for dtype in ALL:
    like, value = sample("f32", (2, 3)), sample(dtype, (2, 1))
    case(f"fill {dtype}", [like, value], ["fill({0}, {1})"], Tensor(dtype, np.broadcast_to(value.array, (2, 3))))
    parts = [sample(dtype, (2, n)) for n in (1, 0, 3)]
    joined = np.concatenate([p.array for p in parts], 1)
    case(f"concatenate {dtype}", parts, ["concatenate({0}, {1}, {2}) axis=1 count=3"], Tensor(dtype, joined))

for shape, offset in [((3, 3), 0), ((2, 4), 1), ((3, 2), -1)]:
    x, rows, columns = sample("f64", shape), *np.indices(shape)
    on = columns - rows == offset
    value = sample("f64", (int(on.sum()),))
    want = x.array.copy()
    want[on] = value.array
    step = f"set_diagonal({{0}}, {{1}}) offset={offset} axis1=0 axis2=1"
    case(f"set_diagonal {shape} {offset}", [x, value], [step], Tensor("f64", want))

# NumPy sorts NaNs to the end; stably, zeros keep their order. Descending is the stable order of what is negated or inverted.
SPECIALS = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.5, -1.5, 1.0]


def descending(x):
    """The stable positions with the greatest first, NaNs last."""
    keys = ~x if x.dtype.kind in "iub" else -x
    return np.argsort(keys, -1, kind="stable")


for dtype in REALS:
    for shape in [(3, 0), (2, 1), (2, 3, 5), (2, 60)]:
        random = stream(f"sort {dtype} {shape}")
        count = int(np.prod(shape))
        x = random.choice(SPECIALS, count) if dtype in FLOATS else random.integers(0, 2 if dtype == "bool" else 9, count)
        x = Tensor(dtype, x.reshape(shape))
        for back, positions in [("false", np.argsort(x.array, -1, kind="stable")), ("true", descending(x.array))]:
            attribute, name = f" descending={back}", f"{dtype} {shape} descending={back}"
            ordered = np.take_along_axis(x.array, positions, -1)
            case(f"sort {name}", [x], [applied("sort", 1, attribute)], Tensor(dtype, ordered))
            case(f"argsort {name}", [x], [applied("argsort", 1, attribute)], Tensor("i64", positions))
