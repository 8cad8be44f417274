"""What main.rs built: a case's library with the C around it, the same work in plain C, and the machine's limits."""

import ctypes
import itertools
import sys
import time

import numpy as np

POINTERS = ctypes.POINTER(ctypes.c_void_p)


PAGE, LINE = 4096, 64
placed = itertools.count()


def aligned(array):
    """A copy that begins at a cache line, each copy at another place of its page: where a result lies just after an input modulo the
    size of both, as allocators place neighbours of a power of two, processors take the loads of one for the stores of the other."""
    array = np.asarray(array)
    block = np.empty(array.nbytes + 2 * PAGE, np.uint8)
    start = -block.ctypes.data % PAGE + next(placed) * 17 * LINE % PAGE
    copy = block[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def clocked(call):
    """Seconds of processor time. On the one processor that this process has, nobody waits for anything but work of its own; what
    other processes take from it does not count."""
    start = time.process_time()
    call()
    return time.process_time() - start


def seconds(call, n):
    """Seconds of one of n calls."""
    return clocked(lambda: call(n)) / n


class Arrays:
    """The arguments of a case's function: its inputs, and arrays for its results."""

    def __init__(self, inputs, results):
        self.results = [aligned(np.zeros_like(r)) for r in results]
        self.all = [*inputs, *self.results]
        self.pointers = (ctypes.c_void_p * len(self.all))(*[a.ctypes.data for a in self.all])


class Library:
    """A model's library. Calls go through the checked public function, from a loop in C."""

    def __init__(self, path, arrays):
        self.code = ctypes.CDLL(str(path))
        self.code.tgc_open.restype = ctypes.c_void_p
        self.code.tgc_close.argtypes = [ctypes.c_void_p]
        self.code.tgc_call.argtypes = [ctypes.c_void_p, POINTERS, ctypes.c_long]
        self.arrays = arrays
        self.model = self.open()

    def open(self):
        model = self.code.tgc_open()
        if not model:
            sys.exit("an instance could not be made")
        return model

    def call(self, n, model=None):
        if self.code.tgc_call(model or self.model, self.arrays.pointers, n) != 0:
            sys.exit("a call failed")

    def outputs(self, steps):
        """The results of the last of some steps of a new instance."""
        model = self.open()
        self.call(steps, model)
        self.code.tgc_close(model)
        return [r.copy() for r in self.arrays.results]


class Plain:
    """A function of plain.c."""

    def __init__(self, path, arrays):
        self.code = ctypes.CDLL(str(path))
        self.code.plain_call.argtypes = [POINTERS, ctypes.c_long]
        self.code.plain_call.restype = None
        self.arrays = arrays

    def call(self, n):
        self.code.plain_call(self.arrays.pointers, n)

    def outputs(self, steps):
        """The results after so many steps; it has one state, so this comes first."""
        self.call(steps)
        return [r.copy() for r in self.arrays.results]


class Limits:
    """The probes of limits.c for an element type."""

    def __init__(self, path):
        self.code = ctypes.CDLL(str(path))
        for peak in (self.code.peak, self.code.peak_default):
            peak.restype, peak.argtypes = ctypes.c_double, [ctypes.c_long]
        self.code.traffic.restype = ctypes.c_long
        longs = ctypes.POINTER(ctypes.c_long)
        self.code.traffic.argtypes = [POINTERS, longs, ctypes.c_int, ctypes.c_int, ctypes.c_long]

    def flops(self, probe="peak"):
        """Floating-point operations a second, with the widest vectors or with those of the default target."""
        rounds = 100_000
        return getattr(self.code, probe)(1) * rounds / clocked(lambda: getattr(self.code, probe)(rounds))

    def traffic(self, read, write, times):
        """Seconds to read some arrays once and to write others once, wherever in the caches they lie."""
        arrays = [*read, *write]
        pointers = (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
        sizes = (ctypes.c_long * len(arrays))(*[a.nbytes for a in arrays])
        return clocked(lambda: self.code.traffic(pointers, sizes, len(read), len(arrays), times)) / times
