using System.Globalization;
using System.Text.RegularExpressions;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// A value that is differentiated with respect to, or a range of indices of its first axis.
/// </summary>
/// <param name="Name">The name under which results are given out: <c>w</c>, <c>w[7]</c> or <c>w[3:9]</c>.</param>
/// <param name="Value">The whole value.</param>
/// <param name="Start">The first index of the first axis.</param>
/// <param name="End">The index after the last; the largest number for the whole of a value whose first axis has no known size.</param>
/// <param name="Single">Whether a single index was asked for, so that the result has no first axis of its own.</param>
internal sealed partial record Target(string Name, Value Value, long Start, long End, bool Single)
{
    /// <summary>The most names in a note.</summary>
    private const int MostNoted = 5;

    /// <summary>Whether only a part of the value is asked for.</summary>
    public bool IsPart => Value.Type.Rank > 0 && (Start != 0 || End != long.MaxValue && Value.Type.Shape[0] != End) || Single;

    /// <summary>The purpose of the nodes that compute its curvature.</summary>
    public NodeOrigin CurvatureOrigin => new($"curvature of '{Name}'");

    /// <summary>The type of results: that of the value, with the first axis cut to the range, or dropped for a single index.</summary>
    public TensorType ResultType =>
        !IsPart ? Value.Type : Value.Type with { Shape = Single ? Value.Type.Shape.Remove(0) : Value.Type.Shape.With(0, End - Start) };

    /// <summary>
    /// The part that belongs to the target of a tensor over its whole value, whose first axis is an axis of that tensor; the tensor itself
    /// where all is asked for.
    /// </summary>
    public Value RowsOf(GraphBuilder b, Value whole, int axis = 0) => IsPart ? Slice.Of(b, whole, axis, Start, End) : whole;

    /// <summary>The target's part of a tensor of its value's shape, in the shape of results.</summary>
    public Value PartOf(GraphBuilder b, Value whole) => IsPart ? Reshape.To(b, RowsOf(b, whole), ResultType.Shape) : whole;

    /// <summary>The inverse of <see cref="RowsOf"/>: a tensor of the target's part, with zeros in the other entries of its value.</summary>
    public Value PadToWhole(GraphBuilder b, Value part, int axis = 0)
    {
        if (!IsPart)
            return part;
        var rows = axis == 0 && Single ? Reshape.InsertAxis(b, part, 0) : part;
        return Pad.Of(b, rows, axis, Start, Value.Type.Shape[0].Factor - End);
    }

    /// <summary>
    /// Finds the targets that the patterns name, each once, in the order of the patterns. A name is that of a weight, an input or an
    /// intermediate value, or that of a node and stands for the weights that it uses. A pattern with <c>*</c> or <c>?</c> stands for the
    /// weights that match, or, where none does, for those of the nodes that match. Throws <see cref="UserErrorException"/>.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="patterns">The names and patterns.</param>
    /// <param name="loss">The loss, so that patterns and nodes stand for those weights alone on which it depends; null for all of them.
    /// </param>
    public static IReadOnlyList<Target> Resolve(ModelGraph model, IEnumerable<string> patterns, Value? loss = null)
    {
        var targets = new List<Target>();
        var reached = new Lazy<HashSet<Value>?>(() => loss is null ? null : Reached(loss));
        foreach (var pattern in patterns)
        {
            var (name, range) = Split(model, pattern);
            if (!model.Values.TryGetValue(name, out var value))
            {
                targets.AddRange(Kept(pattern, Weights(model, pattern, name)).Select(weight => Of(weight.Name!, weight, range)));
                continue;
            }
            if (!value.Type.Element.IsFloat())
                throw new UserErrorException(
                    $"--wrt '{pattern}' names a value of {value.Type.Element.DisplayName()}, and only floating-point values have "
                        + $"derivatives; name another."
                );
            targets.Add(Of(name, value, range));
        }
        if (targets.Count == 0)
            throw new UserErrorException("Nothing was named to differentiate with respect to; give a weight with --wrt NAME.");
        return [.. targets.DistinctBy(target => target.Name)];

        Value[] Kept(string pattern, Value[] weights) =>
            reached.Value is not { } values ? weights
            : weights.Where(values.Contains).ToArray() is { Length: > 0 } kept ? kept
            : throw new UserErrorException(
                $"--wrt '{pattern}' stands for weights on which the loss does not depend, such as '{weights[0].Name}'; name others, "
                    + $"or take the loss of another output."
            );
    }

    /// <summary>A note for the user on the weights that <see cref="Resolve"/> leaves out for a loss; null where there are none.</summary>
    public static string? NoteOfLeftOut(ModelGraph model, IEnumerable<string> patterns, IEnumerable<Target> kept)
    {
        string[] others = [.. Resolve(model, patterns).Select(target => target.Name).Except(kept.Select(target => target.Name))];
        if (others.Length == 0)
            return null;
        var names = string.Join(", ", others.Take(MostNoted).Select(name => $"'{name}'"));
        var more = others.Length > MostNoted ? $" and {others.Length - MostNoted} more" : "";
        return $"The loss does not depend on {names}{more}, so there are no results for {(others.Length == 1 ? "it" : "them")}.";
    }

    private static HashSet<Value> Reached(Value loss) => [loss, .. GraphWalk.Ancestors([loss]).SelectMany(GraphWalk.Dependencies)];

    /// <summary>The weights that a pattern, or the name of a node, stands for.</summary>
    private static Value[] Weights(ModelGraph model, string pattern, string name)
    {
        Value[] matches = NamePattern.IsPattern(name) ? [.. model.Weights.Where(weight => NamePattern.Fits(name, weight.Name!))] : [];
        if (matches.Length > 0)
            return matches;
        var uses = WeightUse.Of(model);
        Value[] ofNodes = [.. model.Weights.Where(weight => uses[weight].Any(use => NamePattern.Fits(name, use.Node)))];
        return ofNodes.Length > 0 ? ofNodes : throw NoMatch(model, pattern, name);
    }

    private static UserErrorException NoMatch(ModelGraph model, string pattern, string name)
    {
        var what =
            NamePattern.IsPattern(name) ? "matches no weight and no node that uses one"
            : GraphWalk.Ancestors(model.Outputs.Select(output => output.Value)).Any(node => node.Name == name)
                ? "names a node that uses no weight"
            : "names nothing in the model";
        if (model.FormulaConstants.FirstOrDefault(constant => NamePattern.Fits(name, constant.Name!)) is { } constant)
            return new UserErrorException(
                $"--wrt '{pattern}' matches no weight, but '{constant.Name}', a constant of a formula; name it without a pattern."
            );
        if (OriginalName.Find(model, name) is { } found)
            return new UserErrorException(
                $"--wrt '{pattern}' {what}; the exporter made the weight '{found.Weight.Name}' of it, which the node '{found.Node}' uses; "
                    + $"give --wrt '{found.Weight.Name}' or --wrt '{found.Node}'."
            );
        if (OriginalName.Near(model, name) is { Count: > 0 } near)
            return new UserErrorException(
                $"--wrt '{pattern}' {what}; the nearest are "
                    + string.Join(", ", near.Select(entry => $"'{entry.Weight.Name}' of the node '{entry.Node}'"))
                    + "."
            );
        var names = model.Weights.Select(weight => weight.Name!);
        return new UserErrorException(
            $"--wrt '{pattern}' {what}; {Suggestions.For(name, NamePattern.IsPattern(name) ? names : names.Concat(model.Values.Keys))}."
        );
    }

    /// <summary>A name that exists is taken whole, even where it ends in brackets.</summary>
    private static (string Name, string? Range) Split(ModelGraph model, string pattern) =>
        !model.Values.ContainsKey(pattern) && RangeSuffix().Match(pattern) is { Success: true } match
            ? (match.Groups[1].Value, match.Groups[2].Value)
            : (pattern, null);

    private static Target Of(string name, Value value, string? range)
    {
        if (range is null)
            return new Target(name, value, 0, value.Type.Rank > 0 ? value.Type.Shape[0].Known ?? long.MaxValue : 1, false);
        if (value.Type.Rank == 0 || value.Type.Shape[0].Known is not { } size)
            throw new UserErrorException(
                $"--wrt '{name}[{range}]' takes indices of the first axis, but '{name}' has the shape {value.Type.Shape}; name the "
                    + $"whole value."
            );
        var colon = range.IndexOf(':', StringComparison.Ordinal);
        var start = Number(colon < 0 ? range : range[..colon], 0);
        var end = colon < 0 ? start + 1 : Number(range[(colon + 1)..], size);
        return start >= 0 && end <= size && start < end
            ? new Target($"{name}[{range}]", value, start, end, colon < 0)
            : throw new UserErrorException(
                start >= end && start >= 0 && start <= size
                    ? $"--wrt '{name}[{range}]' holds no index; give a range that ends after it begins."
                    : $"--wrt '{name}[{range}]' is outside of the first axis of '{name}', which has the size {size}; give indices from "
                        + $"0 to {size - 1}."
            );

        long Number(string text, long fallback)
        {
            if (text.Length == 0)
                return fallback;
            var number = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : long.MinValue / 2;
            return number < 0 ? number + size : number;
        }
    }

    [GeneratedRegex(@"^(.+)\[(-?\d+|-?\d*:-?\d*)\]$")]
    private static partial Regex RangeSuffix();
}
