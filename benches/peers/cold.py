"""One peer in a process of its own: `cold.py first PEER` does one step of the regression, `cold.py compile PEER` one of the
perceptron. Prints the time of the clock at the first result, the seconds from the model's first line to it, and the greatest
resident size in kilobytes."""

import re
import sys
import time

import environment  # noqa: F401
import cases

NAMES = {"first": "regression_400x784_f32", "compile": "perceptron_step_64_f32"}

what, peer = sys.argv[1:]
case = cases.by_name(NAMES[what])
if what == "compile":
    __import__(environment.PACKAGES[peer])
start = time.monotonic()
call, _ = getattr(case, peer)()
call(1)
end = time.monotonic()
size = re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read()).group(1)
print(end, end - start, size)
