"""The peer: the same work written by hand for PyTorch. Each command does one measurement in a process of its own.

    peer.py prepare MODEL.onnx WEIGHTS.pt         the weights as PyTorch reads them
    peer.py diagonal WEIGHTS.pt DATA ...          diag H of one kernel for softmax cross-entropy, by a direction for each class
    peer.py loss|gradient|product WEIGHTS.pt DATA ...

The network is VGG16 of any width, followed layer by layer. Directions s_c = sqrt(p_c / N) (e_c - p) are pulled back from the logits to the
output of the kernel's convolution, a batch at a time: dense layers, unpoolings and convolutions with flipped kernels. There they are
squared and summed in one of two ways:

    directions (delta X^T)^2 for every direction, summed: C products of [O, P] with [P, J]
    argmax     delta is zero but at the P' argmax positions of the max pooling that follows, so G_o = sum_c delta_c delta_c^T over these, and
               diag = sum over (G_o X_o) * X_o, where X_o is X gathered at the argmax positions of channel o

Prints one line of JSON: the seconds of each repetition, floating-point operations, the norm of the result, and the peak of memory.
"""
import argparse, json, resource, sys, time

import numpy as np
import torch
import torch.nn.functional as F

STAGES = (2, 2, 3, 3, 3)
LAYERS = [f"conv{stage + 1}_{layer + 1}" for stage, count in enumerate(STAGES) for layer in range(count)]


def prepare(model, out):
    import onnx
    from onnx import numpy_helper
    torch.save({tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in onnx.load(model).graph.initializer}, out)


class Vgg:
    """VGG16: what it computes, and what its backward pass needs."""

    def __init__(self, weights, kernel):
        self.w = weights
        self.kernel = kernel
        self.layer = kernel.split(".")[0]
        self.flops = 0

    def conv(self, name, x):
        return F.conv2d(x, self.w[name + ".weight"], self.w[name + ".bias"], padding=1)

    def logits(self, x):
        """Plain forward pass."""
        for name in LAYERS:
            x = F.relu(self.conv(name, x))
            if name in self.last:
                x = F.max_pool2d(x, 2)
        x = x.flatten(1)
        x = F.relu(F.linear(x, self.w["fc6.weight"], self.w["fc6.bias"]))
        x = F.relu(F.linear(x, self.w["fc7.weight"], self.w["fc7.bias"]))
        return F.linear(x, self.w["fc8.weight"], self.w["fc8.bias"])

    last = {f"conv{stage + 1}_{count}" for stage, count in enumerate(STAGES)}

    def record(self, x):
        """Forward pass that keeps the values that the directions need."""
        self.masks, self.indices, self.sizes = {}, {}, {}
        for name in LAYERS:
            if name == self.layer:
                self.x = x
            x = self.conv(name, x)
            self.masks[name] = x > 0
            x = F.relu_(x)
            if name in self.last:
                self.sizes[name] = x.shape[2:]
                x, self.indices[name] = F.max_pool2d(x, 2, return_indices=True)
        self.shape = x.shape[1:]
        x = x.flatten(1)
        for name in ("fc6", "fc7"):
            x = F.linear(x, self.w[name + ".weight"], self.w[name + ".bias"])
            self.masks[name] = x > 0
            x = F.relu_(x)
        return F.linear(x, self.w["fc8.weight"], self.w["fc8.bias"])

    def pull(self, d, k, n, stop):
        """Cotangents [K, N, classes] of the logits, pulled back to the output of layer `stop` after its activation and pooling."""
        for name, mask in (("fc8", "fc7"), ("fc7", "fc6"), ("fc6", None)):
            weight = self.w[name + ".weight"]
            d = d @ weight
            self.flops += 2 * d.shape[0] * d.shape[1] * weight.numel()
            if mask:
                d *= self.masks[mask]
        d = d.reshape(k * n, *self.shape)
        for name in reversed(LAYERS):
            if name == stop:
                return d
            if name in self.last:
                d = F.max_unpool2d(d, self.repeat(self.indices[name], k), 2, output_size=self.sizes[name])
            d = self.masked(d, name, k, n)
            d = F.conv2d(d, self.flipped[name], padding=1)
            self.flops += 2 * d[:, :1].numel() * self.w[name + ".weight"].numel()
        raise ValueError(stop)

    def masked(self, d, name, k, n):
        return d.view(k, n, *d.shape[1:]).mul_(self.masks[name]).view(k * n, *d.shape[1:])

    @staticmethod
    def repeat(x, k):
        return x.expand(k, *x.shape).reshape(-1, *x.shape[1:])

    def diagonal(self, x, way, chunk):
        """diag H of the kernel."""
        self.flops = 0
        n, layer = x.shape[0], self.layer
        if not hasattr(self, "flipped"):
            self.flipped = {name: self.w[name + ".weight"].flip(2, 3).transpose(0, 1).contiguous() for name in LAYERS[LAYERS.index(layer) + 1:]}
        p = torch.softmax(self.record(x), 1)
        classes = p.shape[1]
        factor = (torch.eye(classes).unsqueeze(1) - p) * (p.t() / n).sqrt().unsqueeze(2)
        unfolded = F.unfold(self.x, 3, padding=1)
        j, channels = unfolded.shape[1], self.w[self.kernel].shape[0]
        if way == "argmax":
            indices = self.indices[layer].flatten(2)
            alive = torch.gather(self.masks[layer].flatten(2), 2, indices)
            gram = torch.zeros(n, channels, indices.shape[2], indices.shape[2])
        total = torch.zeros(channels, j)
        for first in range(0, classes, chunk):
            directions = factor[first:first + chunk]
            k = directions.shape[0]
            d = self.pull(directions, k, n, layer)
            if way == "argmax":
                d = d.flatten(2).view(k, n, channels, -1) * alive
                for sample in range(n):
                    rows = d[:, sample].transpose(0, 1).contiguous()
                    gram[sample].baddbmm_(rows.transpose(1, 2), rows)
                    self.flops += 2 * rows.numel() * rows.shape[2]
            else:
                if layer in self.last:
                    d = F.max_unpool2d(d, self.repeat(self.indices[layer], k), 2, output_size=self.sizes[layer])
                d = self.masked(d, layer, k, n).flatten(2).view(k, n, channels, -1)
                for sample in range(n):
                    product = d[:, sample].reshape(k * channels, -1) @ unfolded[sample].t()
                    self.flops += 2 * product.numel() * unfolded.shape[2]
                    total += product.square_().view(k, channels, j).sum(0)
        if way == "argmax":
            for sample in range(n):
                for first in range(0, channels, 32):
                    at = indices[sample, first:first + 32]
                    gathered = unfolded[sample][:, at.flatten()].view(j, *at.shape).permute(1, 2, 0)
                    total[first:first + 32] += (torch.bmm(gram[sample, first:first + 32], gathered) * gathered).sum(1)
                    self.flops += 2 * gathered.numel() * at.shape[1]
        return total.view_as(self.w[self.kernel])

    def work(self, what, x, labels):
        """A function that does the work once and gives a tensor."""
        weight = self.w[self.kernel]
        loss = lambda: F.cross_entropy(self.logits(x), labels)
        if what == "loss":
            return lambda: loss()
        weight.requires_grad_(True)
        if what == "gradient":
            return lambda: torch.autograd.grad(loss(), weight)[0]
        direction = torch.full_like(weight, weight.numel() ** -0.5)
        gradient = lambda: torch.autograd.grad(loss(), weight, create_graph=True)[0]
        if what == "product":
            return lambda: torch.autograd.grad(gradient(), weight, direction)[0]
        kept = gradient()
        return lambda: torch.autograd.grad(kept, weight, direction, retain_graph=True)[0]


def main():
    if sys.argv[1:2] == ["prepare"]:
        return prepare(*sys.argv[2:4])
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=("diagonal", "loss", "gradient", "product", "product-reused"))
    parser.add_argument("weights")
    parser.add_argument("image")
    parser.add_argument("labels")
    parser.add_argument("--kernel", default="conv4_3.weight")
    parser.add_argument("--way", choices=("directions", "argmax"), default="directions")
    parser.add_argument("--chunk", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--out")
    arguments = parser.parse_args()
    net = Vgg(torch.load(arguments.weights), arguments.kernel)
    x, labels = (torch.from_numpy(np.load(path)) for path in (arguments.image, arguments.labels))
    if arguments.work == "diagonal":
        work = lambda: net.diagonal(x, arguments.way, arguments.chunk)
    else:
        work = net.work(arguments.work, x, labels)
    seconds = []
    with torch.set_grad_enabled(arguments.work not in ("diagonal", "loss")):
        for _ in range(arguments.warm_up):
            work()
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            result = work()
            seconds.append(time.perf_counter() - start)
    if arguments.out:
        np.save(arguments.out, result.detach().numpy())
    print(json.dumps({
        "seconds": seconds,
        "flops": float(net.flops),
        "norm": float(result.detach().double().norm()),
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }))


if __name__ == "__main__":
    main()
