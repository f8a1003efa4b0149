"""Writes src/OnnxCurvature/Runtime/Cuda/CudaKernels.txt: the float types of ONNX Runtime's CUDA kernels, opsets 13 to 21.

Usage: python3 cuda_kernels.py MATRIX.csv > CudaKernels.txt

MATRIX.csv has the columns op, ep, opset11, opset12, ...; a cell names float types, `any` for a kernel without a float type, `-` for none,
and nothing where the opset has no such operator. A line of the result: operator, then first opset and types of each change.
"""
import csv
import sys

FIRST, LAST = 13, 21

print("# The float types of ONNX Runtime's CUDA kernels, opsets 13 to 21: operator|opset:types|... from that opset on. Made by tests/tables/cuda_kernels.py.")
for row in sorted(csv.DictReader(open(sys.argv[1])), key=lambda row: row["op"]):
    if row["ep"] != "CUDA":
        continue
    changes = []
    for opset in range(FIRST, LAST + 1):
        cell = row[f"opset{opset}"].strip().replace(" ", ",")
        if cell and (not changes or changes[-1][1] != cell):
            changes.append((opset, cell))
    if changes:
        print("|".join([row["op"], *(f"{opset}:{types}" for opset, types in changes)]))
