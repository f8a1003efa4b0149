using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>The same elements in another shape.</summary>
internal sealed class Reshape : LinearOperator
{
    /// <summary>
    /// A value in a shape of as many elements; the value itself where it has that shape.
    /// </summary>
    public static Value To(GraphBuilder b, Value x, TensorShape shape)
    {
        if (x.Type.Shape == shape)
            return x;
        var unknown = shape.Count(dim => !dim.IsKnown);
        // A size of zero would mean "copied", and does not go together with an inferred size.
        var empty = shape.Any(dim => dim.Known == 0);
        var target = unknown <= 1 && !empty ? b.Vector([.. shape.Select(dim => dim.Known ?? -1)]) : Dims.ToValue(b, shape);
        return Catalogue
            .Get<Reshape>()
            .Apply(b, [x, target], empty ? Attributes.Empty.With("allowzero", 1L) : null, types: [x.Type with { Shape = shape }])
            .Output;
    }

    /// <summary>A value with a dimension of one put in at an axis.</summary>
    public static Value InsertAxis(GraphBuilder b, Value x, int axis) => To(b, x, x.Type.Shape.Insert(axis, 1));

    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 1;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var target = call.Sizes(1) ?? throw new UnsupportedOperatorException("Reshape lacks its shape.");
        var keepZero = call.Attributes.Int("allowzero", 0) != 0;
        var dims = new Dim[target.Length];
        Dim product = 1;
        for (var axis = 0; axis < dims.Length; axis++)
        {
            var copies = target[axis] == 0 && !keepZero;
            if (copies && axis >= x.Rank)
                throw new UnsupportedOperatorException(
                    $"the shape [{string.Join(",", target)}] copies an axis that {x.Shape} does not have."
                );
            dims[axis] = copies ? x.Shape[axis] : target[axis];
            if (target[axis] != -1)
                product *= dims[axis];
        }
        if (target.IndexOf(-1) is var inferred and >= 0)
            dims[inferred] =
                x.Shape.Elements.DividedBy(product)
                ?? (
                    x.Shape.IsKnown && product.IsKnown
                        ? throw new UnsupportedOperatorException($"{x.Shape} cannot be reshaped to [{string.Join(",", target)}].")
                        : Dim.Computed($"({x.Shape.Elements})/({product})", x.Shape.Elements, product)
                );
        else if (x.Shape.IsKnown && product.IsKnown && product != x.Shape.Elements)
            throw new UnsupportedOperatorException($"{x.Shape} cannot be reshaped to [{string.Join(",", target)}].");
        return [x with { Shape = [.. dims] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Same(node);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var shape = inputs[1]!.Integers.ToArray();
        if (node.Attributes.Int("allowzero", 0) == 0)
            for (var axis = 0; axis < shape.Length; axis++)
                if (shape[axis] == 0)
                    shape[axis] = x.Shape[axis];
        if (Array.IndexOf(shape, -1) is var inferred and >= 0)
            shape[inferred] = x.Count / Math.Max(1, shape.Where(size => size != -1).Aggregate(1L, (a, b) => a * b));
        return [x.Reshaped(shape)];
    }

    /// <inheritdoc/>
    public override Node Rebuild(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, TensorShape shape) =>
        inputs[0]!.Type.Shape.Elements is { IsKnown: true } elements && shape.Elements is { IsKnown: true } kept && elements != kept
            ? throw new UnsupportedOperatorException($"{inputs[0]!.Type.Shape} cannot be reshaped to {shape}.")
            : Apply(b, [inputs[0], Dims.ToValue(b, shape)], types: [inputs[0]!.Type with { Shape = shape }]);

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [dx[0] is { } tangent ? To(b, tangent, node.Output.Type.Shape) : null];

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) => To(b, cy[0]!, node.Inputs[0]!.Type.Shape);

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        OnlyFirstBatched(batched);
        return [To(b, inputs[0]!, node.Output.Type.Shape.Prepend(directions))];
    }

    /// <summary>
    /// Samples keep their order among the elements: with P elements before one index of the samples and the next beginning anew, and N
    /// samples, they are a whole axis of the output where P elements come before it and its size is N, and the factor of one of size p N q
    /// where P / p come before. That is one axis at most, unless there is a single sample; of it the last such axis, of which p is least,
    /// is taken.
    /// </summary>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        if (!inputs[0].IsSeparate)
            return [SampleLayout.Coupled];
        var (from, to) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape);
        var (before, samples) = (from.Product(0, inputs[0].Axis) * inputs[0].Outer, inputs[0].SamplesOf(from));
        var found = SampleLayout.Coupled;
        Dim ahead = 1;
        for (var axis = 0; axis < to.Rank; axis++)
        {
            if (to[axis] == samples && ahead == before)
                return [SampleLayout.At(axis)];
            if (before.DividedBy(ahead) is { } outer && to[axis].DividedBy(outer * samples) is { } inner)
                found = SampleLayout.Within(axis, outer, samples, inner);
            ahead *= to[axis];
        }
        return [found];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs) => Samples(node, inputs);

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        opset >= 5
            ? call
            : call.WithInputs(call.Input(0), b.Vector((call.Attributes.Ints("shape") ?? []).AsSpan())) with
            {
                Attributes = Attributes.Empty,
            };

    /// <summary>Two reshapes are one, or none where the first shape comes again.</summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (inputs[0]!.Producer is not { Operator: Reshape } before)
            return null;
        var (x, shape) = (before.Inputs[0]!, node.Output.Type.Shape);
        if (x.Type.Shape == shape)
            return new SimplerNode(x, inputs, node.Attributes);
        // A size of zero would be copied from what is reshaped.
        return shape.Any(dim => dim.Known == 0) || shape.Count(dim => !dim.IsKnown) > 1
            ? null
            : new SimplerNode(null, [x, b.Vector([.. shape.Select(dim => dim.Known ?? -1)])], Attributes.Empty);
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => node.Attributes.Int("allowzero", 0) != 0 ? 14 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override bool IsView => true;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide) =>
        To(b, wide(node.Inputs[0]!), Matrices.ShapeOf(node.Output.Type.Shape));

    /// <inheritdoc/>
    public override bool HoldsShape(int input) => input == 1;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;

    /// <inheritdoc/>
    public override RowRule? OnRows(Node node, int input, int axis)
    {
        var (from, to) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape);
        return
            Enumerable.Range(0, to.Rank).FirstOrDefault(at => to[at] == from[axis] && to.Product(0, at) == from.Product(0, axis), -1)
                is var output
                    and >= 0
            ? RowRule.Of(output, node.Inputs.Length, input, axis)
            : null;
    }
}
