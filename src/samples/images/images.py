"""Turns folders of images, one for each class, into .npy files: images.py PHOTOS ARRAYS"""

import pathlib
import sys

import numpy
from PIL import Image, ImageOps

SIZE, IMAGES_PER_FILE = (224, 224), 256

source, target = map(pathlib.Path, sys.argv[1:3])
target.mkdir(parents=True, exist_ok=True)
classes = sorted(folder.name for folder in source.iterdir() if folder.is_dir())
files = [(path, label) for label, name in enumerate(classes) for path in sorted((source / name).iterdir())]
for number, start in enumerate(range(0, len(files), IMAGES_PER_FILE)):
    part = files[start : start + IMAGES_PER_FILE]
    images = [ImageOps.fit(Image.open(path).convert("RGB"), SIZE) for path, _ in part]
    # Height, width, channel becomes channel, height, width.
    numpy.save(target / f"image-{number}.npy", numpy.stack([numpy.asarray(image) for image in images]).transpose(0, 3, 1, 2).copy())
    numpy.save(target / f"labels-{number}.npy", numpy.array([label for _, label in part], dtype=numpy.int64))
print(f"{len(files)} images of {len(classes)} classes in {-(-len(files) // IMAGES_PER_FILE)} files")
