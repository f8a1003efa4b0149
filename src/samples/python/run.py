"""Runs an augmented model on ONNX Runtime, and prints the norm of each output: run.py MODEL INPUT=FILE.npy ..."""

import sys

import numpy
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
feeds = {name: numpy.load(path) for name, path in (argument.split("=", 1) for argument in sys.argv[2:])}
names = [output.name for output in session.get_outputs()]
for name, array in zip(names, session.run(names, feeds)):
    print(f"{name} {list(array.shape)} norm {numpy.linalg.norm(array):.6g}")
