using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program without the forms of operators that an engine does not take: each operator says what stands for them
/// (<see cref="Operator.WithoutGaps"/>), and composites that it lacks are put together from others. Integers whose values follow from
/// known shapes become constants. The bodies of a model's own loops and branches are rebuilt with what they take from around them.
/// </summary>
/// <remarks>Requires nothing. Ensures that no node has a form that the engine lacks.</remarks>
/// <param name="gaps">The forms that the engine does not take.</param>
/// <param name="operators">The operators that it has, so that others are put together from these; null for all.</param>
internal sealed class EngineForms(EngineGaps gaps, IReadOnlySet<string>? operators = null) : IPass
{
    private const long MostFolded = 1 << 22;

    /// <inheritdoc/>
    public string Name => "forms of an engine";

    /// <summary>
    /// The program without these forms. Throws <see cref="UserErrorException"/>, which names the node, where one has no other form.
    /// </summary>
    public Program Run(Program program) => NodeReplacement.Run(program, Replacement);

    private ImmutableArray<Value?>? Replacement(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (node.Outputs is [{ Contents: { } contents } only] && contents.All(dim => dim.IsKnown))
        {
            var sizes = Tensor.Vector([.. contents.Select(dim => dim.Factor)]);
            return [b.Constant(sizes.Reshaped(only.Type.Shape.Sizes).CastTo(only.Type.Element))];
        }
        if (IsFolded(node, inputs))
            return
            [
                .. node.Rules()
                    .Evaluate(node, [.. inputs.Select(input => input?.Constant!.Read())])
                    .Zip(node.Outputs, (tensor, output) => b.Constant(tensor.CastTo(output.Type.Element))),
            ];
        var call = new OperatorCall(node.Operator.Name, node.Operator.Domain, inputs, node.Attributes, node.Outputs.Length);
        try
        {
            return (operators?.Contains(node.Operator.Name) == false ? node.Rules().Decompose(b, call) : null)
                ?? node.Rules().WithoutGaps(b, call, [.. node.Outputs.Select(output => output.Type)], gaps);
        }
        catch (UnsupportedOperatorException exception)
        {
            throw new UserErrorException(
                $"{NodeReplacement.Named(node)} has no form that the engine takes: {exception.Message.TrimEnd('.')}."
            );
        }
    }

    /// <summary>Engines that do not compute with constants alone are given the result.</summary>
    private bool IsFolded(Node node, ImmutableArray<Value?> inputs) =>
        gaps.HasFlag(EngineGaps.ConstantData)
        && node.Operator is not Operator { IsIdentity: true }
        && inputs.All(input => input is null or { IsWeight: false, Constant: InlineConstant })
        && node.Outputs.All(output => output.Type.Shape.Elements.Known is <= MostFolded);
}
