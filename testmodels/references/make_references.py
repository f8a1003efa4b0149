#!/usr/bin/env python3
"""Reference derivatives of the small models of the folder above, with PyTorch in float64.

Shares no code with the compiler: each model is read with Python's onnx and evaluated by the interpreter below. The loss is the mean
cross-entropy. For each weight it writes

  WEIGHT.gradient.npy           dL/dw,
  WEIGHT.hessian_diagonal.npy   d2L/dw_i2, by double backward, one coordinate at a time,
  WEIGHT.ggn_diagonal.npy       the diagonal of J^T (d2L/dz2) J, from the rows of J and the dense Hessian of the loss in the logits,

and manifest.json names the files, the loss and how far each diagonal is from a central difference of the gradient at its three largest entries.

Run it from anywhere; it needs numpy, onnx and torch, and takes about a minute.
"""
import json
import pathlib

import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parent

CASES = {
    "vgg16_narrow": ("image", ["conv1_1.weight", "conv4_3.weight", "conv5_3.bias", "fc6.weight", "fc8.weight"]),
    "resnet_small": ("image", ["stem.conv.weight", "stem.bn.scale", "block1.conv2.weight", "block2.conv1.weight",
                               "block2.shortcut.conv.weight", "block2.bn1.scale", "block2.bn2.bias", "fc.weight", "fc.bias"]),
    "mlp": ("features", ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"]),
}


def conv(attributes, x, w, b=None):
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    assert (top, left) == (bottom, right) and attributes.get("group", 1) == 1
    return F.conv2d(x, w, b, stride=tuple(attributes.get("strides", [1, 1])), padding=(top, left), dilation=tuple(attributes.get("dilations", [1, 1])))


def gemm(attributes, a, b, c):
    assert attributes.get("alpha", 1.0) == 1.0 and attributes.get("beta", 1.0) == 1.0 and not attributes.get("transA", 0)
    return a @ (b.t() if attributes.get("transB", 0) else b) + c


def batch_normalization(attributes, x, scale, bias, mean, variance):
    assert not attributes.get("training_mode", 0)
    return F.batch_norm(x, mean, variance, scale, bias, training=False, eps=attributes.get("epsilon", 1e-5))


def max_pool(attributes, x):
    assert not any(attributes.get("pads", [])) and not attributes.get("ceil_mode", 0)
    return F.max_pool2d(x, tuple(attributes["kernel_shape"]), tuple(attributes["strides"]))


OPERATORS = {
    "Conv": conv,
    "Gemm": gemm,
    "BatchNormalization": batch_normalization,
    "MaxPool": max_pool,
    "GlobalAveragePool": lambda attributes, x: x.mean((2, 3), keepdim=True),
    "Flatten": lambda attributes, x: x.flatten(1),
    "Relu": lambda attributes, x: torch.relu(x),
    "Tanh": lambda attributes, x: torch.tanh(x),
    "Softplus": lambda attributes, x: F.softplus(x),
    "Add": lambda attributes, x, y: x + y,
}


class Model:
    """An ONNX model whose weights are float64 tensors."""

    def __init__(self, path):
        self.graph = onnx.load(path).graph
        self.weights = {t.name: torch.tensor(onnx.numpy_helper.to_array(t).astype(np.float64)) for t in self.graph.initializer}

    def logits(self, data):
        values = {**self.weights, **data}
        for node in self.graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            values[node.output[0]] = OPERATORS[node.op_type](attributes, *(values[name] for name in node.input if name))
        return values[self.graph.output[0].name]


def references(model, name, data, labels):
    """Gradient and diagonals with respect to one weight, and the check by differences."""
    weight = model.weights[name].requires_grad_(True)
    logits = model.logits(data)
    loss = F.cross_entropy(logits, labels)
    gradient = torch.autograd.grad(loss, weight, create_graph=True)[0]
    flat = gradient.flatten()
    diagonal = torch.stack([torch.autograd.grad(flat[i], weight, retain_graph=True)[0].flatten()[i] for i in range(flat.numel())])
    rows = torch.stack([torch.autograd.grad(z, weight, retain_graph=True)[0].flatten() for z in logits.flatten()])
    curvature = torch.autograd.functional.hessian(lambda z: F.cross_entropy(z.view_as(logits), labels), logits.detach().flatten())
    ggn = (rows * (curvature @ rows)).sum(0)
    difference = max(abs(central_difference(model, weight, data, labels, i) - diagonal[i].item()) for i in diagonal.abs().topk(3).indices.tolist())
    weight.requires_grad_(False)
    results = {"gradient": gradient, "hessian_diagonal": diagonal.view_as(weight), "ggn_diagonal": ggn.view_as(weight)}
    return {key: value.detach().numpy() for key, value in results.items()}, difference / diagonal.abs().max().item(), loss.item()


def central_difference(model, weight, data, labels, index, step=1e-6):
    """The difference of the gradient's entry at both sides of the weight's."""
    sides = []
    for shift in (step, -step):
        with torch.no_grad():
            before = weight.view(-1)[index].item()
            weight.view(-1)[index] = before + shift
        sides.append(torch.autograd.grad(F.cross_entropy(model.logits(data), labels), weight)[0].flatten()[index].item())
        with torch.no_grad():
            weight.view(-1)[index] = before
    return (sides[0] - sides[1]) / (2 * step)


def main():
    cases = []
    for name, (input_name, weights) in CASES.items():
        model = Model(str(MODELS / f"{name}.onnx"))
        data = {input_name: torch.tensor(np.load(MODELS / f"{name}.{input_name}.npy").astype(np.float64))}
        labels = torch.tensor(np.load(MODELS / f"{name}.labels.npy"))
        (HERE / name).mkdir(exist_ok=True)
        entries = []
        for weight in weights:
            results, difference, loss = references(model, weight, data, labels)
            for quantity, values in results.items():
                np.save(HERE / name / f"{weight}.{quantity}.npy", np.ascontiguousarray(values))
            entries.append({
                "weight": weight,
                "files": {quantity: f"{name}/{weight}.{quantity}.npy" for quantity in results},
                "difference_check": difference,
                "hessian_minus_ggn": float(np.linalg.norm(results["hessian_diagonal"] - results["ggn_diagonal"]) / np.linalg.norm(results["ggn_diagonal"])),
            })
            print(f"{name} {weight}: |gradient| {np.linalg.norm(results['gradient']):.3g}, |diagonal| {np.linalg.norm(results['hessian_diagonal']):.3g}, difference {difference:.1e}", flush=True)
        cases.append({"model": f"{name}.onnx", "input": input_name, "loss": loss, "weights": entries})
    (HERE / "manifest.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
