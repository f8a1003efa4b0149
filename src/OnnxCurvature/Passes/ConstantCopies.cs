using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program, which has no bodies, so that what holds no input is not shared between uses of several kinds, for engines that read
/// a constant once as a layer and once as a parameter of a layer (<see cref="ConstantUse"/>). Parameters share one copy; each use that is
/// to be alone has its own; the value itself is for all other nodes.
/// </summary>
/// <remarks>Requires a program without bodies. Ensures that no constant, and no node of constants alone, has uses of two kinds.</remarks>
internal sealed class ConstantCopies : IPass
{
    /// <inheritdoc/>
    public string Name => "copies of constants";

    /// <summary>The program with copies.</summary>
    public Program Run(Program program)
    {
        var shared = program
            .Nodes.SelectMany(node => node.Inputs.Select((input, index) => (Value: input, Use: UseOf(node, index))))
            .Where(use => use.Value is not null && !program.Parameters.Contains(use.Value))
            .GroupBy(use => use.Value!, use => use.Use)
            .Where(uses =>
                uses.Any(use => use != ConstantUse.Operand) && MayBeShared(uses.Key, uses) && GraphWalk.HoldsNoParameter(uses.Key)
            )
            .Select(uses => uses.Key)
            .ToHashSet();
        if (shared.Count == 0)
            return program;
        var b = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        var parameters = new Dictionary<Value, Value>();
        foreach (var parameter in program.Parameters)
            b.Recognize(parameter);
        foreach (var node in program.Nodes)
        {
            using var origin = b.For(node.Origin);
            ImmutableArray<Value?> inputs = [.. node.Inputs.Select((input, index) => input is null ? null : InputOf(node, input, index))];
            NodeCopies.AppendTo(b, node, inputs, node.Attributes, map);
        }
        return Program.Create(
            program.Parameters,
            program.Outputs.Select(output => new NamedValue(output.Name, map.GetValueOrDefault(output.Value, output.Value))),
            b
        );

        Value InputOf(Node node, Value input, int index)
        {
            var use = UseOf(node, index);
            if (use == ConstantUse.Operand || !shared.Contains(input))
                return map.GetValueOrDefault(input, input);
            if (use == ConstantUse.Alone)
                return Copy(input);
            return parameters.TryGetValue(input, out var copy) ? copy : parameters[input] = Copy(input);
        }

        // Constants without names are one in a file where their contents are.
        Value Copy(Value value) =>
            value.Producer is not { } producer
                ? b.Constant(value.Constant!, $"{value.Name ?? "constant"}.copy")
                : NodeCopies
                    .AppendTo(
                        b,
                        producer,
                        [.. producer.Inputs.Select(input => input is null ? null : map.GetValueOrDefault(input, input))],
                        producer.Attributes,
                        new Dictionary<Value, Value>(),
                        output => output.Name is { } name ? $"{name}.copy" : null
                    )
                    .Outputs[value.Index];
    }

    /// <summary>A file has nameless constants once, so any of them may have other uses; so may those that are used alone twice.</summary>
    private static bool MayBeShared(Value value, IEnumerable<ConstantUse> uses) =>
        value is { Name: null, Producer: null } || uses.Count(use => use == ConstantUse.Alone) > 1 || uses.Distinct().Count() > 1;

    private static ConstantUse UseOf(Node node, int index) => node.Rules().ConstantUseOf(index);
}
