using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <content>
/// The questions of passes and plans. Each default is right of any operator, so a new one answers only those of which it can say more.
/// </content>
internal abstract partial class Operator
{
    /// <summary>
    /// Whether entries of the inputs where a mask of some shape, which broadcasts to the output's, leaves the output out have no influence
    /// on what is left of it, as is so of operators that act entry by entry.
    /// </summary>
    public virtual bool KeepsMask(Node node, TensorShape mask) => node.Output.Type.Element.IsFloat() && IsElementwise(node);

    /// <summary>
    /// Whether each entry of the output depends on the same entry of an input only, up to broadcasting.
    /// </summary>
    public virtual bool IsElementwise(Node node, int input) => false;

    /// <summary>Whether <see cref="IsElementwise(Node, int)"/> holds for all inputs.</summary>
    public bool IsElementwise(Node node) =>
        node.Outputs.Length == 1 && node.Inputs.Index().All(input => input.Item is null || IsElementwise(node, input.Index));

    /// <summary>Whether the output is the input, as that of a node is which gives a value another name.</summary>
    public virtual bool IsIdentity => false;

    /// <summary>Whether the output holds the elements of the first input in the same order, in the same or another shape.</summary>
    public virtual bool IsView => IsIdentity;

    /// <summary>
    /// Whether the output holds the numbers of the first input in the same order, perhaps in another shape or type.
    /// </summary>
    public virtual bool KeepsNumbers => IsView;

    /// <summary>Whether the output holds each element of the first input once, in whatever order.</summary>
    public virtual bool Rearranges => IsView;

    /// <summary>Whether the output holds each element of the first input, perhaps several times, and no others.</summary>
    public virtual bool RepeatsElements => false;

    /// <summary>Whether the output holds the numbers of the input in a type that the node names.</summary>
    public virtual bool SetsType => false;

    /// <summary>Whether an input is what all else is divided by.</summary>
    public virtual bool IsDivisor(int input) => false;

    /// <summary>
    /// Of a node whose output is the probabilities of classes, or their logarithms, given the logits at its first input: the axis of the
    /// classes. Null for all other nodes.
    /// </summary>
    public virtual int? ClassAxisOf(Node node) => null;

    /// <summary>Whether the output is the probability of which the input is the logit, entry by entry.</summary>
    public virtual bool IsLogistic => false;

    /// <summary>Whether an input is added to what the others give, so that derivatives by it are sums.</summary>
    public virtual bool IsBias(int input) => false;

    /// <summary>How an input is read by engines that do not share constants among uses of several kinds.</summary>
    public virtual ConstantUse ConstantUseOf(int input) => ConstantUse.Operand;

    /// <summary>
    /// Of a node that is linear in an input, y = A x: the map with the squares of its coefficients, y = (A ⊙ A) x. Null where it is no such
    /// node, or where that map is not known.
    /// </summary>
    public virtual SquaredCoefficients? SquaredIn(Node node, int input) => null;

    /// <summary>
    /// Of a node that takes each output from one entry of the first input [N, C, *spatial]: the flat positions of these within their plane,
    /// 64-bit integers of the output's shape. Null for all other nodes.
    /// </summary>
    public virtual Value? ArgmaxPositions(GraphBuilder b, Node node) => null;

    /// <summary>Whether the output says which elements of the input are NaN, so that data may hold some.</summary>
    public virtual bool AsksForNaN => false;

    /// <summary>
    /// A number at which the node and all its derivatives are finite, for an input at some elements of which they may not be, as those of
    /// √x are not at zero; null where they are for all finite elements.
    /// </summary>
    public virtual double? HarmlessInput(Node node, int input) => null;

    /// <summary>
    /// For a node that is linear in one input, a weight: that dependence as a matrix product over samples along axis 0, or
    /// null where it has no such form.
    /// </summary>
    public virtual UnfoldedProduct? Unfold(GraphBuilder b, Node node, int input) => null;

    /// <summary>
    /// Which axes of an input, where that is a weight, count the channels that the node makes and takes; null where it is no kernel and no
    /// matrix.
    /// </summary>
    public virtual KernelAxes? KernelAxesOf(Node node, int input) => null;

    /// <summary>
    /// The axes of the first input that become given ones of the output; null where axes do not stay whole. By default they are the same
    /// where the shape is.
    /// </summary>
    public virtual KernelAxes? KernelAxesBefore(Node node, KernelAxes axes) =>
        node.Output.Type.Shape == node.Inputs[0]!.Type.Shape ? axes : null;

    /// <summary>
    /// Of an operator that keeps some of the positions of an axis, where only the data say how many: the share of them that is expected.
    /// Null for all other operators.
    /// </summary>
    public virtual double? ShareKept => null;

    /// <summary>Whether the output consists of entries of the first input, of which the others need not be read.</summary>
    public virtual bool Selects => false;

    /// <summary>The map of channels that a node is, where it is one of its first input; null for all other nodes.</summary>
    /// <param name="b">Where the vectors of the map are built.</param>
    /// <param name="node">The node.</param>
    /// <param name="inputs">Its inputs, as they have become.</param>
    public virtual ChannelScaling? ChannelScalingOf(GraphBuilder b, Node node, ImmutableArray<Value?> inputs) => null;

    /// <summary>The output of a node with a map of its channels, which becomes part of its weights; null where it cannot.</summary>
    public virtual Value? WithScaledChannels(GraphBuilder b, Node node, ChannelScaling scaling) => null;

    /// <summary>Whether a kernel slides over the first input [N, C, *spatial].</summary>
    public virtual bool SlidesKernel => false;

    /// <summary>
    /// Of a node that adds up multiples of its active inputs, entry by entry: one term for each of them. Null for all other nodes.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="active">Which inputs are active.</param>
    public virtual ImmutableArray<LinearTerm>? LinearTerms(Node node, ImmutableArray<bool> active) => null;

    /// <summary>
    /// How a node that is linear in an input works on some rows alone, where the input is zero in all others. Null where it needs all rows.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="input">The input.</param>
    /// <param name="axis">The axis of the input that counts the rows.</param>
    public virtual RowRule? OnRows(Node node, int input, int axis) => null;

    /// <summary>
    /// Of a node that multiplies the planes of its first input, [N, C, *P] or [N, C], by a weight at the second, and adds nothing: how the
    /// weight lies. Null for all other nodes.
    /// </summary>
    public virtual WeightProduct? AsWeightProduct(Node node) => null;

    /// <summary>
    /// The output as a product with a matrix that is made of the weight, where a kernel slides over so few positions that most of it meets
    /// the padding; null elsewhere. The node is linear in its first input.
    /// </summary>
    public virtual Func<GraphBuilder, Value>? OverFewPositions(Node node) => null;

    /// <summary>Of a node that only permutes the axes of its input: for each axis of the output, that of the input. Else null.</summary>
    public virtual ImmutableArray<int>? PermutationOf(Node node) => null;

    /// <summary>Whether the node puts an axis of the input in reverse, for each of the axes, and does nothing else.</summary>
    public virtual bool Reverses(Node node, IEnumerable<int> axes) => false;

    /// <summary>Of a node that compares: the share of its entries that may be expected to be true.</summary>
    public virtual double ExpectedShare => 0.5;

    /// <summary>Whether a node is the sum of two inputs.</summary>
    public bool IsSum(Node node) =>
        node.Inputs.Length == 2
        && LinearTerms(node, [true, true]) is [{ IsNegative: false, Factor: null }, { IsNegative: false, Factor: null }];

    /// <summary>Whether the output is the product of all inputs, entry by entry.</summary>
    public virtual bool IsProduct => false;

    /// <summary>Whether the node computes one of several bodies, which the data choose.</summary>
    public virtual bool Branches => false;
}
