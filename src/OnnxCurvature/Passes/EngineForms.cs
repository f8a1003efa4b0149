using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program without the forms of operators that an engine does not take: each operator says what stands for them
/// (<see cref="Operator.WithoutGaps"/>), and composites that it lacks are put together from others. Integers whose values follow from
/// known shapes become constants. The bodies of a model's own loops and branches are rebuilt with what they take from around them.
/// </summary>
internal sealed class EngineForms
{
    private const long MostFolded = 1 << 22;

    private readonly GraphBuilder _builder;
    private readonly Dictionary<Value, Value> _map;
    private readonly EngineGaps _gaps;
    private readonly IReadOnlySet<string>? _operators;

    private EngineForms(EngineGaps gaps, IReadOnlySet<string>? operators) =>
        (_builder, _map, _gaps, _operators) = (new GraphBuilder(), [], gaps, operators);

    /// <summary>The pass for a body of a program.</summary>
    private EngineForms(EngineForms outer) =>
        (_builder, _map, _gaps, _operators) = (new GraphBuilder(outer._builder), outer._map, outer._gaps, outer._operators);

    /// <summary>
    /// The program without these forms. Throws <see cref="UserErrorException"/>, which names the node, where one has no other form.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="gaps">The forms that the engine does not take.</param>
    /// <param name="operators">The operators that it has, so that others are put together from these; null for all.</param>
    public static Program Run(Program program, EngineGaps gaps, IReadOnlySet<string>? operators = null) =>
        new EngineForms(gaps, operators).Rebuilt(program);

    private Program Rebuilt(Program program)
    {
        foreach (var parameter in program.Parameters)
            _builder.Recognize(parameter);
        foreach (var node in program.Nodes)
            Rebuild(node, output => output.Name);
        var outputs = program.Outputs.Select(output => new NamedValue(output.Name, Mapped(output.Value)));
        return Program.Create(program.Parameters, outputs, _builder);
    }

    private void Rebuild(Node node, Func<Value, string?> nameOf)
    {
        if (node.Outputs is [{ Contents: { } contents } only] && contents.All(dim => dim.IsKnown))
        {
            var sizes = Tensor.Vector([.. contents.Select(dim => dim.Factor)]);
            _map[only] = _builder.Constant(sizes.Reshaped(only.Type.Shape.Sizes).CastTo(only.Type.Element));
            return;
        }
        ImmutableArray<Value?> inputs = [.. node.Inputs.Select(input => input is null ? null : Mapped(input))];
        if (Fold(node, inputs) || Replace(node, inputs, nameOf))
            return;
        var attributes = node.Attributes;
        foreach (var (name, value) in node.Attributes.Items)
            if (value is Program body)
                attributes = attributes.With(name, new EngineForms(this).Rebuilt(body));
        if (node.Operator is IBodyOperator op && op.ListsCaptures(node))
            inputs = op.WithCaptures(inputs, attributes);
        using var origin = _builder.For(node.Origin);
        var rebuilt = _builder.Append(
            node.Operator,
            inputs,
            attributes,
            [.. node.Outputs.Select(output => (output.Type, nameOf(output)))],
            node.Name
        );
        for (var index = 0; index < node.Outputs.Length; index++)
            _map[node.Outputs[index]] = rebuilt.Outputs[index];
    }

    /// <summary>What constants of formulas make is a constant, for engines that do not compute with constants alone.</summary>
    private bool Fold(Node node, ImmutableArray<Value?> inputs)
    {
        if (
            !_gaps.HasFlag(EngineGaps.ConstantData)
            || node.Operator is Identity
            || !inputs.All(input => input is null or { IsWeight: false, Constant: InlineConstant })
            || node.Outputs.Any(output => output.Type.Shape.Elements.Known is not <= MostFolded)
        )
            return false;
        var outputs = node.Rules().Evaluate(node, [.. inputs.Select(input => input?.Constant!.Read())]);
        for (var index = 0; index < outputs.Length; index++)
            _map[node.Outputs[index]] = _builder.Constant(outputs[index].CastTo(node.Outputs[index].Type.Element));
        return true;
    }

    private bool Replace(Node node, ImmutableArray<Value?> inputs, Func<Value, string?> nameOf)
    {
        var b = new GraphBuilder(_builder) { Origin = NodeOrigin.Of(node) };
        var call = new OperatorCall(node.Operator.Name, node.Operator.Domain, inputs, node.Attributes, node.Outputs.Length);
        ImmutableArray<Value?>? replaced;
        try
        {
            replaced =
                node.Operator is CompositeOperator composite && _operators?.Contains(composite.Name) == false
                    ? composite.Decompose(b, call)
                    : node.Rules().WithoutGaps(b, call, [.. node.Outputs.Select(output => output.Type)], _gaps);
        }
        catch (UnsupportedOperatorException exception)
        {
            throw new UserErrorException($"{Named(node)} has no form that the engine takes: {exception.Message.TrimEnd('.')}.");
        }
        if (replaced is not { } outputs)
            return false;
        var names = new Dictionary<Value, string?>();
        for (var index = 0; index < node.Outputs.Length; index++)
            if (outputs[index] is { } output)
                names.TryAdd(output, nameOf(node.Outputs[index]));
        foreach (var part in GraphWalk.Ancestors(names.Keys, scope: b))
            Rebuild(part, names.GetValueOrDefault);
        for (var index = 0; index < node.Outputs.Length; index++)
            if (outputs[index] is { } output)
                _map[node.Outputs[index]] = Mapped(output);
        return true;
    }

    /// <summary>A node as messages name it: by its operator, and by the node of the model that it is there for.</summary>
    internal static string Named(Node node) => node.Origin is { } origin ? $"{node.Operator.Name} (of {origin})" : node.ToString();

    private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);
}
