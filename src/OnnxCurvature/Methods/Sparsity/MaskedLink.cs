using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>A convolution, or a matrix product, of masked directions with a weight that is the same for all of them.</summary>
/// <param name="Node">The product.</param>
/// <param name="ActivationMask">The mask before it.</param>
/// <param name="Samples">N.</param>
/// <param name="Taps">The input positions that the output positions see.</param>
/// <param name="Input">The shape of a direction's input, [C, *P].</param>
/// <param name="Output">The shape of a direction's output, [O, *Q].</param>
/// <param name="BlockBytes">The most bytes of the weight that are taken at one time where there is one position.</param>
internal sealed record MaskedLink(
    Node Node,
    ActivationMask ActivationMask,
    Dim Samples,
    ConvolutionTaps Taps,
    TensorShape Input,
    TensorShape Output,
    long BlockBytes
)
{
    private const int MostBlocks = 64;

    /// <summary>C and P.</summary>
    public TensorShape Planes => [Input[0], Input.Product(1, Input.Rank)];

    /// <summary>O and Q.</summary>
    public TensorShape OutputPlanes => [Output[0], Output.Product(1, Output.Rank)];

    /// <summary>Whether there is one output position, of one sample.</summary>
    public bool IsSingle => Samples.IsOne && Taps.Outputs == 1;

    /// <summary>
    /// Blocks of directions in which the weight is taken where there is one position, the fewest of the same size that keep to
    /// <see cref="BlockBytes"/>; one where there are none.
    /// </summary>
    public long Blocks =>
        IsSingle
        && Output[0].Factor is var width
        && Enumerable
            .Range(1, MostBlocks)
            .FirstOrDefault(count => width % count == 0 && Input[0].Factor * (width / count) * sizeof(float) <= BlockBytes)
            is > 0
                and var blocks
            ? blocks
            : 1;

    /// <summary>The number of kernel positions.</summary>
    public long Kernel => Node.Rules().SlidesKernel ? Node.Inputs[1]!.Type.Shape.Product(2, Node.Inputs[1]!.Type.Rank).Factor : 1;

    /// <summary>
    /// The weight as a matrix [T * C, O], with a row for every kernel position and channel: those of position k begin at
    /// <see cref="RowOf"/> k.
    /// </summary>
    public Value Matrix(GraphBuilder b)
    {
        var w = Forwards(b) ?? Node.Inputs[1]!;
        if (!Node.Rules().SlidesKernel)
            return Node.Rules().AsWeightProduct(Node) is { IsTransposed: true } ? TransposeAxes.Of(b, w, 1, 0) : w;
        var rank = w.Type.Rank;
        return Reshape.To(
            b,
            TransposeAxes.Of(b, w, [.. Enumerable.Range(2, rank - 2), 1, 0]),
            [w.Type.Shape.Product(1, rank), w.Type.Shape[0]]
        );
    }

    /// <summary>Gives for a kernel position the first row of the <see cref="Matrix"/> that belongs to it.</summary>
    public Func<long, long> RowOf
    {
        get
        {
            var (last, channels) = (Kernel - 1, Input[0].Factor);
            return Reversal is null ? kernel => kernel * channels : kernel => (last - kernel) * channels;
        }
    }

    /// <summary>
    /// A convolution is pulled back with its kernel's positions in reverse. The rows are then found in reverse, and the weight stays as it
    /// is.
    /// </summary>
    private Node? Reversal
    {
        get
        {
            var axes = Enumerable.Range(2, Node.Inputs[1]!.Type.Rank - 2).ToArray();
            var maker = Node.Rules().SlidesKernel ? Node.Inputs[1]!.Producer : null;
            if (PermutationOf(maker) is { } order && axes.All(axis => order[axis] == axis))
                maker = maker!.Inputs[0]!.Producer;
            return maker?.Operator is Operator op && op.Reverses(maker, axes) ? maker : null;
        }
    }

    /// <summary>The weight with the kernel's positions as they were before they were put in reverse; null where they were not.</summary>
    private Value? Forwards(GraphBuilder b) =>
        Reversal is not { } reversal ? null
        : Node.Inputs[1] == reversal.Output ? reversal.Inputs[0]
        : TransposeAxes.Of(b, reversal.Inputs[0]!, [.. PermutationOf(Node.Inputs[1]!.Producer)!.Value]);

    private static ImmutableArray<int>? PermutationOf(Node? node) => node?.Operator is Operator op ? op.PermutationOf(node) : null;

    /// <summary>
    /// The link that a node is; null where it is no product that can be taken at nonzero channels. On a device these are products of one
    /// position only: elsewhere its convolutions are as fast as what would be gathered.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="directions">K.</param>
    /// <param name="dependent">The values that differ between directions.</param>
    /// <param name="limits">Where it runs.</param>
    public static MaskedLink? Of(Node node, Dim directions, IReadOnlySet<Value> dependent, PlanLimits limits)
    {
        if (
            node.Inputs is not [{ } x, { } w, ..]
            || node.Inputs.Skip(2).Any(input => input is not null)
            || !dependent.Contains(x)
            || dependent.Contains(w)
            || !w.Type.Shape.IsKnown
        )
            return null;
        var link = node.Rules().AsWeightProduct(node) switch
        {
            { Slides: true } when x.Type.Shape[0].DividedBy(directions) is { } samples => OfConvolution(
                node,
                directions,
                samples,
                dependent
            ),
            { Slides: false } when x.Type.Rank == 2 && w.Type.Rank == 2 => OfMatrices(node, directions, dependent),
            _ => null,
        };
        if (limits.Provider != ExecutionProvider.Cpu)
            return link is { IsSingle: true } ? link : null;
        return link is null ? null : link with { BlockBytes = limits.BlockBytes };
    }

    private static MaskedLink? OfConvolution(Node node, Dim directions, Dim samples, IReadOnlySet<Value> dependent)
    {
        var (x, w) = (node.Inputs[0]!, node.Inputs[1]!);
        var (input, output) = (x.Type.Shape.Range(1, x.Type.Rank), node.Output.Type.Shape.Range(1, x.Type.Rank));
        if (!input.IsKnown || !output.IsKnown)
            return null;
        var window = Window.Of(node.Attributes, w.Type.Shape.Skip(2).Select(dim => dim.Factor), input.Range(1, input.Rank));
        return Of(
            node,
            directions,
            samples,
            new ConvolutionTaps(window, input.Range(1, input.Rank).Sizes, output.Range(1, output.Rank).Sizes),
            input,
            output,
            dependent
        );
    }

    /// <summary>A product of matrices is a convolution of one position, where there is one sample.</summary>
    private static MaskedLink? OfMatrices(Node node, Dim directions, IReadOnlySet<Value> dependent) =>
        node.Inputs[0]!.Type.Shape[0] == directions
            ? Of(
                node,
                directions,
                1,
                ConvolutionTaps.One,
                node.Inputs[0]!.Type.Shape.Range(1, 2),
                node.Output.Type.Shape.Range(1, 2),
                dependent
            )
            : null;

    private static MaskedLink? Of(
        Node node,
        Dim directions,
        Dim samples,
        ConvolutionTaps taps,
        TensorShape input,
        TensorShape output,
        IReadOnlySet<Value> dependent
    )
    {
        TensorShape planes = [input[0], input.Product(1, input.Rank)];
        var mask = ActivationMask.Before(node.Inputs[0]!, planes, dependent);
        return mask.Factors.Count > 0 && taps.AllSee && mask.IsSame(directions, samples, planes)
            ? new MaskedLink(node, mask, samples, taps, input, output, BlockBytes: long.MaxValue)
            : null;
    }
}
