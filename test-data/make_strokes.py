"""Writes strokes.npz: characters of two or three random strokes, drawn anew for each example."""

import sys

import numpy as np

CLASSES, EXAMPLES, SIDE = 60, 12, 14


def draw(rng, strokes):
    """One example: the strokes of its class, bent, turned, sheared, scaled and shifted."""
    angle, shear, scale = rng.uniform(-0.35, 0.35), rng.uniform(-0.25, 0.25), rng.uniform(0.85, 1.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = scale * turn @ np.array([[1.0, shear], [0.0, 1.0]])
    shift = rng.uniform(-0.12, 0.12, 2)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    pixels = (np.stack([x, y], -1) + 0.5) / SIDE
    image = np.zeros((SIDE, SIDE))
    t = np.linspace(0, 1, 40)[:, None]
    for a, b, c in strokes + rng.normal(0, 0.05, strokes.shape):
        curve = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c  # quadratic Bezier curve
        curve = (curve - 0.5) @ matrix.T + 0.5 + shift
        distance = np.linalg.norm(pixels[:, :, None] - curve, axis=-1).min(-1)
        image = np.maximum(image, np.clip(1.0 - distance * SIDE, 0, 1))
    return np.rint(255 * image).astype(np.uint8)


def main(file):
    rng = np.random.default_rng(1)
    x = np.zeros((CLASSES, EXAMPLES, SIDE, SIDE), np.uint8)
    for c in range(CLASSES):
        strokes = rng.uniform(0.15, 0.85, (rng.integers(2, 4), 3, 2))
        for e in range(EXAMPLES):
            x[c, e] = draw(rng, strokes)
    np.savez_compressed(file, X=x)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "strokes.npz")
