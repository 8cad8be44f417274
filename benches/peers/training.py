"""The two trainings and the network's inference, as each peer's users would write them."""

import math

import numpy as np

from case import Case, Training, repeat


class Regression(Training):
    title = "logistic regression, training step"
    tolerance = {"f32": 1e-4, "f64": 1e-11}

    def data(self):
        rows, columns = self.shape
        pixels = self.random.random((rows, columns)) * (self.random.random((rows, columns)) < 0.2)
        return [pixels, self.random.integers(0, 2, rows)]

    def setup(self):
        self.w = np.zeros(self.shape[1], self.dtype)
        self.b = np.zeros((), self.dtype)

    def numpy(self):
        dtype, n = self.dtype, self.dtype(self.shape[0])
        x, y = self.inputs

        def step(state):
            w, b = state
            z = x @ w + b
            small = np.exp(-np.abs(z))
            xent = np.maximum(z, 0) - y * z + np.log1p(small)
            p = np.where(z >= 0, 1, small) / (1 + small)
            e = (p - y) / n
            w -= dtype(0.1) * (e @ x + dtype(0.02) * w)
            b -= dtype(0.1) * e.sum()
            return p > 0.5, xent

        def outputs():
            state = self.w.copy(), self.b.copy()
            step(state)
            return step(state)

        state = self.w.copy(), self.b.copy()
        return repeat(lambda: step(state)), outputs

    def jax_step(self):
        import jax
        import jax.numpy as jnp

        def cost(parameters, x, y):
            w, b = parameters
            z = x @ w + b
            xent = jax.nn.softplus(z) - y * z
            return xent.mean() + 0.01 * (w * w).sum(), (z > 0, xent)

        def step(parameters, x, y):
            gradients, results = jax.grad(cost, has_aux=True)(parameters, x, y)
            return jax.tree.map(lambda p, g: p - 0.1 * g, parameters, gradients), results

        return step, lambda: (jnp.array(self.w), jnp.array(self.b))

    def pytensor(self, mode):
        import pytensor
        import pytensor.tensor as pt

        x, y = [pt.tensor(dtype=a.dtype, shape=a.shape) for a in self.inputs]
        w, b = pytensor.shared(self.w.copy(), shape=self.w.shape), pytensor.shared(self.b.copy(), shape=())
        p = 1 / (1 + pt.exp(-pt.dot(x, w) - b))
        xent = -y * pt.log(p) - (1 - y) * pt.log(1 - p)
        cost = xent.mean() + 0.01 * (w**2).sum()
        rate = self.dtype(0.1)
        updates = {v: (v - rate * g).astype(v.dtype) for v, g in zip((w, b), pytensor.grad(cost, [w, b]))}
        step = pytensor.function(
            [pytensor.In(v, borrow=True) for v in (x, y)],
            [pytensor.Out(v, borrow=True) for v in (p > 0.5, xent)],
            updates=updates,
            mode=mode,
        )
        step.trust_input = True

        def outputs():
            w.set_value(self.w.copy()), b.set_value(self.b.copy())
            step(*self.inputs)
            return step(*self.inputs)

        return repeat(lambda: step(*self.inputs)), outputs


LAYERS = [784, 256, 128, 10]


def weights(layer):
    """The same as in models.rs."""
    i, j = np.meshgrid(np.arange(LAYERS[layer]), np.arange(LAYERS[layer + 1]), indexing="ij")
    return (math.sqrt(2 / LAYERS[layer]) * np.sin(i * 12.9898 + j * 78.233)).astype(np.float32)


class Network:
    """The 784-256-128-10 perceptron."""

    tolerance = {"f32": 1e-3}

    def setup(self):
        self.parameters = [(weights(k), np.zeros(LAYERS[k + 1], np.float32)) for k in range(3)]
        forward = [2 * self.shape[0] * a * b for a, b in zip(LAYERS, LAYERS[1:])]
        # Backward there are two products for each; the input's gradient is not needed.
        self.operations = 3 * sum(forward) - forward[0] if self.steps > 1 else sum(forward)

    def logits(self, np_, x, parameters):
        h = x
        for k, (w, b) in enumerate(parameters):
            h = np_.dot(h, w) + b
            h = np_.maximum(h, np.float32(0)) if k < 2 else h
        return h


class Perceptron(Network, Case):
    title = "784-256-128-10 perceptron, inference"

    def data(self):
        return [self.random.random((self.shape[0], 784))]

    def compute(self, np_, x):
        z = self.logits(np_, x, self.parameters)
        e = np_.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def compute_in_pytensor(self, pt, x):
        return pt.special.softmax(self.logits(pt, x, self.parameters), axis=1)

    def onnx_nodes(self):
        nodes, constants, h = [], {}, "x0"
        for k, (w, b) in enumerate(self.parameters):
            constants |= {f"w{k}": w, f"b{k}": b}
            nodes.append(("Gemm", [h, f"w{k}", f"b{k}"], [f"z{k}"], {}))
            h = f"z{k}"
            if k < 2:
                nodes.append(("Relu", [h], [f"h{k}"], {}))
                h = f"h{k}"
        return nodes + [("Softmax", [h], ["y"], {"axis": 1})], constants, ["y"]


class PerceptronStep(Network, Training):
    title = "784-256-128-10 perceptron, training step with momentum"

    def data(self):
        labels = self.random.integers(0, 10, self.shape[0])
        return [self.random.random((self.shape[0], 784)), np.eye(10)[labels]]

    def numpy(self):
        rate, momentum = np.float32(0.05), np.float32(0.9)
        x, t = self.inputs
        count = np.float32(self.shape[0])

        def step(state):
            h = [x]
            for k, (w, b, _, _) in enumerate(state):
                z = h[-1] @ w
                z += b
                h.append(np.maximum(z, 0, out=z) if k < 2 else z)
            z -= z.max(axis=1, keepdims=True)
            z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
            cost = -(t * z).sum() / count
            e = (np.exp(z) - t) / count
            for k, (w, b, vw, vb) in reversed(list(enumerate(state))):
                gw, gb = h[k].T @ e, e.sum(axis=0)
                if k:
                    e = (e @ w.T) * (h[k] > 0)
                for p, v, g in ((w, vw, gw), (b, vb, gb)):
                    g *= rate
                    v *= momentum
                    v -= g
                    p += v
            return cost

        def start():
            return [(w.copy(), b.copy(), np.zeros_like(w), np.zeros_like(b)) for w, b in self.parameters]

        def outputs():
            state = start()
            step(state)
            return step(state)

        state = start()
        return repeat(lambda: step(state)), outputs

    def jax_step(self):
        import jax
        import jax.numpy as jnp

        def cost(parameters, x, t):
            return -(t * jax.nn.log_softmax(self.logits(jnp, x, parameters))).sum() / len(x)

        def step(state, x, t):
            parameters, velocities = state
            value, gradients = jax.value_and_grad(cost)(parameters, x, t)
            velocities = jax.tree.map(lambda v, g: 0.9 * v - 0.05 * g, velocities, gradients)
            return (jax.tree.map(jnp.add, parameters, velocities), velocities), value

        def start():
            parameters = jax.tree.map(jnp.array, self.parameters)
            return parameters, jax.tree.map(jnp.zeros_like, parameters)

        return step, start

    def pytensor(self, mode):
        import pytensor
        import pytensor.tensor as pt

        x, t = [pt.tensor(dtype=a.dtype, shape=a.shape) for a in self.inputs]
        initial = [a for pair in self.parameters for a in pair]
        state = [pytensor.shared(a.copy(), shape=a.shape) for a in initial]
        speed = [pytensor.shared(np.zeros_like(a), shape=a.shape) for a in initial]
        z = self.logits(pt, x, list(zip(state[::2], state[1::2])))
        cost = -(t * pt.special.log_softmax(z, axis=1)).sum() / np.float32(self.shape[0])
        updates = {}
        for p, v, g in zip(state, speed, pytensor.grad(cost, state)):
            updates[v] = v * np.float32(0.9) - g * np.float32(0.05)
            updates[p] = p + updates[v]
        step = pytensor.function(
            [pytensor.In(v, borrow=True) for v in (x, t)],
            pytensor.Out(cost, borrow=True),
            updates=updates,
            mode=mode,
        )
        step.trust_input = True

        def outputs():
            for p, v, a in zip(state, speed, initial):
                p.set_value(a.copy()), v.set_value(np.zeros_like(a))
            step(*self.inputs)
            return step(*self.inputs)

        return repeat(lambda: step(*self.inputs)), outputs
