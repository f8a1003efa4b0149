using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// An operator of the catalogue: its types, its values, and the three rules from which all derivatives follow. A subclass is
/// found by reflection; nothing else needs to change for a new operator.
/// <para>
/// Names in the rules: <c>x</c>, <c>y</c> primal in and out, <c>dx</c>, <c>dy</c> tangents, <c>cx</c>, <c>cy</c>
/// cotangents. A zero tangent or cotangent is null. A tangent has the type of its primal value.
/// </para>
/// </summary>
internal abstract partial class Operator : OperatorSchema
{
    /// <inheritdoc/>
    public override string Name => GetType().Name;

    /// <summary>
    /// Types of the outputs. Throws <see cref="UnsupportedOperatorException"/> where the inputs do not fit.
    /// </summary>
    public abstract ImmutableArray<TensorType> Infer(OperatorCall call);

    /// <summary>
    /// Types of the outputs where an input determines only at run time how many entries there are, with symbols for these numbers; null
    /// where it is not so. Symbols are equal where the same values decide.
    /// </summary>
    public virtual ImmutableArray<TensorType>? InferAtRunTime(OperatorCall call) => null;

    /// <summary>The fewest dimensions that the first input has: two, for instance, of an operator on [N, C, *spatial].</summary>
    public virtual int LeastRank => 0;

    /// <summary>
    /// Checks a call of a file beyond what its types need, so that no rule meets inputs or attributes that do not fit. Throws
    /// <see cref="UnsupportedOperatorException"/>, <see cref="ShapeException"/> or <see cref="ArithmeticException"/> where they do not.
    /// </summary>
    public virtual void CheckForm(OperatorCall call) { }

    /// <summary>The outputs in double precision: the oracle of tests and the evaluator of constant folding.</summary>
    public abstract ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs);

    /// <inheritdoc/>
    /// <remarks>By default what the node makes of inputs that are known.</remarks>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Computed(node);

    /// <summary>How the node depends on its active inputs.</summary>
    public abstract Curvature CurvatureIn(Node node, ImmutableArray<bool> active);

    /// <summary>Whether the outputs depend on the shapes of the inputs alone, and not on their elements.</summary>
    public virtual bool DependsOnShapesAlone => false;

    /// <summary>
    /// Whether an input holds sizes, axes or counts, which decide about the shape of the outputs and are not computed with.
    /// </summary>
    public virtual bool HoldsSizes(int input) => false;

    /// <summary>Whether an input is the shape of the output.</summary>
    public virtual bool HoldsShape(int input) => false;

    /// <summary>
    /// How the node uses a floating-point constant that it takes at an input. By default an array is a weight.
    /// </summary>
    public virtual ConstantRole RoleOf(Node node, int input)
    {
        if (DependsOnShapesAlone || HoldsSizes(input))
            return ConstantRole.Formula;
        return node.Inputs[input]!.Type.Shape.Elements.IsOne ? ConstantRole.Number : ConstantRole.Weight;
    }

    /// <summary>Whether an input selects the positions of another one that are taken, by integers or booleans.</summary>
    public virtual bool HoldsIndices(int input) => false;

    /// <summary>Whether an input holds booleans that choose, entry by entry, between other inputs.</summary>
    public virtual bool HoldsCondition(int input) => false;

    /// <summary>Whether the output has the same entries all along an axis, however long that is.</summary>
    public virtual bool IsConstantAlong(Node node, int axis) => false;

    /// <summary>Whether a node that is linear in its active inputs gives zeros where these are zeros, whatever the others are.</summary>
    public virtual bool IsHomogeneous(Node node, ImmutableArray<bool> active) =>
        node
            .Inputs.Index()
            .All(input => input.Item is not { } value || active[input.Index] || HoldsSizes(input.Index) || !value.Type.Element.IsFloat());

    /// <summary>
    /// How a node that reduces the axis along which samples lie in its first input puts the samples together: as a sum, or as a mean, of
    /// what each of them has; null where it is neither.
    /// </summary>
    public virtual SampleTotal? TotalOver(Node node, int axis) => null;

    /// <summary>
    /// The tangents of the outputs (the Jacobian-vector product), built from nodes that are linear in the tangents.
    /// </summary>
    public abstract ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx);

    /// <summary>
    /// The cotangent of one input, given those of the outputs, for a node that is linear in that input while all others are
    /// held fixed. The shape may be one that broadcasting made from the input's; the caller sums it back.
    /// </summary>
    public virtual Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        throw new UnsupportedOperatorException($"{Name} is not linear in its input {input}, so it has no transpose.");

    /// <summary>The cotangents of all active inputs together; null for all others. By default each is made by itself.</summary>
    public virtual ImmutableArray<Value?> TransposeAll(GraphBuilder b, Node node, ImmutableArray<bool> active, ImmutableArray<Value?> cy) =>
        [.. active.Select((isActive, input) => isActive ? Transpose(b, node, input, cy) : null)];

    /// <summary>
    /// The outputs for K directions at once. An input for which <paramref name="batched"/> holds has a leading axis of size
    /// <paramref name="directions"/> more than the node's own; every output must get one, too.
    /// </summary>
    public abstract ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    );

    /// <summary>
    /// How the outputs depend on the samples. Called only when some input is separate along an axis, which the samples have to themselves,
    /// and none is coupled.
    /// </summary>
    public abstract ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs);

    /// <summary>
    /// <see cref="Samples"/> where samples are a factor of some input's axis. By default: what keeps all positions of an axis separate
    /// keeps separate the samples that these belong to, as long as all inputs have the same at every position.
    /// </summary>
    public virtual ImmutableArray<SampleLayout> SamplesWithin(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var separate = inputs.Index().Where(input => input.Item.IsSeparate).ToArray();
        var first = separate[0].Item;
        if (separate.Any(input => input.Item.Moved(first.Axis) != first))
            return [.. node.Outputs.Select(_ => SampleLayout.Coupled)];
        var positions = node.Inputs[separate[0].Index]!.Type.Shape[first.Axis];
        var outputs = Samples(node, [.. inputs.Select(input => input.IsSeparate ? SampleLayout.At(input.Axis) : input)]);
        return [.. outputs.Zip(node.Outputs, (layout, output) => Shared(layout, output.Type.Shape))];

        SampleLayout Shared(SampleLayout layout, TensorShape shape)
        {
            if (layout.Place is not { } place)
                return layout;
            var along = place.SamplesOf(shape) == positions ? first.Along(place) : SampleLayout.Coupled;
            return layout.IsSeparate ? along : along.AsCoupled();
        }
    }

    /// <summary>
    /// A value or a node of the same operator that gives the same with less; null where there is none. The simplifier asks for it.
    /// </summary>
    /// <param name="b">A builder of nodes that the result may take as inputs; they are simplified in turn.</param>
    /// <param name="node">The node.</param>
    /// <param name="inputs">The inputs that take the place of its own.</param>
    public virtual SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs) => null;

    /// <summary>
    /// The node built anew on other inputs, for outputs of given shapes. By default the operator infers these itself.
    /// </summary>
    public virtual Node Rebuild(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, TensorShape shape) =>
        Apply(b, inputs, node.Attributes, node.Outputs.Length);

    /// <summary>
    /// The canonical form of a call that a file of an older or newer opset holds. The canonical form is that of opset 21,
    /// but with the axes of reductions, Squeeze and Unsqueeze as attribute <c>axes</c>.
    /// </summary>
    public virtual OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) => call;

    /// <summary>
    /// Attributes with those defaults written out that depend on the precision in which a file's numbers are read.
    /// </summary>
    public virtual Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) => attributes;

    /// <summary>
    /// The outputs of a call in its canonical form, put together from other operators, where a node of a file becomes these as soon as it
    /// is loaded; null where the node is kept. An output that is null cannot be given.
    /// </summary>
    public virtual ImmutableArray<Value?>? OnLoad(GraphBuilder b, OperatorCall call) => null;

    /// <summary>
    /// The outputs of a call that dequantizes what a model itself has quantized, such that derivatives pass straight through; null for all
    /// other calls.
    /// </summary>
    public virtual ImmutableArray<Value?>? OnLoadStraightThrough(GraphBuilder b, OperatorCall call) => null;

    /// <summary>Whether derivatives pass the node as if it were the identity, whatever its value is.</summary>
    public virtual bool IsStraightThrough => false;

    /// <summary>Whether the output holds integers that stand for real numbers.</summary>
    public virtual bool Quantizes => false;

    /// <summary>The form in which a file of the given opset (11 to 21) holds the node. <paramref name="b"/> makes constants.</summary>
    public virtual OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        new(Name, Domain, node.Inputs, node.Attributes, node.Outputs.Length);

    /// <summary>
    /// The outputs of a node by other operators, in <paramref name="b"/>, for an operator that is newer than all opsets that are written;
    /// null for one that files hold as it is.
    /// </summary>
    public virtual ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) => null;

    /// <summary>
    /// The outputs of a call by other operators, for engines and opsets that lack this one; null for one that has no such form. An output
    /// that is null cannot be given.
    /// </summary>
    public virtual ImmutableArray<Value?>? Decompose(GraphBuilder b, OperatorCall call) => null;

    /// <summary>
    /// Whether runtimes have kernels of the operator. Of one without, programs hold what <see cref="InFloat64"/> gives, which then is
    /// right in every type.
    /// </summary>
    public virtual bool HasKernel => true;

    /// <summary>
    /// The outputs of a call in float64 by other operators, for an operator that ONNX Runtime's CPU provider has no float64 kernel of, or
    /// one that rounds to float32; null for one that it computes in float64. The types of the outputs are
    /// <paramref name="types"/>. Throws <see cref="UnsupportedOperatorException"/> where there is no such form.
    /// </summary>
    public virtual ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) => null;

    /// <summary>
    /// <see cref="InFloat64"/> for ONNX Runtime's CUDA provider: null for an operator that it computes in float64. By default the same as
    /// for its CPU provider.
    /// </summary>
    public virtual ImmutableArray<Value?>? InFloat64OnCuda(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        InFloat64(b, call, types);

    /// <summary>
    /// The outputs of a call by other operators, or by other forms of this one, for an engine with gaps; null where it takes the call.
    /// Throws <see cref="UnsupportedOperatorException"/> where there is no such form.
    /// </summary>
    public virtual ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    ) => null;

    /// <summary>
    /// The output of a call on integers or booleans, whose inputs are given in float32, a boolean as 0 or 1: the numbers that the integers
    /// would give, as long as all of them are below 2^24. Throws <see cref="UnsupportedOperatorException"/> where there is no such form,
    /// and by default.
    /// </summary>
    public virtual Value InFloat32(GraphBuilder b, OperatorCall call) =>
        throw new UnsupportedOperatorException($"{Name} computes with integers or booleans in a way of its own.");

    /// <summary><see cref="InFloat32"/> of an operator that computes integers as it computes real numbers: the operator itself.</summary>
    protected Value SameInFloat32(GraphBuilder b, OperatorCall call) => Apply(b, call.Inputs, call.Attributes, call.OutputCount).Outputs[0];

    /// <summary>
    /// The output of a node on scalars and vectors, for engines that have matrices only: as a matrix of the shape
    /// <see cref="Matrices.ShapeOf"/>. Null where there is no such form.
    /// </summary>
    /// <param name="b">Where nodes are built.</param>
    /// <param name="node">The node.</param>
    /// <param name="wide">Gives an input as a matrix; one with two axes or more as it is.</param>
    public virtual Value? InMatrices(GraphBuilder b, Node node, Func<Value, Value> wide) => null;

    /// <summary>
    /// The opset from which files may hold the operator with floating-point numbers of eight bits and integers of four; null for
    /// none.
    /// </summary>
    public virtual int? NarrowTypesSince => null;

    /// <summary>The attribute that names the element type of the first output; null where none does.</summary>
    public virtual string? TypeAttribute => null;

    /// <summary>Whether ONNX Runtime has the operator in the domain of the standard, which does not have it.</summary>
    public virtual bool IsOfRuntime => false;

    /// <summary>The lowest opset from 13 on that can say the node.</summary>
    public virtual int MinimumOpset(Node node) => 13;

    /// <summary>How ONNX Runtime's CPU provider lays out a weight at the second input before it multiplies.</summary>
    public virtual WeightPacking Packing => WeightPacking.None;

    /// <summary>Whether the CPU provider leaves values in the blocks of channels in which a convolution gave them.</summary>
    public virtual bool KeepsBlocks => false;

    /// <summary>The bytes that the CPU provider's kernel takes for a while beside inputs and outputs.</summary>
    public virtual double ScratchBytes(Node node, Func<Dim, double> size) => 0;

    /// <summary>
    /// Floating-point operations of the node, where a multiplication and an addition count as two. By default one for each
    /// element of the outputs. <paramref name="size"/> gives the sizes of dimensions.
    /// </summary>
    public virtual double Flops(Node node, Func<Dim, double> size) => node.Outputs.Sum(output => size(output.Type.Shape.Elements));

    /// <summary>How the kernel of a node uses a processor. <paramref name="size"/> gives the sizes of dimensions.</summary>
    public virtual KernelUse KernelUse(Node node, Func<Dim, double> size) => Ops.KernelUse.Plain;

    /// <summary>Appends a node of this operator to a program.</summary>
    public Node Apply(
        GraphBuilder b,
        ImmutableArray<Value?> inputs,
        Attributes? attributes = null,
        int outputs = 1,
        ImmutableArray<TensorType> types = default
    )
    {
        var call = new OperatorCall(Name, Domain, inputs, attributes ?? Attributes.Empty, outputs).WithInputs(inputs);
        return b.Append(this, call.Inputs, call.Attributes, (types.IsDefault ? Infer(call) : types).AsSpan());
    }

    /// <summary>All outputs without a derivative.</summary>
    protected static ImmutableArray<Value?> NoTangents(Node node) => [.. Enumerable.Repeat<Value?>(null, node.Outputs.Length)];
}
