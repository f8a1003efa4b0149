using System.Buffers.Binary;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using Xunit;

namespace OnnxCurvature.Tests.Files;

public sealed class NpyReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void Every_format_version_is_read(byte version)
    {
        var array = Read(NpyBytes.Of(version, "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", 1, 0, 2, 1));
        Assert.Equal(ElementType.Int16, array.Element);
        Assert.Equal([2L], array.Shape);
        Assert.Equal([1L, 258L], array.ToInt64s());
    }

    [Theory]
    [InlineData("<f2", ElementType.Float16, new byte[] { 0x00, 0xC0 }, -2.0)]
    [InlineData(">f2", ElementType.Float16, new byte[] { 0xC0, 0x00 }, -2.0)]
    [InlineData("<f4", ElementType.Float32, new byte[] { 0, 0, 0xC0, 0x3F }, 1.5)]
    [InlineData(">f4", ElementType.Float32, new byte[] { 0x3F, 0xC0, 0, 0 }, 1.5)]
    [InlineData("<f8", ElementType.Float64, new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0x3F }, 1.5)]
    [InlineData(">f8", ElementType.Float64, new byte[] { 0x3F, 0xF8, 0, 0, 0, 0, 0, 0 }, 1.5)]
    [InlineData("|i1", ElementType.Int8, new byte[] { 0xFF }, -1.0)]
    [InlineData(">i2", ElementType.Int16, new byte[] { 0xFF, 0xFE }, -2.0)]
    [InlineData("<i4", ElementType.Int32, new byte[] { 0, 1, 0, 0 }, 256.0)]
    [InlineData(">i8", ElementType.Int64, new byte[] { 0, 0, 0, 0, 0, 0, 1, 0 }, 256.0)]
    [InlineData("|u1", ElementType.UInt8, new byte[] { 0xFF }, 255.0)]
    [InlineData("<u2", ElementType.UInt16, new byte[] { 0xFF, 0xFF }, 65535.0)]
    [InlineData(">u4", ElementType.UInt32, new byte[] { 0xFF, 0, 0, 0 }, 4278190080.0)]
    [InlineData("<u8", ElementType.UInt64, new byte[] { 7, 0, 0, 0, 0, 0, 0, 0 }, 7.0)]
    [InlineData("|b1", ElementType.Bool, new byte[] { 3 }, 1.0)]
    [InlineData("?", ElementType.Bool, new byte[] { 0 }, 0.0)]
    public void Every_type_is_read_in_either_byte_order(string type, ElementType element, byte[] data, double value)
    {
        var array = Read(NpyBytes.Of(type, "()", fortranOrder: false, data));
        Assert.Equal(element, array.Element);
        Assert.Empty(array.Shape);
        Assert.Equal([value], array.ToDoubles());
    }

    [Fact]
    public void Column_major_arrays_become_row_major()
    {
        // [[0, 1, 2], [3, 4, 5]] and its three-dimensional kin, first axis fastest.
        Assert.Equal([0.0, 1, 2, 3, 4, 5], Read(NpyBytes.Of("|u1", "(2, 3)", fortranOrder: true, 0, 3, 1, 4, 2, 5)).ToDoubles());
        Assert.Equal(
            [0.0, 1, 2, 3, 4, 5, 6, 7],
            Read(NpyBytes.Of("|u1", "(2, 2, 2)", fortranOrder: true, 0, 4, 2, 6, 1, 5, 3, 7)).ToDoubles()
        );
    }

    [Fact]
    public void Keys_may_stand_in_any_order_and_sizes_may_be_long_integers_of_Python_2() =>
        Assert.Equal([2L, 1L], Read(NpyBytes.Of(1, "{ \"shape\":(2L,1L), \"fortran_order\" : False, \"descr\":'|u1'}", 1, 2)).Shape);

    [Fact]
    public void An_empty_array_is_read_however_large_its_other_sizes() =>
        Assert.Empty(Read(NpyBytes.Of("<f8", "(0, 9223372036854775807, 9223372036854775807)", fortranOrder: true)).Data);

    [Theory, InlineData(false), InlineData(true)]
    public void Rows_of_a_file_are_the_rows_of_the_array(bool fortranOrder)
    {
        var path = _folder.Holding(
            "a.npy",
            NpyBytes.Of("|u1", "(3, 2)", fortranOrder, fortranOrder ? [1, 3, 5, 2, 4, 6] : [1, 2, 3, 4, 5, 6])
        );
        using var reader = NpyReader.Open(path);
        var rows = reader.ReadRows(1, 3);
        Assert.Equal([2L, 2L], rows.Shape);
        Assert.Equal([3.0, 4, 5, 6], rows.ToDoubles());
        Assert.Equal([1.0, 2], reader.ReadRows(0, 1).ToDoubles());
        Assert.Equal([1.0, 2, 3, 4, 5, 6], reader.ReadAll().ToDoubles());
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadRows(2, 4));
    }

    [Theory]
    [InlineData("<f4", "(2,)", "cut off")]
    [InlineData("<f4", "(9223372036854775807, 2)", "more than any file holds")]
    [InlineData("<f8", "(4611686018427387904,)", "more than any file holds")]
    [InlineData("<f4", "(99999999999999999999,)", "cannot be understood")]
    [InlineData("<f4", "(-1,)", "cannot be understood")]
    [InlineData("<f4", "(1", "cannot be understood")]
    [InlineData("|O", "(1,)", "Python objects")]
    [InlineData("<c8", "(1,)", "'<c8'")]
    [InlineData("<U3", "(1,)", "'<U3'")]
    public void An_error_of_reading_names_the_file(string type, string shape, string reason) =>
        Refused(NpyBytes.Of(type, shape, fortranOrder: false, 0, 0, 128, 63), reason);

    [Fact]
    public void Records_are_refused() =>
        Refused(NpyBytes.Of(1, "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", 0, 0, 0, 0), "records with fields");

    [Fact]
    public void More_axes_than_numpy_has_are_refused() =>
        Refused(NpyBytes.Of("<f4", $"({string.Concat(Enumerable.Repeat("1, ", 65))})", fortranOrder: false, 0, 0, 0, 0), "65 axes");

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{'descr': '<f4', 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}")]
    [InlineData("{'fortran_order': False, 'shape': (1,), 'descr': '<f4}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1")]
    public void A_malformed_dictionary_is_refused(string dictionary) =>
        Refused(NpyBytes.Of(1, dictionary, 0, 0, 0, 0), "cannot be understood");

    [Fact]
    public void A_file_that_ends_early_is_refused_wherever_it_ends()
    {
        var whole = NpyBytes.Of("<f4", "(1,)", fortranOrder: false, 0, 0, 0, 0);
        for (var length = 0; length < whole.Length; length++)
            Refused(whole[..length], "'");
    }

    [Fact]
    public void A_header_of_absurd_length_is_refused_before_it_is_allocated()
    {
        var file = NpyBytes.Of(2, "{}");
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(8), uint.MaxValue);
        Refused(file, "4294967295 bytes");
    }

    [Fact]
    public void Other_files_and_later_versions_are_refused()
    {
        Refused([.. "PK is a ZIP archive"u8], "no .npy file");
        Refused(NpyBytes.Of(4, "{}"), "version 4.0");
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        Assert.Contains(
            "no file",
            Assert.Throws<UserErrorException>(() => NpyReader.Read(_folder.File("none.npy"))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("folder", Assert.Throws<UserErrorException>(() => NpyReader.Read(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scalar_has_no_rows()
    {
        using var reader = NpyReader.Open(_folder.Holding("a.npy", NpyBytes.Of("|u1", "()", fortranOrder: false, 1)));
        Assert.Contains("single number", Assert.Throws<UserErrorException>(() => reader.ReadRows(0, 1)).Message, StringComparison.Ordinal);
    }

    private NpyArray Read(byte[] file) => NpyReader.Read(_folder.Holding("a.npy", file));

    private void Refused(byte[] file, string reason)
    {
        var message = Assert.Throws<UserErrorException>(() => Read(file)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("a.npy", message, StringComparison.Ordinal);
    }
}
