using System.Collections.Immutable;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>A part of a value that a loss is taken of, as <c>value:z[:, 3]</c> has it.</summary>
/// <param name="Of">The value.</param>
/// <param name="Axes">For each of the first axes what is taken of it.</param>
internal sealed record OutputPart(Sketch Of, ImmutableArray<AxisPart> Axes)
{
    private const string Name = "part";

    /// <summary>As <c>--loss</c> takes it.</summary>
    public string Text => $"{Of.Name}[{string.Join(", ", Axes)}]";

    /// <summary>The part as a value. Of an axis that is not taken whole, no samples are known.</summary>
    public Sketch Sketch =>
        new(
            Name,
            new Layout([
                .. Of.Layout.Axes.SelectMany(
                    (factors, axis) =>
                        axis >= Axes.Length || Axes[axis].IsWhole ? [factors]
                        : Axes[axis].IsDropped ? ImmutableArray<ImmutableArray<Factor>>.Empty
                        :
                        [
                            [new Factor(Axes[axis].End - Axes[axis].Start)],
                        ]
                ),
            ])
        );

    /// <summary>The node that makes the part of the value, which no file holds.</summary>
    public GraphNode Node =>
        new(
            "Part",
            [Of.Name],
            [Name],
            ImmutableDictionary<string, object>
                .Empty.Add("starts", Numbers(part => part.Start))
                .Add("ends", Numbers(part => part.End))
                .Add("dropped", Axes.Index().Where(entry => entry.Item.IsDropped).Select(entry => (long)entry.Index).ToArray())
        );

    /// <summary>A part of a value, of which no axis of classes is dropped; null where the whole is taken.</summary>
    public static OutputPart? Choose(Choices choices, Sketch z, bool hasClasses)
    {
        if (z.Rank == 0 || !choices.OneIn(5))
            return null;
        var count = 1 + choices.Next(z.Rank);
        ImmutableArray<AxisPart> axes =
        [
            .. Enumerable
                .Range(0, count)
                .Select(axis => AxisPart.Choose(choices, z.Shape[axis], hasClasses && axis == 1, hasClasses && axis == 0)),
        ];
        return axes.All(axis => axis.IsWhole) ? null : new OutputPart(z, axes);
    }

    private long[] Numbers(Func<AxisPart, int> of) => [.. Axes.Select(axis => (long)of(axis))];
}

/// <summary>The part that is taken of an axis.</summary>
/// <param name="Size">The size of the axis.</param>
/// <param name="Start">The first.</param>
/// <param name="End">The end, which is none of them.</param>
/// <param name="IsDropped">Whether the axis is left out.</param>
/// <param name="FromEnd">Whether places are counted from the end.</param>
internal readonly record struct AxisPart(int Size, int Start, int End, bool IsDropped, bool FromEnd)
{
    public bool IsWhole => !IsDropped && Start == 0 && End == Size;

    /// <inheritdoc/>
    public override string ToString() =>
        IsWhole ? ":"
        : IsDropped ? $"{Start - (FromEnd ? Size : 0)}"
        : $"{Start - (FromEnd ? Size : 0)}:{(End == Size ? "" : End - (FromEnd ? Size : 0))}";

    /// <summary>A part of an axis, with at least two of classes, and all of an axis that must stay.</summary>
    public static AxisPart Choose(Choices choices, int size, bool isOfClasses, bool stays)
    {
        var form = stays ? 0 : choices.Next(3);
        var least = isOfClasses ? Math.Min(2, size) : 1;
        if (form == 0 || form == 1 && isOfClasses)
            return new AxisPart(size, 0, size, false, false);
        var start = choices.Next(size - least + 1);
        var end = form == 1 ? start + 1 : start + least + choices.Next(size - start - least + 1);
        return new AxisPart(size, start, end, form == 1, choices.OneIn(3));
    }
}
