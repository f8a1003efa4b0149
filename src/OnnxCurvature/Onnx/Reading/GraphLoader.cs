using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Builds the outermost graph of a model: its inputs, constants, nodes and outputs.</summary>
internal sealed class GraphLoader(ModelReader file, NodeLoader loader, LoadOptions options)
{
    private readonly GraphProto _graph = file.Model.Graph;

    /// <summary>The names of the initializers.</summary>
    private IEnumerable<string> Stored =>
        _graph.Initializer.Select(tensor => tensor.Name).Concat(_graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? ""));

    /// <summary>The names of the values that are asked for.</summary>
    private IEnumerable<string> Asked => options.Asked.Select(name => name ?? _graph.Output.FirstOrDefault()?.Name ?? "");

    /// <summary>The graph. Throws <see cref="UserErrorException"/>.</summary>
    public ModelGraph Load(IReadOnlyDictionary<string, int> opsets)
    {
        var scope = new Scope(new GraphBuilder(loader.Budget), null, opsets, 0);
        var (inputs, stored) = LoadInputs(scope);
        loader.Types = new ModelTypes(file, options, stored);
        loader.LoadInitializers(_graph, scope);
        loader.Load(_graph.Node, scope);
        if (
            !options.Partial
            && loader.LeftOutNodes.Count > 0
            && (options.Asked.IsEmpty || Asked.Any(name => scope.Find(name, out var value) && value is null))
        )
            throw Refusal(inputs);
        var values = scope.Values.ToDictionary(StringComparer.Ordinal);
        foreach (var constant in loader.WrittenOutConstants)
            values.TryAdd(constant.Name!, constant);
        var names = Stored
            .Concat(_graph.Node.SelectMany(node => node.Output))
            .Concat(loader.WrittenOutConstants.Select(constant => constant.Name!))
            .Distinct(StringComparer.Ordinal);
        Value[] constants =
        [
            .. names
                .Where(values.ContainsKey)
                .Select(name => values[name])
                .Where(value => value is { Constant: not null, Name: not null } && value.Type.Element.IsFloat()),
        ];
        var outputs = LoadOutputs(scope);
        var nodes = GraphWalk.Ancestors(values.Values.Concat(outputs.Select(output => output.Value)));
        var initializers = Stored.ToHashSet(StringComparer.Ordinal);
        var weights = ConstantRoles.Weights(constants.Where(constant => !IsFilling(constant)), nodes, IsParameter);
        return InputSamples.Found(
            new ModelGraph(scope.Builder, inputs, outputs, values, weights)
            {
                FormulaConstants = [.. constants.Except(weights)],
                SampleAxes = SampleAxes(inputs),
            }
        );

        bool IsParameter(Value value) =>
            value.Constant is { } constant && initializers.Contains(value.Name!) && !RoundedNumber.IsOfFormula(constant.Read().Floats[0]);

        // The scale of ones and the bias of zeros that exporters write for a normalization without any. Models that are published without
        // their weights fill these, too, with other numbers.
        bool IsFilling(Value value) =>
            !initializers.Contains(value.Name!)
            && value is { Type.Rank: 1, Constant: InlineConstant constant }
            && constant.Read().Floats is [0 or 1, _, ..] elements
            && elements.All(element => element == elements[0]);
    }

    /// <summary>
    /// Where samples lie in those inputs of which it is said. Where a file has symbols for sizes, an input without any is no batch: a
    /// weight, say, of a file that was exported without its parameters.
    /// </summary>
    private ImmutableDictionary<Value, int?> SampleAxes(ImmutableArray<Value> inputs)
    {
        var symbolic = _graph
            .Input.Where(input => input.Type?.TensorType?.Shape?.Dim.All(dim => dim.DimValue > 0) == false)
            .Select(input => input.Name)
            .ToHashSet(StringComparer.Ordinal);
        var names = inputs.Select(input => input.Name!).ToHashSet(StringComparer.Ordinal);
        var hasSymbols = symbolic.Overlaps(names);
        var axes = ImmutableDictionary.CreateBuilder<Value, int?>();
        foreach (var input in inputs)
            if (options.SampleAxes.TryGetValue(input.Name!, out var given))
                axes[input] = AxisOf(input, given);
            else if (hasSymbols && !symbolic.Contains(input.Name!) && input.Type.Rank > 0)
                axes[input] = null;
        foreach (var name in options.SampleAxes.Keys)
            if (!options.Fixed.ContainsKey(name) && !names.Contains(name))
                throw new UserErrorException(
                    $"--samples-axis '{name}' is no input of '{file.File.Path}'; it has "
                        + $"{string.Join(", ", inputs.Select(input => input.Name))}."
                );
        return axes.ToImmutable();
    }

    /// <summary>The nodes that cannot be taken, without those that only depend on them.</summary>
    private List<string> Blamed() =>
        [.. loader.LeftOutNodes.Where(node => node.Reason is not null).Select(node => node.ToString()).Distinct()];

    private UserErrorException Refusal(IEnumerable<Value> inputs)
    {
        var nodes = Blamed();
        // The refusal of a runtime is worth reporting only where it knows the operators, and only there can it be that sizes were missing.
        var areKnown = loader.LeftOutNodes.All(node => Catalogue.Find("", node.Operator) is not null);
        var said = areKnown && loader.Types?.Refusal is { } refusal ? $" ({refusal})" : "";
        var symbol = inputs.SelectMany(input => input.Type.Shape).SelectMany(dim => dim.Symbols).FirstOrDefault();
        var sizes =
            areKnown && symbol is not null
                ? $"give the sizes of symbolic dimensions, if these decide it, with --dim {symbol}=SIZE, or "
                : "";
        return new UserErrorException(
            $"'{file.File.Path}' holds {(nodes.Count == 1 ? "a node that cannot" : $"{nodes.Count} nodes that cannot")} be taken: "
                + $"{string.Join("; ", nodes)}{said}; {sizes}replace {(nodes.Count == 1 ? "it" : "them")} by standard operators, "
                + $"or cut the model before {(nodes.Count == 1 ? "it" : "them")}."
        );
    }

    /// <summary>The axis of samples that the options give an input, counted from the front; null where it holds none.</summary>
    private static int? AxisOf(Value input, int? given)
    {
        var rank = input.Type.Rank;
        if (given is { } axis && (axis < -rank || axis >= rank))
            throw new UserErrorException(
                $"--samples-axis gives '{input.Name}' the axis {axis}, and it has the shape {input.Type.Shape}; give an axis of it, or "
                    + $"'none'."
            );
        return given < 0 ? given + rank : given;
    }

    /// <summary>The parameters, and the names and types that the file gives them.</summary>
    private (ImmutableArray<Value> Parameters, IReadOnlyList<(string Name, TensorType Type)> Stored) LoadInputs(Scope scope)
    {
        var initializers = Stored.ToHashSet(StringComparer.Ordinal);
        var given = _graph.Input.Where(input => !initializers.Contains(input.Name)).ToList();
        var taken = given.SelectMany(SymbolsOf).ToHashSet(StringComparer.Ordinal);
        var symbols = new HashSet<string>(taken, StringComparer.Ordinal);
        var inputs = ImmutableArray.CreateBuilder<Value>();
        var stored = new List<(string, TensorType)>();
        foreach (var input in given)
        {
            var type =
                TypeReader.Read(input.Type, axis => Unnamed(input.Name, axis), options.Dims, out var reason)
                ?? throw new UserErrorException($"The input '{input.Name}' of '{file.File.Path}' {reason}.");
            if (options.Fixed.TryGetValue(input.Name, out var tensor))
            {
                var constant = new InlineConstant(Fitting(input.Name, tensor, type));
                loader.Define(
                    scope,
                    input.Name,
                    scope.Builder.Weight(loader.Widening.Of(constant, input.Name, isInitializer: true), input.Name)
                );
                continue;
            }
            stored.Add((input.Name, type));
            // Where all is computed in float64, data of that type shall not be rounded on their way in.
            var parameter = scope.Builder.Parameter(options.Precision == Precision.Float64 ? loader.Widening.Of(type) : type, input.Name);
            // Derivatives by an input of 16 bits are those by its wider copy, so that nothing rounds them.
            var computed = Cast.Of(scope.Builder, parameter, loader.Widening.Of(type).Element);
            computed.NameAs(input.Name);
            loader.Define(scope, input.Name, computed);
            inputs.Add(parameter);
        }
        foreach (var name in options.Fixed.Keys)
            if (given.All(input => input.Name != name))
                throw new UserErrorException(
                    $"'{file.File.Path}' has no input '{name}' that a value could be fixed for; it has "
                        + $"{string.Join(", ", given.Select(input => input.Name))}."
                );
        foreach (var (name, size) in options.Dims)
        {
            if (!symbols.Contains(name))
            {
                var named = string.Join(", ", symbols.Order(StringComparer.Ordinal));
                var others = symbols.Count == 0 ? "all its sizes are fixed" : $"it has {named}";
                throw new UserErrorException($"'{file.File.Path}' has no symbolic dimension '{name}'; {others}.");
            }
            if (size < 1)
                throw new UserErrorException($"The dimension '{name}' cannot have the size {size}; give 1 or more.");
        }
        return (inputs.ToImmutable(), stored);

        string Unnamed(string input, int axis)
        {
            var name = $"{input}_{axis}";
            while (taken.Contains(name))
                name += "_";
            symbols.Add(name);
            return name;
        }
    }

    private Tensor Fitting(string name, Tensor tensor, TensorType type)
    {
        if (
            tensor.Rank != type.Rank
            || Enumerable.Range(0, type.Rank).Any(axis => type.Shape[axis].Known is { } size && size != tensor.Shape[axis])
            || FixedValue.As(tensor, type.Element) is not { } fitting
        )
            throw new UserErrorException(
                $"The value that is fixed for the input '{name}' of '{file.File.Path}' is {tensor.Type}, and the input is {type}; give "
                    + $"one that fits."
            );
        return fitting;
    }

    private ImmutableArray<NamedValue> LoadOutputs(Scope scope)
    {
        if (_graph.Output.Count == 0)
            throw new UserErrorException($"'{file.File.Path}' gives out nothing.");
        var outputs = ImmutableArray.CreateBuilder<NamedValue>();
        foreach (var output in _graph.Output)
        {
            if (scope.FindList(output.Name) is { } list)
            {
                var kind = list.IsOptional ? "an optional value" : "a sequence";
                if (!options.Partial && (options.Asked.IsEmpty || Asked.Contains(output.Name)))
                    throw new UserErrorException(
                        $"'{file.File.Path}' gives out '{output.Name}', which is {kind}, and only tensors can be given out; give out "
                            + $"its tensors instead."
                    );
                loader.LeftOutOutputs.Add($"The output '{output.Name}' is left out, because it is {kind} and no tensor.");
                continue;
            }
            if (!scope.Find(output.Name, out var value))
                throw new UserErrorException($"'{file.File.Path}' gives out '{output.Name}', which nothing in it defines.");
            if (value is null)
            {
                loader.LeftOutOutputs.Add(
                    $"The output '{output.Name}' is left out, because a node that it depends on cannot be taken: "
                        + $"{string.Join("; ", Blamed())}."
                );
                continue;
            }
            var declared = (ElementType)(output.Type?.TensorType?.ElemType ?? 0);
            outputs.Add(
                new NamedValue(
                    output.Name,
                    options.Precision == Precision.Model && declared is ElementType.Float16 or ElementType.BFloat16
                        ? Cast.Of(scope.Builder, value, declared)
                        : value
                )
            );
        }
        return outputs.ToImmutable();
    }

    private static IEnumerable<string> SymbolsOf(ValueInfoProto input) =>
        (input.Type?.TensorType?.Shape?.Dim ?? []).Select(dim => dim.DimParam).Where(name => name.Length > 0);
}
