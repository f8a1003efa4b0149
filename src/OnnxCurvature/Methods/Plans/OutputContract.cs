using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Methods.Plans;

/// <summary>The outputs of a written file and their names, so that it fits what a consumer expects.</summary>
internal sealed record OutputContract
{
    /// <summary>New names, by the name of a result or of an output of the model.</summary>
    public ImmutableDictionary<string, string> Names { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The results and outputs of the model that are given out with the opposite sign, by the names that they have without a contract.
    /// </summary>
    public ImmutableArray<string> Negated { get; init; } = [];

    /// <summary>Whether the model's own outputs are left out.</summary>
    public bool ResultsOnly { get; init; }

    /// <summary>
    /// The outputs of the file. A result whose name is taken in the model gets a number after it. Throws <see cref="UserErrorException"/>
    /// where the contract does not fit what there is.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">The inputs of the file.</param>
    /// <param name="results">The results, under the names of <see cref="Quantities.OutputName"/>.</param>
    public GivenOutputs Apply(ModelGraph model, IReadOnlyCollection<Value> inputs, IReadOnlyList<NamedValue> results)
    {
        // A loss that the model gives out under the very name of the result is that result.
        NamedValue[] own = ResultsOnly ? [] : [.. model.Outputs.Where(output => !results.Contains(output))];
        NamedValue[] asked = [.. own.Where(output => results.All(result => result.Name != output.Name)), .. results];
        foreach (var name in Names.Keys.Concat(Negated))
            Check(name, asked);
        var taken = Reserve(model, inputs, asked);
        var (outputs, names, notes) = (
            ImmutableArray.CreateBuilder<NamedValue>(),
            ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal),
            ImmutableArray.CreateBuilder<string>()
        );
        foreach (var output in own)
        {
            var isResult = results.Any(result => result.Name == output.Name);
            outputs.Add(isResult ? output : new NamedValue(Names.GetValueOrDefault(output.Name, output.Name), Signed(model, output)));
        }
        foreach (var result in results)
        {
            var name = Names.GetValueOrDefault(result.Name) ?? (model.Outputs.Contains(result) ? result.Name : Free(result.Name, taken));
            if (name != result.Name && !Names.ContainsKey(result.Name))
                notes.Add($"The model has a value '{result.Name}' of its own, so the result of that name is '{name}'.");
            names[result.Name] = name;
            outputs.Add(new NamedValue(name, Signed(model, result)));
        }
        return new GivenOutputs(
            outputs.ToImmutable(),
            names.ToImmutable(),
            [.. Negated.Select(name => names.GetValueOrDefault(name, name))],
            notes.ToImmutable()
        );
    }

    private Value Signed(ModelGraph model, NamedValue output) =>
        Negated.Contains(output.Name) ? Neg.Of(model.Builder, output.Value) : output.Value;

    private void Check(string name, NamedValue[] asked)
    {
        if (asked.FirstOrDefault(output => output.Name == name) is not { } output)
            throw new UserErrorException(
                $"The file gives out no '{name}' that could be renamed or negated; it gives out "
                    + $"{string.Join(", ", asked.Select(given => $"'{given.Name}'"))}."
            );
        if (!Negated.Contains(name))
            return;
        if (!output.Value.Type.Element.IsFloat())
            throw new UserErrorException(
                $"'{name}' holds {output.Value.Type.Element.DisplayName()} and cannot be negated; negate floating-point outputs only."
            );
        if (Quantities.OfOutput(name)?.Quantity.IsBound() == true)
            throw new UserErrorException(
                $"'{name}' cannot be negated, because it would be no standard error or lower bound any more; negate what it belongs to "
                    + $"in the consumer."
            );
    }

    /// <summary>
    /// The names that no result without a name of the contract may have. Throws <see cref="UserErrorException"/> for a name of the contract
    /// that cannot be had.
    /// </summary>
    private HashSet<string> Reserve(ModelGraph model, IReadOnlyCollection<Value> inputs, NamedValue[] asked)
    {
        var given = asked
            .Where(output => !Names.ContainsKey(output.Name) && model.Outputs.Contains(output))
            .Select(output => output.Name)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (from, to) in Names)
        {
            if (to.Length == 0 || to.Any(char.IsControl))
                throw new UserErrorException(
                    $"'{from}' cannot be renamed to a name that is empty or holds control characters; give another."
                );
            if (inputs.Any(input => input.Name == to) || model.Values.GetValueOrDefault(to) is { Producer: null })
                throw new UserErrorException(
                    $"'{from}' cannot be renamed to '{to}', which is an input or a weight of the file; give another name."
                );
            if (!given.Add(to))
                throw new UserErrorException(
                    $"'{from}' cannot be renamed to '{to}', which is the name of another output; give another name, or leave out the "
                        + $"model's own outputs."
                );
        }
        given.UnionWith(model.Values.Keys);
        given.UnionWith(inputs.Select(input => input.Name!));
        return given;
    }

    private static string Free(string name, HashSet<string> taken)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
            free = $"{name}_{number}";
        return free;
    }
}

/// <summary>The outputs of a program.</summary>
/// <param name="Outputs">All of them, the model's own first.</param>
/// <param name="Names">The names that results are given out under, by those of <see cref="Quantities.OutputName"/>.</param>
/// <param name="Negated">The names of outputs that are given out with the opposite sign.</param>
/// <param name="Notes">Notes for the user, one sentence each.</param>
internal sealed record GivenOutputs(
    ImmutableArray<NamedValue> Outputs,
    ImmutableDictionary<string, string> Names,
    ImmutableArray<string> Negated,
    ImmutableArray<string> Notes
)
{
    /// <summary>Results alone, under their own names.</summary>
    public static GivenOutputs Of(IReadOnlyCollection<NamedValue> results) =>
        new([.. results], results.ToImmutableDictionary(result => result.Name, result => result.Name, StringComparer.Ordinal), [], []);
}
