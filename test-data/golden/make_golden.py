#!/usr/bin/env python3
"""Writes the golden .npy and .npz files of this folder: python3 make_golden.py

The readers' tests compare with the formula below, so that no test needs Python:
element k (counted in row-major order) of every array is k - 3 for signed types, k for unsigned
ones, k % 3 == 0 for booleans, and (k - 3) / 8 for floating point.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent


def values(dtype, shape):
    k = np.arange(int(np.prod(shape))).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return ((k - 3) / 8).astype(dtype)
    if kind == "i":
        return (k - 3).astype(dtype)
    return (k % 3 == 0) if kind == "b" else k.astype(dtype)


for dtype in "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1".split():
    for name, order in (("le", "<"), ("be", ">")):
        np.save(HERE / f"{dtype}-{name}.npy", values(order + dtype, (3, 4)))
np.save(HERE / "b1.npy", values("?", (3, 4)))
np.save(HERE / "fortran-2d.npy", np.asfortranarray(values("f8", (3, 4))))
np.save(HERE / "fortran-4d.npy", np.asfortranarray(values("<f4", (2, 3, 4, 5))))
np.save(HERE / "vector.npy", values("f8", (5,)))
np.save(HERE / "scalar.npy", values("f8", ()))
np.save(HERE / "empty.npy", values("f8", (0, 7)))
for major in (2, 3):
    with open(HERE / f"version-{major}.npy", "wb") as file:
        np.lib.format.write_array(file, values("f8", (3, 4)), version=(major, 0))
np.save(HERE / "complex.npy", np.zeros((2, 2), dtype=complex))
np.save(HERE / "object.npy", np.array([1, "a"], dtype=object), allow_pickle=True)
np.save(HERE / "structured.npy", np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]))
np.save(HERE / "large-integer.npy", np.array([1, 2**53, 2**53 + 1], dtype="i8"))
np.save(HERE / "nan.npy", np.where(values("f8", (3, 4)) == 0.25, np.nan, 1.0))
# every seventh of the finite numbers of float16, subnormals and both signs included
bits = np.arange(0x10000, dtype="u2")
halves = bits[(bits & 0x7C00) != 0x7C00].view("f2")
np.save(HERE / "f2-all.npy", halves[::7].astype(">f2"))
np.save(HERE / "f2-all-as-f8.npy", halves[::7].astype("f8"))
np.savez_compressed(HERE / "f2.npz", x=values("<f2", (3, 4)))
for name, value in (("inf", np.inf), ("nan", np.nan)):
    np.save(HERE / f"f2-{name}.npy", np.array([[1, 2], [3, value]], dtype="f2"))
np.savez(HERE / "several.npz", x=values("f8", (3, 4)), y=values("i4", (3,)))
np.savez_compressed(HERE / "compressed.npz", x=values("f4", (3, 4)), y=values("f8", (3,)))
np.savez(HERE / "single.npz", only=values("f8", (3, 4)))
