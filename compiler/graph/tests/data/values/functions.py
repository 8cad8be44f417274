"""Writes functions.tgc: elementary, special and activation functions, by mpmath at 50 digits, rounded once."""

import mpmath as mp
import numpy as np

from cases import COMPLEX, FLOATS, INTEGERS, Tensor, applied, case, header, stream

mp.mp.dps = 50
HALF, ONE = mp.mpf(1) / 2, mp.mpf(1)
# The coefficients that the operations are defined with.
SCALE, ALPHA = mp.mpf(1.0507009873554805), mp.mpf(1.6732632423543772)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def bent(x, slope):
    return x if x > 0 else slope


def gelu_tanh(x):
    return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))


# Name, attributes, function, and the interval that its argument is drawn from.
UNARY = [
    ("rsqrt", "", lambda x: 1 / mp.sqrt(x), 0.01, 40),
    ("exp", "", mp.exp, -8, 8),
    ("log", "", mp.log, 0.01, 30),
    ("log1p", "", mp.log1p, -0.9, 20),
    ("exp2", "", lambda x: mp.mpf(2) ** x, -8, 8),
    ("expm1", "", mp.expm1, -3, 3),
    ("log2", "", lambda x: mp.log(x, 2), 0.01, 30),
    ("log10", "", mp.log10, 0.01, 30),
    ("erf", "", mp.erf, -3, 3),
    ("erfc", "", mp.erfc, -3, 3),
    ("gamma", "", mp.gamma, 0.1, 6),
    ("gammaln", "", lambda x: mp.log(abs(mp.gamma(x))), 3, 50),
    ("psi", "", lambda x: mp.digamma(x), 2, 50),
    ("polygamma", " order=1", lambda x: mp.polygamma(1, x), 0.5, 20),
    ("polygamma", " order=3", lambda x: mp.polygamma(3, x), 0.5, 8),
    ("sin", "", mp.sin, -20, 20),
    ("cos", "", mp.cos, -20, 20),
    ("tan", "", mp.tan, -20, 20),
    ("arcsin", "", mp.asin, -1, 1),
    ("arccos", "", mp.acos, -1, 0.9),
    ("arctan", "", mp.atan, -9, 9),
    ("deg2rad", "", mp.radians, -360, 360),
    ("rad2deg", "", mp.degrees, -7, 7),
    ("sinh", "", mp.sinh, -5, 5),
    ("cosh", "", mp.cosh, -5, 5),
    ("tanh", "", mp.tanh, -3, 3),
    ("arcsinh", "", mp.asinh, -9, 9),
    ("arccosh", "", mp.acosh, 1, 9),
    ("arctanh", "", mp.atanh, -0.99, 0.99),
    ("sigmoid", "", sigmoid, -9, 9),
    ("softplus", "", lambda x: mp.log1p(mp.exp(x)), -9, 9),
    ("selu", "", lambda x: SCALE * bent(x, ALPHA * mp.expm1(x)), -5, 5),
    ("gelu", "", lambda x: x / 2 * mp.erfc(-x / mp.sqrt(2)), -3, 3),
    ("gelu_tanh", "", gelu_tanh, -3, 3),
    ("silu", "", lambda x: x * sigmoid(x), -9, 9),
    ("hard_sigmoid", "", lambda x: min(max(x / 5 + HALF, mp.mpf(0)), ONE), -4, 4),
    ("log1mexp", "", lambda x: mp.log(-mp.expm1(x)), -8, -0.01),
    ("softsign", "", lambda x: x / (1 + abs(x)), -9, 9),
    ("logistic_density", "", lambda x: sigmoid(x) * sigmoid(-x), -9, 9),
    ("sech_squared", "", lambda x: mp.sech(x) ** 2, -9, 9),
]
# Name, function, and an interval for each argument.
BINARY = [
    ("pow", mp.power, (0.1, 5), (-4, 4)),
    ("logaddexp", lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))), (1, 9), (1, 9)),
    ("arctan2", mp.atan2, (-5, 5), (-5, 5)),
    ("hypot", mp.hypot, (-5, 5), (-5, 5)),
    ("difference_of_squares", lambda x, y: (x - y) * (x + y), (-5, 5), (-5, 5)),
    ("exp_product", lambda x, y: mp.exp(x * y), (-2, 2), (-4, 4)),
    ("leaky_relu", lambda x, slope: bent(x, slope * x), (-5, 5), (0.01, 1)),
    ("elu", lambda x, alpha: bent(x, alpha * mp.expm1(x)), (-5, 5), (0.5, 2)),
]
# Of complex numbers. Signs of zero imaginary parts at branch cuts are not mpmath's to say.
COMPLEX_UNARY = [
    ("abs", abs, True),
    ("angle", mp.arg, True),
    ("sqr", lambda z: z * z, False),
    ("reciprocal", lambda z: 1 / z, False),
    ("sgn", lambda z: z / abs(z), False),
    ("sqrt", mp.sqrt, False),
    ("rsqrt", lambda z: 1 / mp.sqrt(z), False),
    ("exp", mp.exp, False),
    ("log", mp.log, False),
]
COMPLEX_BINARY = [("mul", lambda x, y: x * y), ("div", lambda x, y: x / y), ("pow", mp.power)]


def rounded(dtype, value):
    """To the type that NumPy rounds to the element type; 16-bit floats are made in f32 and then rounded."""
    if dtype in COMPLEX:
        return complex(float(mp.re(value)), float(mp.im(value)))
    return np.float32(float(value)) if dtype in ("f16", "bf16") else float(value)


def inexact(dtype):
    return "f32" if dtype in ("bool", "i8", "i16", "u8", "u16") else "f64" if dtype in INTEGERS else dtype


def drawn(random, dtype, low, high, count):
    """Numbers of an interval; of integers those in it that the type has."""
    if dtype in FLOATS:
        return Tensor(dtype, random.uniform(low, high, count))
    whole = range(int(np.ceil(low)), int(np.floor(high)) + 1)
    least, greatest = (0, 1) if dtype == "bool" else (0 if dtype[0] == "u" else -128, 127)
    return Tensor(dtype, [n for n in whole if least <= n <= greatest][:count])


def value(f, dtype, *tensors):
    columns = [[mp.mpmathify(x.item()) if dtype not in ("bool",) else mp.mpf(int(x)) for x in t.array] for t in tensors]
    return Tensor(dtype_of(f, dtype), [rounded(dtype_of(f, dtype), f(*row)) for row in zip(*columns)])


def dtype_of(f, dtype):
    real = {"c64": "f32", "c128": "f64"}
    return real[dtype] if f in REAL_VALUED and dtype in COMPLEX else inexact(dtype)


REAL_VALUED = [f for _, f, is_real in COMPLEX_UNARY if is_real]
COUNTS = {"f64": 12, "f32": 6, "f16": 4, "bf16": 4}
FEW = ["bool", "i8", "i32", "u64"]

header("functions", "What mpmath 1.3 at 50 digits makes of elements; the last place may differ.")
# A row draws from a stream of its own, so that no row changes another's.
for name, attributes, f, low, high in UNARY:
    random = stream(name + attributes)
    for dtype in [*FLOATS, *FEW]:
        x = drawn(random, dtype, low, high, COUNTS.get(dtype, 4))
        if len(x.array) > 0:
            case(f"{name}{attributes} {dtype}", [x], [applied(name, 1, attributes)], value(f, dtype, x))

for name, f, first, second in BINARY:
    random = stream(name)
    for dtype in FLOATS:
        x, y = (drawn(random, dtype, *interval, COUNTS[dtype]) for interval in (first, second))
        case(f"{name} {dtype}", [x, y], [applied(name, 2)], value(f, dtype, x, y))

for dtype in COMPLEX:
    random = stream(dtype)
    points = [Tensor(dtype, random.uniform(-3, 3, 8) + 1j * random.uniform(-3, 3, 8)) for _ in range(2)]
    for name, f, _ in COMPLEX_UNARY:
        case(f"{name} {dtype}", points[:1], [applied(name, 1)], value(f, dtype, points[0]))
    for name, f in COMPLEX_BINARY:
        case(f"{name} {dtype}", points, [applied(name, 2)], value(f, dtype, *points))

for dtype in INTEGERS:
    # To a power that is not negative, modulo the number of the type's values; to a negative one 0.
    x, y = Tensor(dtype, [0, 2, 3, 5, 7, 2]), Tensor(dtype, [0, 5, 9, 13, 21, 63])
    bits = int(dtype[1:])
    powers = [pow(int(a), int(b), 1 << bits) for a, b in zip(x.array, y.array)]
    case(f"pow {dtype}", [x, y], [applied("pow", 2)], Tensor(dtype, np.array(powers, np.uint64).astype(x.array.dtype)))
