#!/usr/bin/env python3
"""Cuts the MNIST samples of this folder from the four original files.

    python3 cut_mnist.py FOLDER_WITH_ORIGINALS [OUTPUT_FOLDER]

FOLDER_WITH_ORIGINALS holds train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz,
t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz. Each sample takes the first images of each
class, equally many, and keeps them in the original order. Needs only the standard library.
"""

import gzip
import hashlib
import pathlib
import struct
import sys

# name of the sample: classes, images of each class (the same for train and test)
SAMPLES = {"mnist01": (range(2), 500), "mnist10": (range(10), 100)}
PARTS = {"train": "train", "test": "t10k"}


def read(folder, part):
    """Images as a list of bytes objects, labels as a bytes object."""
    labels = gzip.open(folder / f"{part}-labels-idx1-ubyte.gz").read()
    images = gzip.open(folder / f"{part}-images-idx3-ubyte.gz").read()
    magic, count = struct.unpack(">II", labels[:8])
    assert magic == 0x801 and len(labels) == 8 + count
    magic, images_count, height, width = struct.unpack(">IIII", images[:16])
    assert magic == 0x803 and images_count == count and (height, width) == (28, 28)
    size = height * width
    assert len(images) == 16 + count * size
    return [images[16 + i * size : 16 + (i + 1) * size] for i in range(count)], labels[8:]


def first_of_each(labels, classes, per_class):
    """Rows of the first images of each class, ascending."""
    left = {c: per_class for c in classes}
    rows = []
    for row, label in enumerate(labels):
        if left.get(label, 0) > 0:
            left[label] -= 1
            rows.append(row)
    assert not any(left.values()), f"not enough images: {left}"
    return rows


def write(path, content):
    packed = gzip.compress(content, compresslevel=9, mtime=0)
    path.write_bytes(packed)
    print(hashlib.sha256(packed).hexdigest(), path.name)
    print(hashlib.sha256(content).hexdigest(), path.name.removesuffix(".gz"), "(unpacked)")


def main(originals, output):
    for part, original in PARTS.items():
        images, labels = read(originals, original)
        for sample, (classes, per_class) in SAMPLES.items():
            rows = first_of_each(labels, classes, per_class)
            head = struct.pack(">IIII", 0x803, len(rows), 28, 28)
            write(
                output / f"{sample}-{part}-images-idx3-ubyte.gz",
                head + b"".join(images[row] for row in rows),
            )
            head = struct.pack(">II", 0x801, len(rows))
            write(
                output / f"{sample}-{part}-labels-idx1-ubyte.gz",
                head + bytes(labels[row] for row in rows),
            )


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(
        pathlib.Path(sys.argv[1]),
        pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).parent,
    )
