"""The cases by the names that models.rs gives them; what they compute is said there."""

import numpy as np

from case import Case, repeat
from training import Perceptron, PerceptronStep, Regression


class Chain(Case):
    title = "`sigmoid(a*x+b)*tanh(c*x)+exp(-x*x)`"

    def data(self):
        return [self.normal(*self.shape) * 2]

    def compute(self, np_, x):
        t = self.dtype
        s = 1 / (1 + np_.exp(-(t(1.5) * x + t(0.25))))
        return s * np_.tanh(t(0.75) * x) + np_.exp(-x * x)

    def onnx_nodes(self):
        constants = {k: np.array(v, self.dtype) for k, v in [("a", 1.5), ("b", 0.25), ("c", 0.75)]}
        nodes = [
            ("Mul", ["a", "x0"], ["ax"], {}),
            ("Add", ["ax", "b"], ["axb"], {}),
            ("Sigmoid", ["axb"], ["s"], {}),
            ("Mul", ["c", "x0"], ["cx"], {}),
            ("Tanh", ["cx"], ["t"], {}),
            ("Mul", ["s", "t"], ["st"], {}),
            ("Mul", ["x0", "x0"], ["xx"], {}),
            ("Neg", ["xx"], ["nxx"], {}),
            ("Exp", ["nxx"], ["e"], {}),
            ("Add", ["st", "e"], ["y"], {}),
        ]
        return nodes, constants, ["y"]


class LongExpression(Case):
    title = "200 dependent operations"
    tolerance = {"f32": 2e-3, "f64": 1e-11}

    def data(self):
        return [self.random.random(self.shape)]

    def compute(self, np_, x):
        r, t = self.dtype, x
        for k in range(40):
            c = 0.3 + 0.01 * k
            t = t * r(c) + x
            if k % 4 == 0:
                t = t / (t * t + r(1))
            elif k % 4 == 1:
                t = t - t * t * r(0.1 * c)
            elif k % 4 == 2:
                t = np_.tanh(t) * r(0.8) + r(c)
            else:
                t = np_.maximum(t * r(0.5), t - r(1))
        return t


class Moments(Case):
    title = "mean and variance of rows"

    def data(self):
        return [self.normal(*self.shape)]

    def compute(self, np_, x):
        return x.mean(axis=1), x.var(axis=1)

    def onnx_nodes(self):
        axes = {"axes": np.array([1], np.int64)}
        nodes = [
            ("ReduceMean", ["x0", "axes"], ["column"], {"keepdims": 1}),
            ("Squeeze", ["column", "axes"], ["mean"], {}),
            ("Sub", ["x0", "column"], ["d"], {}),
            ("Mul", ["d", "d"], ["dd"], {}),
            ("ReduceMean", ["dd", "axes"], ["var"], {"keepdims": 0}),
        ]
        return nodes, axes, ["mean", "var"]


class Softmax(Case):
    title = "softmax of rows"

    def data(self):
        return [self.normal(*self.shape)]

    def compute(self, np_, x):
        e = np_.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def compute_in_pytensor(self, pt, x):
        return pt.special.softmax(x, axis=1)

    def onnx_nodes(self):
        return [("Softmax", ["x0"], ["y"], {"axis": 1})], {}, ["y"]


class Sum(Case):
    axis = 0
    tolerance = {"f32": 1e-4}

    def data(self):
        return [self.random.random(self.shape * 2)]

    def setup(self):
        self.title = f"sum over axis {self.axis}"

    def compute(self, np_, x):
        return x.sum(axis=self.axis)

    def onnx_nodes(self):
        axes = {"axes": np.array([self.axis], np.int64)}
        return [("ReduceSum", ["x0", "axes"], ["y"], {"keepdims": 0})], axes, ["y"]


class SumAxis1(Sum):
    axis = 1


class MatrixVector(Case):
    title = "matrix times vector"
    tolerance = {"f32": 1e-4, "f64": 1e-12}

    def data(self):
        return [self.normal(*self.shape), self.normal(self.shape[1])]

    def compute(self, np_, a, b):
        return np_.matmul(a, b)

    def numpy(self):
        out = np.matmul(*self.inputs)
        function = lambda: np.matmul(*self.inputs, out=out)
        return repeat(function), function

    def onnx_nodes(self):
        return [("MatMul", ["x0", "x1"], ["y"], {})], {}, ["y"]


class Product(MatrixVector):
    title = "matrix product"

    def data(self):
        return [self.normal(*self.shape * 2), self.normal(*self.shape * 2)]

    def setup(self):
        self.operations = 2 * self.shape[0] ** 3


class Add(Case):
    title = "`x + y` of two scalars, one call"
    has_limit = False  # it is all call

    def data(self):
        return [1.25, 2.5]

    def compute(self, np_, x, y):
        return x + y

    def numpy(self):
        x, y = [a[()] for a in self.inputs]
        function = lambda: x + y
        return repeat(function), function


CASES = {
    "regression": Regression,
    "chain": Chain,
    "long_expression": LongExpression,
    "moments": Moments,
    "softmax": Softmax,
    "sum_axis0": Sum,
    "sum_axis1": SumAxis1,
    "product": Product,
    "matrix_vector": MatrixVector,
    "perceptron_step": PerceptronStep,
    "perceptron": Perceptron,
    "add": Add,
}


def by_name(name):
    """The case of a model's name, such as softmax_1024x1024_f32."""
    kind, size, dtype = name.rsplit("_", 2)
    return CASES[kind](name, size, dtype)
