"""Steps of check.sh.

    gpu.py images OUT N   1 and N images and labels, the first of which is the sample that comes with the model
    gpu.py peer OUT       the same work by PyTorch on the card
    gpu.py report OUT N   compares, and writes OUT/RESULTS.md; exit code 1 where CUDA and the CPU do not agree, or a node ran on the CPU
"""
import datetime
import json
import os
import re
import subprocess
import sys
import time

import numpy as np

HESSIAN = "conv4_3.weight.hessian_diagonal"
GRADIENT = "conv4_3.weight.gradient"
FLOAT64_TOLERANCE = 1e-11
# Float32 in another order; TF32 rounds factors to ten bits, and is reported, not judged.
TOLERANCE = {GRADIENT: 1e-4, HESSIAN: 1e-3}


def images(out, count):
    image, label = np.load(f"{out}/vgg16.image.npy"), np.load(f"{out}/vgg16.labels.npy")
    noise = np.random.default_rng(0)
    for number in {1, count}:
        more = noise.standard_normal((number - 1, *image.shape[1:])).astype(np.float32)
        np.save(f"{out}/image{number}.npy", np.concatenate([image, more]))
        np.save(f"{out}/labels{number}.npy", np.concatenate([label, noise.integers(0, 10, number - 1)]))


def fields(data):
    """The fields of a protobuf message: number and contents, which are bytes or an integer."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint()
            yield key >> 3, data[at:at + size]
            at += size


def weights(path):
    """The initializers of a model that are raw float32, without a package for ONNX."""
    model = memoryview(open(path, "rb").read())
    graph = next(contents for number, contents in fields(model) if number == 7)
    for number, tensor in fields(graph):
        if number != 5:
            continue
        dims, name, raw = [], "", None
        for part, contents in fields(tensor):
            if part == 1:
                dims += [contents] if isinstance(contents, int) else list(packed(contents))
            elif part == 8:
                name = bytes(contents).decode()
            elif part == 9:
                raw = contents
        if raw is not None and len(raw) == 4 * int(np.prod(dims)):
            yield name, np.frombuffer(raw, np.float32).reshape(dims)


def packed(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def peer(out):
    import torch
    if not torch.cuda.is_available():
        sys.exit("PyTorch finds no card.")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.set_default_device("cuda")
    sys.path.append(os.path.join(os.path.dirname(__file__), "..", "OnnxCurvature.Benchmarks", "Peer"))
    from peer import Vgg
    net = Vgg({name: torch.from_numpy(values.copy()).cuda() for name, values in weights(f"{out}/vgg16.onnx")}, "conv4_3.weight")
    image = torch.from_numpy(np.load(f"{out}/image1.npy")).cuda()
    found = []
    with torch.no_grad():
        for way in ("argmax", "directions"):
            for chunk in (125, 250, 500, 1000):
                try:
                    seconds = []
                    for _ in range(7):
                        torch.cuda.synchronize()
                        start = time.perf_counter()
                        result = net.diagonal(image, way, chunk)
                        torch.cuda.synchronize()
                        seconds.append(time.perf_counter() - start)
                    found.append({"way": way, "chunk": chunk, "seconds": sorted(seconds[2:])[2]})
                    np.save(f"{out}/peer.npy", result.cpu().numpy())
                except torch.cuda.OutOfMemoryError:
                    torch.cuda.empty_cache()
    json.dump({"torch": torch.__version__, "device": torch.cuda.get_device_name(), "found": found}, open(f"{out}/peer.json", "w"))


def error(a, b):
    return float(np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b.astype(np.float64)))


def report(out, count):
    log = lambda name: open(f"{out}/{name}.log", encoding="utf-8").read()
    cpu, lines, bad = np.load(f"{out}/cpu.npz"), [], []

    def milliseconds(name):
        """The median of the batches of one image after the first, as the tool reports it."""
        number, unit = re.search(r"a batch after the first took ([\d.]+) (m?s)\b", log(name)).groups()
        return float(number) * (1 if unit == "ms" else 1000)

    try:
        card = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        card = "unknown"
    lines += ["# CUDA against the CPU: VGG16 conv4_3, one image of 224 by 224, 1000 classes", "",
              f"Measured on {datetime.date.today()} by `tests/gpu/check.sh`. Card and driver: {card}. ONNX Runtime: {os.environ.get('RUNTIME', 'that of the package')}.", "",
              "| run | gradient, relative error | Hessian diagonal, relative error | whole command, s |", "|---|---|---|---|"]
    for name in ("cpu", "cuda", "cuda-tf32", "cuda-heuristic"):
        result = np.load(f"{out}/{name}.npz")
        errors = {key: error(result[key], cpu[key]) for key in TOLERANCE}
        if "tf32" not in name:
            bad += [f"{name}: {key} differs by {value:.2g}" for key, value in errors.items() if not value <= TOLERANCE[key]]
        lines.append(f"| {name} | {errors[GRADIENT]:.1e} | {errors[HESSIAN]:.1e} | {float(open(f'{out}/{name}.seconds').read()):.2f} |")
    lines += ["", f"{count} images one after another, each from the host and the sums kept on the device, the median time of one:", "", "| what | one image, ms |", "|---|---|"]
    for name, what in (("diagonal", "Hessian diagonal"), ("all", "loss, gradient and Hessian diagonal"), ("tf32", "Hessian diagonal with TF32"), ("gradient", "loss and gradient")):
        lines.append(f"| {what} | {milliseconds(name):.1f} |")
    lines += ["", "In float64, the largest relative error of the loss, the gradient and the Hessian diagonal:", "", "| network | error |", "|---|---|"]
    for name in ("mlp", "resnet_small", "vgg16_narrow"):
        cuda, expected = np.load(f"{out}/{name}.cuda.npz"), np.load(f"{out}/{name}.cpu.npz")
        worst = max(error(cuda[key], expected[key]) for key in expected)
        lines.append(f"| {name} | {worst:.1e} |")
        if not worst <= FLOAT64_TOLERANCE:
            bad.append(f"{name} in float64 differs by {worst:.2g}")
    if os.path.exists(f"{out}/peer.json"):
        peer = json.load(open(f"{out}/peer.json"))
        lines += ["", f"PyTorch {peer['torch']} on {peer['device']}, written by hand, warm, TF32 off, cuDNN searching; relative error {error(np.load(out + '/peer.npy'), cpu[HESSIAN]):.1e}:", "",
                  "| Hessian diagonal | directions at once | one image, ms |", "|---|---|---|"]
        lines += [f"| {one['way']} | {one['chunk']} | {1000 * one['seconds']:.1f} |" for one in peer["found"]]
    lines += ["", "Where nodes ran:", ""] + [f"- {line}" for line in re.findall(r"- (.*(?:CUDA kernel|ONNX Runtime runs).*)", log("cuda"))]
    if "have CUDA kernels" not in log("cuda"):
        bad.append("the table of kernels says that nodes fall to the CPU")
    if "ONNX Runtime runs all" not in log("cuda"):
        bad.append("ONNX Runtime put nodes on the CPU, or did not say where it put them")
    lines += [""] + [f"**{problem}**" for problem in bad or ["CUDA and the CPU agree."]]
    text = "\n".join(lines) + "\n"
    open(f"{out}/RESULTS.md", "w", encoding="utf-8").write(text)
    print(text)
    sys.exit(1 if bad else 0)


step, out, *rest = sys.argv[1:]
{"images": images, "peer": peer, "report": report}[step](out, *map(int, rest))
