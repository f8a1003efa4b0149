"""Networks of several kinds with seeded random weights, and what a user of PyTorch writes for an exact Hessian diagonal.

  suite.py export DIR                          writes NAME.onnx, NAME.pt, one sample, NAME.input.npy and NAME.labels.npy, and for some
                                               NAME.direction.npy, a parameter's values, as the direction of a product
  suite.py measure DIR NAME PARAMETER WAY CHUNK [MOST]
                                               prints a measurement as one line of JSON

WAY is `directions`, vmap of pull-backs of the directions of the square root of the output Hessian, or `products`, vmap of Hessian-vector products
with unit vectors; CHUNK of them at a time. With MOST only so many are made, and the time of all is estimated from these; the norm is 0 then.
It is `gradient` or `product`, that with the direction, for those alone. PARAMETER is * for all of them, by directions.
"""
import json
import os
import sys
import time

import numpy as np
import torch

torch.set_num_threads(int(os.environ.get('OMP_NUM_THREADS', '1')))


class UNet(torch.nn.Module):
    """64 by 64 pixels, eight classes for each."""

    def __init__(self):
        super().__init__()

        def block(channels, outputs):
            return torch.nn.Sequential(
                torch.nn.Conv2d(channels, outputs, 3, padding=1), torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())

        self.wide, self.down, self.deep = block(3, 16), block(16, 32), block(32, 32)
        self.pool, self.up = torch.nn.MaxPool2d(2), torch.nn.ConvTranspose2d(32, 16, 2, 2)
        self.joined, self.head = block(32, 16), torch.nn.Conv2d(16, 8, 1)

    def forward(self, x):
        wide = self.wide(x)
        deep = self.deep(self.down(self.pool(wide)))
        return self.head(self.joined(torch.cat([wide, self.up(deep)], 1)))


class Encoder(torch.nn.Module):
    """64 tokens of 128 numbers, four layers of a transformer's encoder, ten classes."""

    def __init__(self):
        super().__init__()
        self.embed, self.place = torch.nn.Embedding(1000, 128), torch.nn.Parameter(0.02 * torch.randn(1, 64, 128))
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, activation='gelu', batch_first=True, norm_first=True)
            for _ in range(4))
        self.head = torch.nn.Linear(128, 10)

    def forward(self, tokens):
        hidden = self.embed(tokens) + self.place
        for layer in self.layers:
            hidden = layer(hidden)
        return self.head(hidden.mean(1))


class Recurrent(torch.nn.Module):
    """64 steps of 32 numbers, an LSTM of 64 units, ten classes."""

    def __init__(self):
        super().__init__()
        self.lstm, self.head = torch.nn.LSTM(32, 64, batch_first=True), torch.nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


# Parameters with whose own values Hessian-vector products are made.
DIRECTIONS = {'resnet50': 'layer3.0.conv2.weight', 'encoder': 'layers.0.self_attn.out_proj.weight'}


def networks():
    """The networks by name: the network, a sample, the number of classes, and the shape of the labels."""
    import torchvision.models as models

    torch.manual_seed(0)
    image = torch.randn(1, 3, 224, 224)
    transformer = models.vision_transformer.VisionTransformer(224, 16, 4, 3, 192, 768, num_classes=1000)
    # It starts at zero, where every derivative is zero.
    torch.nn.init.normal_(transformer.heads.head.weight, std=0.05)
    return {
        'vgg16': (models.vgg16(), image, 1000, (1,)),
        'resnet18': (models.resnet18(), image, 1000, (1,)),
        'resnet50': (models.resnet50(), image, 1000, (1,)),
        'mobilenet_v2': (models.mobilenet_v2(), image, 1000, (1,)),
        'vit_tiny': (transformer, image, 1000, (1,)),
        'segmenter': (UNet(), torch.randn(1, 3, 64, 64), 8, (1, 64, 64)),
        'encoder': (Encoder(), torch.randint(0, 1000, (1, 64)), 10, (1,)),
        'lstm': (Recurrent(), torch.randn(1, 64, 32), 10, (1,)),
    }


def export(folder):
    for name, (net, x, classes, labels) in networks().items():
        net.eval()
        # The fused way of inference cannot be exported.
        for layer in net.modules():
            if isinstance(layer, torch.nn.TransformerEncoderLayer):
                layer.train()
        torch.onnx.export(
            net, x, f'{folder}/{name}.onnx', opset_version=13, input_names=['input'], output_names=['logits'],
            dynamic_axes={'input': {0: 'N'}, 'logits': {0: 'N'}}, training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=name != 'lstm')
        np.save(f'{folder}/{name}.input.npy', x.numpy())
        np.save(f'{folder}/{name}.labels.npy', np.random.RandomState(0).randint(0, classes, labels).astype('int64'))
        torch.save(net, f'{folder}/{name}.pt')
        if name in DIRECTIONS:
            np.save(f'{folder}/{name}.direction.npy', net.get_parameter(DIRECTIONS[name]).detach().numpy())


def peak():
    """The most memory that this process has taken, in bytes; that of getrusage begins with the one that started it."""
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith('VmHWM:'))


def measure(folder, name, parameter, way, chunk, most):
    from functorch import grad, make_functional_with_buffers, vjp, vmap

    net = torch.load(f'{folder}/{name}.pt').eval()
    x, labels = (torch.tensor(np.load(f'{folder}/{name}.{what}.npy')) for what in ('input', 'labels'))
    function, weights, buffers = make_functional_with_buffers(net)
    names = [known for known, _ in net.named_parameters()]
    chosen = range(len(names)) if parameter == '*' else [names.index(parameter)]
    weights = [weight.detach() for weight in weights]
    given = tuple(weights[index] for index in chosen)

    def logits(*changed):
        every = list(weights)
        for index, weight in zip(chosen, changed):
            every[index] = weight
        return function(every, buffers, x)

    gradient = grad(lambda weight: torch.nn.functional.cross_entropy(logits(weight), labels))
    begin, results, total = time.perf_counter(), [torch.zeros_like(weight) for weight in given], 1
    if way == 'directions':
        z, pull = vjp(lambda *changed: logits(*changed)[0], *given)
        root = torch.softmax(z, 0)
        factor = torch.diag(root.sqrt()) - torch.outer(root.sqrt(), root)
        total = len(factor)
        for first in range(0, min(total, most), chunk):
            for result, rows in zip(results, vmap(pull)(factor[first:first + chunk])):
                result += (rows * rows).sum(0)
    elif way == 'products':
        diagonal, = results
        total = diagonal.numel()
        _, product = vjp(gradient, *given)
        for first in range(0, min(total, most), chunk):
            at = torch.arange(first, min(first + chunk, total))
            units = torch.zeros(len(at), total)
            units[torch.arange(len(at)), at] = 1
            rows = vmap(product)(units.view(-1, *diagonal.shape))[0].reshape(len(at), -1)
            diagonal.view(-1)[at] = rows[torch.arange(len(at)), at]
    elif way == 'gradient':
        results = [gradient(*given)]
    else:
        _, product = vjp(gradient, *given)
        results = product(torch.tensor(np.load(f'{folder}/{name}.direction.npy')))
    seconds, done = time.perf_counter() - begin, min(total, most)
    print(json.dumps({
        'seconds': [seconds * total / done],
        'measured': seconds,
        'flops': 0,
        'norm': sum(float(result.double().square().sum()) for result in results) ** 0.5 if done == total else 0,
        'peakBytes': peak(),
    }))


if sys.argv[1] == 'export':
    export(sys.argv[2])
else:
    measure(*sys.argv[2:6], int(sys.argv[6]), int(sys.argv[7]) if len(sys.argv) > 7 else sys.maxsize)
