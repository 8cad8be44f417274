"""One thread for everybody. This is imported first and imports no peer, as they count processors when they are loaded; main.rs
has set what must be there before the process began."""

import os
import sys
from importlib.util import find_spec


PEERS = {
    "numpy": "NumPy",
    "jax": "JAX",
    "jax_loop": "JAX, loop inside",
    "pytensor_c": "PyTensor, C",
    "pytensor_numba": "PyTensor, Numba",
    "onnxruntime": "ONNX Runtime",
}
# What must be importable.
PACKAGES = {peer: peer.split("_")[0] for peer in PEERS}

os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
for variable in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{variable}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

# BENCH_ISA=avx2 holds peers to what tgc's default target has. ONNX Runtime cannot be held.
_isa = os.environ.get("BENCH_ISA", "")
if _isa not in ("", "avx2"):
    sys.exit(f"BENCH_ISA={_isa}: peers can be held to avx2 alone")
HELD = _isa == "avx2"

# PyTensor keeps what it compiles in this folder, and calls a BLAS from C where the C compiler finds one.
_cache, _blas = os.environ["BENCH_CACHE"], os.environ.get("BENCH_BLAS", "")
os.environ["PYTENSOR_FLAGS"] = f"base_compiledir={_cache},openmp=False,blas__ldflags={_blas}"

if HELD:
    os.environ["OPENBLAS_CORETYPE"] = "Haswell"
    os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = "haswell", ""
    os.environ["XLA_FLAGS"] += " --xla_cpu_max_isa=AVX2"
    os.environ["PYTENSOR_FLAGS"] += ",gcc__cxxflags=-march=x86-64-v3"


def present():
    """The peers that can be imported, and held where they are to be."""
    return [peer for peer in PEERS if find_spec(PACKAGES[peer]) and not (HELD and peer == "onnxruntime")]
