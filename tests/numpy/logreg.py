"""Writes examples/logreg/expected.txt: the example's figures, by NumPy and the formulas of a textbook.

The program of the example may differ from them by a millionth of their size.
"""

from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples"


def digits(name):
    images = np.fromfile(EXAMPLES / "digits" / f"{name}-images-idx3-ubyte", np.uint8)[16:]
    labels = np.fromfile(EXAMPLES / "digits" / f"{name}-labels-idx1-ubyte", np.uint8)[8:]
    chosen = (labels == 3) | (labels == 8)
    return images.reshape(len(labels), -1)[chosen] / 255, (labels[chosen] == 8).astype(float)


def probability(x):
    return 1 / (1 + np.exp(-x @ w - b))


def accuracy(x, y):
    return 100 * np.mean((probability(x) > 0.5) == (y > 0.5))


(x, y), (test_x, test_y) = digits("train"), digits("test")
w, b = np.zeros(x.shape[1]), 0.0
lines = [" step  cross-entropy  training  held-out"]
for step in range(1, 10_001):
    p = probability(x)
    xent = -y * np.log(p) - (1 - y) * np.log(1 - p)
    w, b = w - 0.1 * (x.T @ (p - y) / len(y) + 0.02 * w), b - 0.1 * np.mean(p - y)
    if step in (1, 10, 100, 1000, 10_000):
        figures = step, xent.mean(), accuracy(x, y), accuracy(test_x, test_y)
        lines.append("%5d  %13.10f  %6.2f %%  %6.2f %%" % figures)
lines.append("* us per step")
(EXAMPLES / "logreg" / "expected.txt").write_text("\n".join(lines) + "\n")
