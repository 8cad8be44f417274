"""Measures what main.rs built beside its peers: `measure.py FOLDER [DOCS]`.

All contenders of a case run in this process, on one processor, on the same data, in turns. Their results are compared before
any time is taken. With DOCS the table goes into DOCS/benchmarks.md, and a plot beside it.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import environment  # first: it says how many threads there are

import numpy as np

import cases
import report
from environment import PEERS
from library import Arrays, Library, Limits, Plain, seconds

ROUNDS = 21
SECONDS = 0.01  # that a contender gets a round
MOST_SECONDS = 2  # that a contender gets in all, but for three rounds


@dataclass
class Row:
    """What was measured of a case: medians in seconds, and medians of the rounds' ratios to tgc."""

    case: cases.Case
    medians: dict
    ratios: dict
    bound: str | None  # what limits the machine
    limit: float | None  # the least time that this allows


def as_arrays(results):
    return [np.asarray(r) for r in (results if isinstance(results, (list, tuple)) else [results])]


def agree(case, name, want, got):
    """Ends the run if two contenders do not compute the same."""
    for w, g in zip(as_arrays(want), as_arrays(got), strict=True):
        if w.dtype == bool:
            different = np.count_nonzero(w != g) / w.size
            if different > 0.01:
                sys.exit(f"{case.name}: {name} decides {different:.1%} otherwise")
            continue
        w, g = w.astype(np.float64).ravel(), g.astype(np.float64).ravel()
        error = np.abs(w - g).max() / max(np.abs(w).max(), 1e-30)
        if w.shape != g.shape or not error <= case.tolerance[case.dtype_name]:
            sys.exit(f"{case.name}: {name} differs by {error:.1e} of the greatest result")


def contenders(folder, case, peers):
    """Functions that do the work n times, by contender, after their results were found to agree."""
    rivals = {peer: made for peer in peers if (made := getattr(case, peer)())}
    want = as_arrays(rivals["numpy"][1]())
    arrays = Arrays(case.inputs, want)
    ours = {"tgc": Library(folder / f"{case.name}.so", arrays)}
    if (native := folder / f"{case.name}_native.so").exists():
        ours["native"] = Library(native, arrays)
    if (plain := folder / f"{case.name}_plain.so").exists():
        ours["plain"] = Plain(plain, arrays)
    calls = {}
    for who, library in ours.items():
        agree(case, who, want, library.outputs(case.steps))
        calls[who] = library.call
    for peer, (call, outputs) in rivals.items():
        agree(case, PEERS[peer], want, outputs())
        calls[peer] = call
    return arrays, calls


def calls_that_fill(call):
    """How many calls take SECONDS."""
    call(1)
    n = 1
    while (took := seconds(call, n) * n) < SECONDS / 2 and n < 10_000_000:
        n = max(2 * n, int(n * SECONDS / max(took, 1e-9) / 2))
    return max(1, round(n * SECONDS / took))


def measure(folder, limits, name, instructions, peers):
    """A case's row."""
    case = cases.by_name(name)
    arrays, calls = contenders(folder, case, peers)
    counts = {who: calls_that_fill(call) for who, call in calls.items()}
    rounds = {
        who: ROUNDS if counts[who] > 1 else max(3, int(MOST_SECONDS / seconds(call, 1)))
        for who, call in calls.items()
    }
    limits = limits[case.dtype_name]
    times = {who: [] for who in calls}
    traffic, arithmetic = [], []
    order, shuffled = list(calls), random.Random(1)
    for turn in range(ROUNDS):
        # Nobody always comes after the same neighbour, which may leave caches empty or the clock low.
        shuffled.shuffle(order)
        for who in order:
            if turn >= rounds[who]:
                continue
            if counts[who] > 1:
                calls[who](1)
            times[who].append(seconds(calls[who], counts[who]))
        traffic.append(limits.traffic(case.inputs, arrays.results, max(1, counts["tgc"] // 2)))
        # A sum and a product are one instruction where the hardware fuses them.
        arithmetic.append((case.operations or 2 * instructions) / limits.flops())
    bounds = {"arithmetic": statistics.median(arithmetic), "memory": statistics.median(traffic)}
    bound = max(bounds, key=bounds.get) if case.has_limit else None
    ratio = lambda taken: statistics.median(t / own for t, own in zip(taken, times["tgc"]))
    return Row(
        case,
        {who: statistics.median(taken) for who, taken in times.items()},
        {who: ratio(taken) for who, taken in times.items()},
        bound,
        bounds.get(bound),
    )


@dataclass
class Whole:
    """Medians by contender: from a graph to code, and from a process's start to its first result with its megabytes."""

    compiled: dict = field(default_factory=dict)
    first: dict = field(default_factory=dict)


def child(command, **variables):
    """Seconds of a process until its first result, those that the last part of the way took, and its megabytes."""
    start = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables})
    if run.returncode != 0:
        sys.exit(f"{command} failed\n{run.stderr}")
    at, last, kilobytes = run.stdout.split()[-3:]
    return float(at) - start, float(last), float(kilobytes) / 1024


def whole_processes(folder, built, peers):
    """PyTensor starts with what it has compiled before; it and all others compile anew where compiling is measured."""
    cold = Path(__file__).parent / "cold.py"
    peers = [peer for peer in peers if peer not in ("jax_loop", "onnxruntime")]
    commands = {"tgc": [str(folder / "start")]}
    commands |= {peer: [sys.executable, str(cold), "first", peer] for peer in peers}
    runs = {who: [] for who in commands}
    for _ in range(5):
        for who, command in commands.items():
            runs[who].append(child(command))
    whole = Whole(compiled={"tgc": built})
    for who, taken in runs.items():
        wall, _, megabytes = zip(*taken)
        whole.first[who] = statistics.median(wall), statistics.median(megabytes)
    for peer in peers:
        if peer != "numpy":
            with tempfile.TemporaryDirectory() as empty:
                command = [sys.executable, str(cold), "compile", peer]
                whole.compiled[peer] = child(command, BENCH_CACHE=empty)[1]
    return whole


def main():
    folder = Path(sys.argv[1])
    docs = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    have = environment.present()
    if "numpy" not in have:
        sys.exit("NumPy is missing: it is the one that results are compared with")
    machine = report.Machine(folder, have)
    print(machine.text(), flush=True)
    limits = {dtype: Limits(folder / f"limits_{dtype}.so") for dtype in ("f32", "f64")}
    rows, built = [], {}
    for line in (folder / "built.txt").read_text().splitlines():
        name, milliseconds, instructions = line.split()
        built[name] = float(milliseconds) / 1e3
        rows.append(measure(folder, limits, name, int(instructions), have))
        print(report.line(rows[-1]), flush=True)
    if docs is not None:
        whole = whole_processes(folder, built["perceptron_step_64_f32"], have)
        report.write(docs, machine, rows, whole, have)


main()
