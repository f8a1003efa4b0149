using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// An output of which parts are put together as runs give them. Sums are exact (<see cref="ExactSum"/>), so the whole depends neither on
/// the order of the parts nor on who added them up.
/// </summary>
/// <param name="kind">How parts become the whole.</param>
/// <param name="firstSeparate">Whether the first batch is a piece of its own until the end, since it is compared with a reference.</param>
internal sealed class JoinedOutput(JoinKind kind, bool firstSeparate = false)
{
    private const int Block = RealArray.BlockLength;

    /// <summary>The number of the piece that holds the squares of the errors of all batches that have ended.</summary>
    private const long Ended = -1;

    private readonly SortedDictionary<long, JoinedPiece> _pieces = [];

    /// <summary>How parts become the whole.</summary>
    public JoinKind Kind => kind;

    /// <summary>
    /// The pieces by the number of their batch; sums over all batches are one piece, of the number 0, or of the number 1 where that of the
    /// first batch is separate. Of errors each batch that has not ended has a piece, and the number -1 is that of all others.
    /// </summary>
    public IReadOnlyDictionary<long, JoinedPiece> Pieces => _pieces;

    /// <summary>Adds numbers of a batch, multiplied by a weight.</summary>
    /// <param name="batch">The number of the batch.</param>
    /// <param name="tensor">Floating-point numbers, which are finite.</param>
    /// <param name="weight">The weight.</param>
    public void Add(long batch, OrtValue tensor, double weight)
    {
        var sum = Piece(batch, OrtTensors.Shape(tensor)).Sum;
        var buffer = new double[Math.Min(Block, sum.Length)];
        for (var start = 0; start < sum.Length; start += Block)
        {
            var part = buffer.AsSpan(0, Math.Min(Block, sum.Length - start));
            OrtTensors.Widen(tensor, start, part);
            if (IsOfMoments)
                Moments.Weigh(part, start, sum.Length, weight);
            else if (weight != 1)
                TensorPrimitives.Multiply(part, weight, part);
            if (kind == JoinKind.Squares)
                TensorPrimitives.Multiply(part, part, part);
            sum.Add(start, part);
        }
    }

    /// <summary>Ends a batch to which nothing is added any more.</summary>
    public void End(long batch)
    {
        if (kind != JoinKind.Errors || batch == Ended || !_pieces.Remove(batch, out var piece))
            return;
        var squares = Moments.Squares(piece.Sum.Round(ends: true).ToDoubles());
        var sum = Piece(Ended, piece.Shape[1..]).Sum;
        for (var start = 0; start < squares.Length; start += Block)
            sum.Add(start, squares[start..Math.Min(start + Block, squares.Length)]);
    }

    /// <summary>The most bytes that the next numbers of a batch need beside what is there.</summary>
    /// <param name="batch">The number of the batch.</param>
    /// <param name="tensor">The numbers.</param>
    /// <param name="weight">Their weight.</param>
    public long Growth(long batch, OrtValue tensor, double weight)
    {
        var piece = _pieces.GetValueOrDefault(Key(batch));
        if (piece?.Sum.Parts.Count > 2)
            return 0;
        var element = tensor.GetTensorTypeAndShape().ElementDataType;
        // A second term widens the first, and leaves a rounding error.
        var bytes =
            piece is null && weight == 1 && element != TensorElementType.Double ? sizeof(float)
            : piece is { Sum.IsSingle: true } ? 2 * sizeof(double)
            : sizeof(double);
        return bytes * NpyArray.CountOf(OrtTensors.Shape(tensor));
    }

    /// <summary>Whether numbers of a shape can be added to a piece.</summary>
    public bool Takes(long batch, long[] shape) => !_pieces.TryGetValue(batch, out var piece) || piece.Shape.SequenceEqual(shape);

    /// <summary>Adds numbers that are part of the sums already, as another process left them.</summary>
    /// <param name="batch">The number of the piece.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="values">The numbers.</param>
    public void Restore(long batch, long[] shape, RealArray values) => Piece(batch, shape).Sum.Add(values);

    /// <summary>The whole and its shape.</summary>
    /// <param name="name">The output, for messages.</param>
    /// <param name="ends">Whether nothing is added any more, so that the whole may take the memory of its pieces.</param>
    public (RealArray Values, long[] Shape) Finish(string name, bool ends = false)
    {
        foreach (var batch in _pieces.Keys.ToArray())
            End(batch);
        var (values, shape) = kind is JoinKind.PerSample or JoinKind.PerSampleErrors ? InSequence(ends) : Sum(ends);
        if (kind is JoinKind.Squares or JoinKind.Errors or JoinKind.PerSampleErrors)
        {
            var squares = values.ToDoubles();
            TensorPrimitives.Sqrt(squares, squares);
            values = squares;
        }
        if (!values.AreFinite())
            throw new UserErrorException(
                $"The sum of '{name}' over batches is beyond the range of float64; give --reduction mean, or scale the loss."
            );
        return (values, shape);
    }

    /// <summary>The part that the first batch alone adds to the whole.</summary>
    public double[] OfFirst() => _pieces[0].Sum.Round().ToDoubles();

    private bool IsOfMoments => kind is JoinKind.Errors or JoinKind.PerSampleErrors;

    /// <summary>The sum of all pieces.</summary>
    private (RealArray Values, long[] Shape) Sum(bool ends)
    {
        var first = _pieces.Values.First();
        var sum = _pieces.Count == 1 ? first.Sum : ExactSum.Of(_pieces.Values.Select(piece => piece.Sum));
        return (sum.Round(ends), first.Shape);
    }

    /// <summary>All pieces, one after the other.</summary>
    private (RealArray Values, long[] Shape) InSequence(bool ends)
    {
        var shape = ShapeOf(_pieces.Values.First());
        long[] whole = [_pieces.Values.Sum(piece => ShapeOf(piece)[0]), .. shape[1..]];
        if (_pieces.Count == 1 && !IsOfMoments)
            return (_pieces.Values.First().Sum.Round(ends), whole);
        var (values, at) = (new double[NpyArray.CountOf(whole)], 0);
        foreach (var piece in _pieces.Values)
        {
            var numbers = piece.Sum.Round(ends).ToDoubles();
            var own = IsOfMoments ? Moments.Squares(numbers) : numbers;
            own.CopyTo(values.AsSpan(at));
            at += own.Length;
        }
        return (values, whole);

        long[] ShapeOf(JoinedPiece piece) => IsOfMoments ? piece.Shape[1..] : piece.Shape;
    }

    private long Key(long batch) =>
        kind is JoinKind.PerSample || IsOfMoments ? batch
        : firstSeparate ? Math.Min(batch, 1)
        : 0;

    private JoinedPiece Piece(long batch, long[] shape)
    {
        if (!_pieces.TryGetValue(Key(batch), out var piece))
            _pieces[Key(batch)] = piece = new JoinedPiece(shape, new ExactSum(checked((int)NpyArray.CountOf(shape))));
        return piece;
    }
}

/// <summary>A piece of an output.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Sum">Its numbers.</param>
internal sealed record JoinedPiece(long[] Shape, ExactSum Sum);
