using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.TestModels;

/// <summary>
/// Builds a network with one input, whose first axis is the symbolic batch N. A layer's node and its output have the layer's name, its
/// weights that name and what they are: <c>conv4_3</c>, <c>conv4_3.weight</c>, <c>conv4_3.bias</c>.
/// </summary>
internal sealed class Network
{
    private const int Opset = 17;

    private readonly GraphBuilder _builder = new();

    /// <summary>A network.</summary>
    /// <param name="name">Its name, which seeds the weights together with theirs.</param>
    /// <param name="input">The name of its input.</param>
    /// <param name="sample">The sizes of one sample.</param>
    public Network(string name, string input, params long[] sample)
    {
        Name = name;
        Sample = [.. sample];
        Input = _builder.Parameter(new TensorType(ElementType.Float32, [Dim.Symbol("N"), .. TensorShape.Of(sample)]), input);
        Output = Input;
    }

    /// <summary>The network's name.</summary>
    public string Name { get; }

    /// <summary>The number of the sampling, of which each gives other samples.</summary>
    public int Sampling { get; init; }

    /// <summary>The sizes of one sample.</summary>
    public ImmutableArray<long> Sample { get; }

    /// <summary>The input, [N, *sample].</summary>
    public Value Input { get; }

    /// <summary>What the last layer makes; the next one takes it.</summary>
    public Value Output { get; set; }

    /// <summary>A square convolution, padded so that a stride of one keeps the sizes.</summary>
    public void Conv(string layer, long channels, long kernel, long stride = 1, bool bias = true)
    {
        long[] shape = [channels, Width(1), kernel, kernel];
        var attributes = Attributes
            .Empty.With("kernel_shape", [kernel, kernel])
            .With("strides", [stride, stride])
            .With("pads", Enumerable.Repeat(kernel / 2, 4));
        Apply<Conv>(layer, [Output, HeNormal(layer, shape), bias ? Bias(layer, channels) : null], attributes);
    }

    /// <summary>A dense layer: y = x Wᵀ + b, where W is [outputs, inputs].</summary>
    public void Dense(string layer, long outputs, string? result = null) =>
        Apply<Gemm>(
            layer,
            [Output, HeNormal(layer, [outputs, Width(1)]), Bias(layer, outputs)],
            Attributes.Empty.With("transB", 1L),
            result
        );

    /// <summary>A batch normalization as it is at inference, with statistics such as training leaves behind.</summary>
    public void BatchNormalization(string layer)
    {
        var channels = Width(1);
        Apply<BatchNormalization>(
            layer,
            [
                Output,
                Normal($"{layer}.scale", [channels], 1, 0.2),
                Bias(layer, channels),
                Normal($"{layer}.mean", [channels], 0, 0.2),
                Normal($"{layer}.variance", [channels], 1, 0.3, least: 0.25),
            ],
            Attributes.Empty.With("epsilon", 1e-5)
        );
    }

    /// <summary>The largest of every two by two.</summary>
    public void MaxPool(string layer) =>
        Apply<MaxPool>(layer, [Output], Attributes.Empty.With("kernel_shape", [2, 2]).With("strides", [2, 2]));

    /// <summary>The mean over all positions.</summary>
    public void GlobalAveragePool(string layer) => Apply<GlobalAveragePool>(layer, [Output]);

    /// <summary>max(x, 0).</summary>
    public void Relu(string layer) => Apply<Relu>(layer, [Output]);

    /// <summary>tanh x.</summary>
    public void Tanh(string layer) => Apply<Tanh>(layer, [Output]);

    /// <summary>log(1 + eˣ).</summary>
    public void Softplus(string layer) => Apply<Softplus>(layer, [Output]);

    /// <summary>The sum with what an earlier layer made.</summary>
    public void Add(string layer, Value other) => Apply<Add>(layer, [Output, other]);

    /// <summary>All axes but the first as one.</summary>
    public void Flatten(string layer) => Apply<Flatten>(layer, [Output]);

    /// <summary>Writes the network, its weights inside, to one file.</summary>
    public void Write(string path) =>
        OnnxWriter.Write(
            _builder.Build([Input], [new NamedValue(Output.Name!, Output)]),
            path,
            new WriteOptions
            {
                Opset = Opset,
                Weights = WeightPlacement.Embed,
                Producer = "OnnxCurvature.TestModels",
            }
        );

    private long Width(int axis) => Output.Type.Shape[axis].Known!.Value;

    // N(0, 2 / fan-in), which keeps the size of what passes through layers of ReLU.
    private Value HeNormal(string layer, long[] shape) =>
        Normal($"{layer}.weight", shape, 0, Math.Sqrt(2.0 / shape.Skip(1).Aggregate((a, b) => a * b)));

    private Value Bias(string layer, long size) => Normal($"{layer}.bias", [size], 0, 0.05);

    private Value Normal(string name, long[] shape, double mean, double deviation, double least = double.NegativeInfinity) =>
        _builder.Constant(new SeededConstant($"{Name}/{name}", shape, mean, deviation, least), name);

    private void Apply<T>(string layer, ImmutableArray<Value?> inputs, Attributes? attributes = null, string? result = null)
        where T : Operator
    {
        var op = Catalogue.Get<T>();
        var call = op.FromOpset(
            _builder,
            new OperatorCall(op.Name, op.Domain, [], attributes ?? Attributes.Empty, 1).WithInputs(inputs),
            Opset
        );
        Output = _builder.Append(op, call.Inputs, call.Attributes, [(op.Infer(call)[0], result ?? layer)], layer).Output;
    }
}
