"""Run richkernel from Python and load what it wrote. Needs Python 3.8, NumPy, a JDK and richkernel.jar; no other package.

    import richkernel
    fit = richkernel.run("bayes", "target/fit", train_x=X, train_y=y, test_x=X_test, test_y=y_test, gamma=1, beta=10)
    fit.converged, fit.summary["layers"][0]["alignment"], fit.arrays["phi_1"], fit.arrays["f_test"]
    again = richkernel.load("target/fit")
"""

import json
import os
import subprocess
from pathlib import Path

import numpy

JAR = os.environ.get("RICHKERNEL_JAR", str(Path(__file__).resolve().parent.parent / "target" / "richkernel.jar"))


class Result:
    """A result folder: `summary` (dict), `arrays` (lazily read .npz), `converged`, `folder`."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.summary = json.loads((self.folder / "summary.json").read_text())
        self.arrays = numpy.load(self.folder / "arrays.npz")

    @property
    def converged(self):
        return self.summary["converged"]


def load(folder):
    """Read a result folder that any command wrote."""
    return Result(folder)


def run(command, out, program=("java", "-jar", JAR), **options):
    """Run a command into the folder `out` and load it.

    Options are those of the command line with `_` for `-` (`train_size=100`); True stands for a switch, None is left out,
    arrays are handed over as .npy files in `out`, lists
    are joined by commas. Raises RuntimeError with the program's message unless it ended with 0
    (converged) or 3 (results written, not converged).
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    words = [*program, command]
    # report draws a folder again, and has neither option
    words += [str(out)] if command == "report" else ["--out", str(out), "--quiet"]
    for name, value in options.items():
        if value is None or value is False:
            continue
        flag = "--" + name.replace("_", "-")
        if isinstance(value, numpy.ndarray):
            file = out / f"input_{name}.npy"
            numpy.save(file, numpy.ascontiguousarray(value))
            value = file
        elif isinstance(value, (list, tuple)):
            value = ",".join(map(str, value))
        words += [flag] if value is True else [flag, str(value)]
    ended = subprocess.run(words, capture_output=True, text=True)
    if ended.returncode not in (0, 3):
        raise RuntimeError(f"richkernel {command} ended with {ended.returncode}: {ended.stderr.strip()}")
    return load(out)
