"""What benchmarks.md shows of a run."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import numpy as np

from environment import HELD, PACKAGES, PEERS
from library import Limits

OURS = {"tgc": "tgc", "native": "tgc, `--cpu native`", "plain": "plain C"}
BEGIN, END = "<!-- written by make bench -->", "<!-- until here -->"


def duration(value):
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value * 1e9:.3g} ns"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


class Machine:
    """The processor, what it can do at all, and the versions of everything."""

    def __init__(self, folder, peers):
        self.load = os.getloadavg()[0]
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        self.processor = model.group(1) if model else platform.machine()
        self.peaks = {}
        for dtype in ("f32", "f64"):
            limits = Limits(folder / f"limits_{dtype}.so")
            self.peaks[dtype] = [
                max(limits.flops(p) for _ in range(5)) / 1e9 for p in ("peak_default", "peak")
            ]
        self.reads = self.speeds(limits)
        self.packages = {PACKAGES[peer]: version(PACKAGES[peer]) for peer in PEERS} | {
            "numba": version("numba")
        }
        self.peers = peers
        self.has_native = any(folder.glob("*_native.so"))

    @staticmethod
    def speeds(limits):
        """Gigabytes a second that are read from arrays of some sizes in bytes."""
        speeds = {}
        for size in (1 << 14, 1 << 18, 1 << 23, 1 << 28):
            array = np.ones(size, np.uint8)
            times = max(1, (1 << 26) // size)
            speeds[size] = size / min(limits.traffic([array], [], times) for _ in range(5)) / 1e9
        return speeds

    def blas(self):
        """The kernel that NumPy's BLAS has chosen."""
        try:
            from threadpoolctl import threadpool_info
        except ImportError:
            return ""
        np.ones((2, 2)) @ np.ones((2, 2))
        is_numpys = lambda library: library["user_api"] == "blas" and "numpy" in library["filepath"]
        found = [
            f"{b['internal_api']} {b['version']}, {b['architecture']} kernels"
            for b in threadpool_info()
            if is_numpys(b)
        ]
        return f" ({'; '.join(found)})" if found else ""

    def text(self):
        names = {
            "numpy": "NumPy",
            "jax": "JAX",
            "pytensor": "PyTensor",
            "onnxruntime": "ONNX Runtime",
            "numba": "Numba",
        }
        versions = []
        for package, name in names.items():
            found = self.packages[package]
            versions.append(f"{name} {found}" if found else f"no {name}")
            if package == "numpy":
                versions[-1] += self.blas()
            if package == "pytensor" and found:
                blas = os.environ.get("BENCH_BLAS", "")
                versions[-1] += f" (from C: {blas})" if blas else " (from C without a BLAS)"
        compiler = subprocess.run([os.environ.get("CC", "cc"), "--version"], capture_output=True, text=True)
        peaks = [
            f"{dtype} {default:.0f}"
            + (f" ({widest:.0f} with its widest vectors)" if widest > 1.2 * default else "")
            for dtype, (default, widest) in self.peaks.items()
        ]
        sizes = {1 << 14: "16 KiB", 1 << 18: "256 KiB", 1 << 23: "8 MiB", 1 << 28: "256 MiB"}
        reads = [f"{speed:.0f} from {sizes[size]}" for size, speed in self.reads.items()]
        return "\n".join(
            [
                f"- {self.processor}, one of {os.cpu_count()} processors; load {self.load:.1f} when the run began.",
                f"- Fused products and sums, GFLOP/s: {', '.join(peaks)}. Reading, GB/s: {', '.join(reads)}.",
                *(["- Peers held to AVX2, but for JAX's products."] if HELD else []),
                f"- {', '.join(versions)}; {compiler.stdout.splitlines()[0]}; Python {platform.python_version()}.",
            ]
        )


def best_peer(row):
    """Its name and its time over ours; the loop inside is no call."""
    return min((ratio, who) for who, ratio in row.ratios.items() if who in PEERS and who != "jax_loop")


def what(row):
    case = row.case
    size = f", {case.size.replace('x', ' × ')}" if case.size[0].isdigit() else ""
    return f"{case.title}{size}, {case.dtype_name}"


def head(peers, has_native):
    ours = [name for who, name in OURS.items() if who != "native" or has_native]
    ratios = ["best peer ÷ tgc"] + (["÷ native"] if has_native else [])
    return ["work", *ours, *[PEERS[peer] for peer in peers], *ratios, "limit", "limit ÷ tgc"]


def cells(row, peers, has_native, overheads):
    """The row's cells; a peer's time is marked where a tenth of it or more is the way into the peer."""
    ratio, best = best_peer(row)

    def cell(who):
        if who not in row.medians:
            return "–"
        time = row.medians[who]
        marked = who in overheads and row.case.name != "add_scalars_f32" and overheads[who] > 0.1 * time
        text = duration(time) + ("°" if marked else "")
        return f"**{text}**" if who == best else text

    ours = [cell(who) for who in OURS if who != "native" or has_native]
    ratios = [f"{ratio:.2f}"] + ([f"{ratio / row.ratios['native']:.2f}"] if has_native else [])
    return [what(row), *ours, *[cell(peer) for peer in peers], *ratios, *limit(row)]


def limit(row):
    """The limit, and which part of our times it is."""
    if row.bound is None:
        return ["–", "–"]
    shares = [f"{row.limit / row.medians[who]:.0%}" for who in ("tgc", "native") if who in row.medians]
    return [f"{duration(row.limit)}, {row.bound}", ", native ".join(shares)]


def line(row):
    """The row as it is printed while the run goes on."""
    ratio, best = best_peer(row)
    times = ", ".join(f"{who} {duration(time)}" for who, time in row.medians.items())
    native = f" ({ratio / row.ratios['native']:.2f} native)" if "native" in row.ratios else ""
    plain = f", plain ÷ tgc {row.ratios['plain']:.2f}" if "plain" in row.ratios else ""
    bound, share = limit(row)
    return (
        f"{row.case.name}: best peer ÷ tgc {ratio:.2f}{native} {best}{plain}; limit {bound}: {share}; {times}"
    )


def whole_table(whole, peers):
    peers = [peer for peer in peers if peer in whole.first]
    first = {who: f"{duration(time)}, {megabytes:.1f} MB" for who, (time, megabytes) in whole.first.items()}
    compiled = {who: duration(time) for who, time in whole.compiled.items()}
    rows = [
        [
            "the perceptron's training step, batch 64, from graph to code",
            *[compiled.get(who, "–") for who in ("tgc", *peers)],
        ],
        [
            "the regression's first step, f32, from the start of the process",
            *[first[who] for who in ("tgc", *peers)],
        ],
    ]
    return table(["work", "tgc", *[PEERS[peer] for peer in peers]], rows)


def replace(page, text):
    """Puts a text between the marks of a page."""
    before, rest = page.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}"


def write(docs, machine, rows, whole, peers):
    overheads = next((row.medians for row in rows if row.case.name == "add_scalars_f32"), {})
    overheads = {who: time for who, time in overheads.items() if who in PEERS}
    body = [cells(row, peers, machine.has_native, overheads) for row in rows]
    picture = plot(docs / "benchmarks.svg", rows)
    missing = [f"{PEERS[peer]} was missing." for peer in PEERS if peer not in peers]
    parts = [
        machine.text(),
        *missing,
        table(head(peers, machine.has_native), body),
        whole_table(whole, peers),
        picture,
    ]
    page = docs / "benchmarks.md"
    page.write_text(replace(page.read_text(), "\n\n".join(part for part in parts if part)))


def plot(path, rows):
    """Draws how many times as long as tgc the best peer and plain C take. Returns the text that shows it."""
    try:
        import matplotlib
    except ImportError:
        return "There is no picture, as matplotlib was missing."
    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.hashsalt": "tgc", "svg.fonttype": "none", "font.size": 9}
    from matplotlib import pyplot

    names = [re.sub("`", "", what(row)) for row in rows]
    places = range(len(rows), 0, -1)
    best = [best_peer(row)[0] for row in rows]
    figure, axes = pyplot.subplots(figsize=(9, 0.28 * len(rows) + 1.2))
    axes.barh(
        places,
        [b - 1 for b in best],
        left=1,
        color=["#2f6f4f" if b >= 1 else "#b04a3a" for b in best],
        label="best peer",
    )
    if any("native" in row.ratios for row in rows):
        native = [
            (b / row.ratios["native"], p) for b, p, row in zip(best, places, rows) if "native" in row.ratios
        ]
        axes.plot(*zip(*native), "D", color="#20407f", markersize=4, label="best peer, tgc with --cpu native")
    plain = [(row.ratios["plain"], p) for p, row in zip(places, rows) if "plain" in row.ratios]
    axes.plot(*zip(*plain), "|", color="black", markersize=9, label="plain C")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(list(places), names)
    axes.set_xlabel("time ÷ time of tgc: right of 1, tgc is faster")
    axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return "![Times of the best peer and of plain C over the time of tgc](benchmarks.svg)"
