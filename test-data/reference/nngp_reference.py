"""NNGP regression on the first 20 digits, one hidden layer, kappa = 0.1, in plain NumPy.

ReLU by the arc-cosine formula, tanh by two-dimensional Gauss-Hermite quadrature (160 nodes each way).
Prints y'Phi y / P^2, Tr Phi / P, y.v with v = (Phi + kappa)^-1 y, alignment, mean squared test error.

    python3 nngp_reference.py
"""

from pathlib import Path

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

POINTS, KAPPA = 20, 0.1
FOLDER = Path(__file__).parent


def images(name):
    pixels = np.load(FOLDER / name).astype(float)
    return (pixels.reshape(len(pixels), -1) / 255 - 0.1307) / 0.3081


def relu(cov, a, b):
    norm = np.sqrt(np.outer(a, b))
    rho = np.clip(cov / norm, -1, 1)
    angle = np.arccos(rho)
    return norm * (np.sin(angle) + (np.pi - angle) * rho) / (2 * np.pi)


def tanh(cov, a, b):
    z, w = hermegauss(160)
    w = w / np.sqrt(2 * np.pi)
    phi = np.empty_like(cov)
    for i, j in np.ndindex(*cov.shape):
        rho = np.clip(cov[i, j] / np.sqrt(a[i] * b[j]), -1, 1)
        u = np.sqrt(a[i]) * z[:, None]
        v = np.sqrt(b[j]) * (rho * z[:, None] + np.sqrt(1 - rho**2) * z[None, :])
        phi[i, j] = w @ (np.tanh(u) * np.tanh(v)) @ w
    return phi


x, y = images("mnist01_train40_u8.npy")[:POINTS], np.load(FOLDER / "mnist01_ytrain.npy").ravel()[:POINTS]
x_test, y_test = images("mnist01_test100_u8.npy"), np.load(FOLDER / "mnist01_ytest.npy").ravel()
y, y_test = y.astype(float), y_test.astype(float)
dim = x.shape[1]
var, var_test = (x**2).sum(1) / dim, (x_test**2).sum(1) / dim
for kernel in (relu, tanh):
    phi = kernel(x @ x.T / dim, var, var)
    v = np.linalg.solve(phi + KAPPA * np.eye(POINTS), y)
    quadratic = y @ phi @ y
    error = ((y_test - kernel(x_test @ x.T / dim, var_test, var) @ v) ** 2).mean()
    print(kernel.__name__, *(f"{q:.10f}" for q in (
        quadratic / POINTS**2, np.trace(phi) / POINTS, y @ v,
        quadratic / np.linalg.norm(phi) / (y @ y), error)))
