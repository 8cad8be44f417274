"""A thing to measure, and how each peer is asked to do it at its best on one thread.

A contender is a pair (call, outputs): `call(n)` does the work n times, `outputs()` does it from the initial state and gives
what to compare. The method of a peer that cannot do a case returns None.
"""

import numpy as np

from library import aligned


def repeat(function):
    """Calls a function so many times."""

    def call(n):
        for _ in range(n):
            function()

    return call


class Case:
    """A case without state: `compute` is one function of arrays in NumPy's vocabulary, whichever library gives the words."""

    title = ""
    has_limit = True
    operations = None  # floating-point operations of a matrix product, which bound its time
    steps = 1  # after how many calls results are compared
    tolerance = {"f32": 2e-5, "f64": 1e-12}

    def __init__(self, name, size, dtype):
        self.name, self.size, self.dtype_name = name, size, dtype
        self.dtype = {"f32": np.float32, "f64": np.float64}[dtype]
        self.shape = tuple(int(n) for n in size.split("x")) if size[0].isdigit() else ()
        self.random = np.random.default_rng(1)
        self.inputs = [aligned(np.asarray(x, dtype=self.dtype)) for x in self.data()]
        self.setup()

    def setup(self):
        pass

    def normal(self, *shape):
        return self.random.standard_normal(shape)

    def numpy(self):
        function = lambda: self.compute(np, *self.inputs)
        return repeat(function), function

    def jax(self):
        """Inputs lie in JAX's own arrays; results are waited for once, after the last call."""
        import jax
        import jax.numpy as jnp

        jitted = jax.jit(lambda *inputs: self.compute(jnp, *inputs))
        inputs = [jax.device_put(x) for x in self.inputs]
        jax.block_until_ready(jitted(*inputs))

        def call(n):
            for _ in range(n):
                result = jitted(*inputs)
            jax.block_until_ready(result)

        return call, lambda: jitted(*inputs)

    def jax_loop(self):
        return None

    def pytensor_c(self):
        from pytensor.compile.mode import Mode

        return self.pytensor(Mode(linker="cvm", optimizer="fast_run"))

    def pytensor_numba(self):
        return self.pytensor("NUMBA")

    def pytensor(self, mode):
        """Inputs are borrowed and trusted to have the right type; results lie in memory that the next call uses again."""
        import pytensor
        import pytensor.tensor as pt

        symbols = [pt.tensor(dtype=x.dtype, shape=x.shape) for x in self.inputs]
        results = self.compute_in_pytensor(pt, *symbols)
        results = results if isinstance(results, tuple) else (results,)
        function = pytensor.function(
            [pytensor.In(s, borrow=True) for s in symbols],
            [pytensor.Out(r, borrow=True) for r in results],
            mode=mode,
        )
        function.trust_input = True
        run = lambda: function(*self.inputs)
        return repeat(run), run

    def compute_in_pytensor(self, pt, *inputs):
        return self.compute(pt, *inputs)

    def onnx_nodes(self):
        """Nodes (operator, inputs, outputs, attributes), constants by name, and the names of results."""
        return None

    def onnx_model(self):
        """The case as a file's bytes, with the names of inputs and results."""
        from onnx import TensorProto, helper, numpy_helper

        made = self.onnx_nodes()
        if made is None:
            return None
        nodes, constants, results = made
        kind = {"f32": TensorProto.FLOAT, "f64": TensorProto.DOUBLE}[self.dtype_name]
        names = [f"x{k}" for k in range(len(self.inputs))]
        value = lambda name, shape: helper.make_tensor_value_info(name, kind, shape)
        graph = helper.make_graph(
            [helper.make_node(op, i, o, **attributes) for op, i, o, attributes in nodes],
            "case",
            [value(name, x.shape) for name, x in zip(names, self.inputs)],
            [value(name, None) for name in results],
            [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        return model.SerializeToString(), names, results

    def onnxruntime(self):
        """Inputs and results are bound once."""
        import onnxruntime

        made = self.onnx_model()
        if made is None:
            return None
        model, names, results = made
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        first = [aligned(np.asarray(r)) for r in session.run(None, dict(zip(names, self.inputs)))]
        binding = session.io_binding()
        for name, x in zip(names, self.inputs):
            binding.bind_cpu_input(name, x)
        for name, array in zip(results, first):
            binding.bind_ortvalue_output(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
        return repeat(lambda: session.run_with_iobinding(binding)), lambda: first


class Training(Case):
    """A case with a state that each call replaces."""

    steps = 2

    def jax_step(self):
        """A function (state, *inputs) -> (state, results), and one that makes the initial state."""
        raise NotImplementedError

    def jax(self):
        """The state's memory is donated."""
        import jax

        step, start = self.jax_step()
        jitted = jax.jit(step, donate_argnums=0)
        inputs = [jax.device_put(x) for x in self.inputs]
        state = [jitted(start(), *inputs)[0]]

        def call(n):
            current = state[0]
            for _ in range(n):
                current, results = jitted(current, *inputs)
            jax.block_until_ready(results)
            state[0] = current

        def outputs():
            current = start()
            for _ in range(self.steps):
                current, results = jitted(current, *inputs)
            return results

        return call, outputs

    def jax_loop(self):
        """All steps inside one call, which no caller of single steps can have: what the code is worth without the way to it."""
        import jax
        import jax.numpy as jnp

        step, start = self.jax_step()
        inputs = [jax.device_put(x) for x in self.inputs]
        _, shapes = jax.eval_shape(step, start(), *inputs)
        nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)

        def steps(carried, n, *inputs):
            return jax.lax.fori_loop(0, n, lambda _, carried: step(carried[0], *inputs), carried)

        jitted = jax.jit(steps, donate_argnums=0)
        carried = [jitted((start(), jax.tree.map(jnp.array, nothing)), 1, *inputs)]

        def call(n):
            carried[0] = jax.block_until_ready(jitted(carried[0], n, *inputs))

        return call, lambda: jitted((start(), jax.tree.map(jnp.array, nothing)), self.steps, *inputs)[1]
