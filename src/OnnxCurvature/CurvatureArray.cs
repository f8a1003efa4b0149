using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature;

/// <summary>An array of data for an input of a model, row-major; immutable.</summary>
public sealed class CurvatureArray
{
    private CurvatureArray(DataSource source) => Source = source;

    /// <summary>Where the elements are.</summary>
    internal DataSource Source { get; }

    /// <summary>An array of the given elements, which are copied.</summary>
    /// <typeparam name="T">float, double, Half, bool, or an integer of 8 to 64 bits.</typeparam>
    /// <param name="elements">The elements, row-major.</param>
    /// <param name="shape">The sizes, outermost first; none for a scalar.</param>
    /// <exception cref="ArgumentException">The elements do not fill the shape, or the type is none of these.</exception>
    public static CurvatureArray Of<T>(ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged => new(DataSource.Of(new NpyArray(ElementOf<T>(), shape.ToArray(), MemoryMarshal.AsBytes(elements).ToArray())));

    /// <summary>An array of the elements of a tensor, which are copied.</summary>
    /// <exception cref="ArgumentException">The type of its elements is none that <see cref="Of{T}(ReadOnlySpan{T}, ReadOnlySpan{long})"/>
    /// takes.</exception>
    public static CurvatureArray Of<T>(Tensor<T> tensor)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var elements = new T[checked((int)tensor.FlattenedLength)];
        tensor.FlattenTo(elements);
        return Of<T>(elements, [.. tensor.Lengths.ToArray().Select(length => (long)length)]);
    }

    /// <summary>
    /// The array of a file that <c>--data</c> of the tool takes, or of several one after the other; batches are read as they are needed.
    /// </summary>
    /// <param name="patterns">Names of files, or patterns with <c>*</c> and <c>?</c>, whose files come in natural order.</param>
    /// <exception cref="UserErrorException">A file is not there or holds no array.</exception>
    public static CurvatureArray FromFile(params IReadOnlyList<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        foreach (var pattern in patterns)
            ArgumentNullException.ThrowIfNull(pattern);
        return new(LibraryTerms.Translate(() => DataSource.Open(patterns)));
    }

    private static ElementType ElementOf<T>() =>
        default(T) switch
        {
            float => ElementType.Float32,
            double => ElementType.Float64,
            Half => ElementType.Float16,
            bool => ElementType.Bool,
            sbyte => ElementType.Int8,
            short => ElementType.Int16,
            int => ElementType.Int32,
            long => ElementType.Int64,
            byte => ElementType.UInt8,
            ushort => ElementType.UInt16,
            uint => ElementType.UInt32,
            ulong => ElementType.UInt64,
            _ => throw new ArgumentException($"Arrays of {typeof(T).Name} are no data of a model; give floats, integers or booleans."),
        };
}
