"""Writes indexing.txt: what NumPy selects, sets and adds to by random indices. Run it in this folder; NumPy 2.4.

A line is: the shape of the data, which are 0, 1, 2, …; an index; the shape of what it selects; this; the data with
it replaced by -1, -2, …; the data with these added to it. Entries of an index are numbers, `start:stop:step` with
the range in terms of indices from the front or the end and the step's sign for the direction, `new`, `...`, and
`shape@values` for tensors.
"""

import random

import numpy as np

random.seed(1)


def place(size):
    return random.choice([None, random.randint(-size - 2, size + 2)])


def a_slice(size):
    start, stop, step = place(size), place(size), random.choice([1, 1, 1, 2, 3, -1, -1, -2, -3])
    text = ":".join("" if n is None else str(n) for n in (start, stop)) + f":{step}"
    if step > 0:
        return text, slice(start, stop, step)
    low, high, _ = slice(start, stop).indices(size)
    if high <= low:
        return text, slice(0, 0)
    return text, slice(high - 1, low - 1 if low > 0 else None, step)


def a_tensor(size, shape):
    values = np.array([random.randint(-size, size - 1) for _ in range(int(np.prod(shape)))], dtype=np.int64)
    values = values.reshape(shape)
    return "x".join(map(str, shape)) + "@" + ",".join(map(str, values.ravel())), values


def stretched(shape):
    """A shape that stretches to this one."""
    shape = [1 if random.random() < 0.25 else n for n in shape]
    while shape and shape[0] == 1 and random.random() < 0.5:
        shape = shape[1:]
    return shape


def an_index(shape):
    tensors = random.random() < 0.6
    common = [random.randint(0 if random.random() < 0.2 else 1, 3) for _ in range(random.randint(0, 2))]
    entries = []
    for size in shape[: random.choice([len(shape), len(shape), random.randint(0, len(shape))])]:
        kind = random.random()
        if kind < 0.25 and size > 0:
            number = random.randint(-size, size - 1)
            entries.append((str(number), number))
        elif kind < 0.6 and tensors and size > 0:
            entries.append(a_tensor(size, stretched(common)))
        elif kind < 0.9:
            entries.append(a_slice(size))
        else:
            entries.append(("::1", slice(None)))
    while random.random() < 0.25:
        entries.insert(random.randint(0, len(entries)), ("new", None))
    if random.random() < 0.2:
        # Those that follow it index the last axes, so it stands where all before it are.
        if len([e for e in entries if e[0] != "new"]) == len(shape):
            entries.insert(random.randint(0, len(entries)), ("...", Ellipsis))
        else:
            entries.append(("...", Ellipsis))
    return entries


def listed(values):
    return ",".join(map(str, np.asarray(values).ravel()))


def main():
    lines = {}
    while len(lines) < 600:
        shape = [random.choice([0, 1, 2, 3, 4, 5] if random.random() < 0.2 else [2, 3, 4]) for _ in range(random.randint(1, 4))]
        data = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
        entries = an_index(shape)
        index = tuple(value for _, value in entries)
        picked = data[index]
        if data.size > 60 or picked.size > 60 or picked.ndim > 8 or not entries:
            continue
        values = -1 - np.arange(picked.size, dtype=np.int64).reshape(picked.shape)
        replaced, added = data.copy(), data.copy()
        replaced[index] = values
        np.add.at(added, index, values)
        text = " ".join(text for text, _ in entries)
        fields = ["x".join(map(str, shape)), text, "x".join(map(str, picked.shape))]
        lines["; ".join(fields)] = [listed(picked), listed(replaced), listed(added)]
    with open("indexing.txt", "w") as file:
        for fields, results in lines.items():
            file.write("; ".join([fields, *results]) + "\n")


main()
