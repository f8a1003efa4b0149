using System.IO.Compression;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using Xunit;

namespace OnnxCurvature.Tests.Files;

public sealed class NpzTests : IDisposable
{
    private static readonly NpyArray Pair = NpyArray.Of(ElementType.Float32, [2], [1, 2]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Written_members_are_read_in_order()
    {
        Write(
            "a.npz",
            npz =>
            {
                npz.Add("loss", ElementType.Float64, [], (double[])[0.5]);
                npz.Add("/conv/weight.gradient", Pair);
                npz.Add("größe", NpyArray.Of(ElementType.Int64, [1], [7]));
            }
        );
        using var reader = NpzReader.Open(_folder.File("a.npz"));
        Assert.Equal(["loss", "/conv/weight.gradient", "größe"], reader.Names);
        Assert.Equal([0.5], reader.Read("loss").ToDoubles());
        Assert.Equal([1.0, 2], reader.Read("/conv/weight.gradient").ToDoubles());
        Assert.Equal([7L], reader.Read("größe").ToInt64s());
        Assert.Contains("'loss'", Assert.Throws<UserErrorException>(() => reader.Read("los")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_arrays_give_the_same_bytes_uncompressed_and_undated()
    {
        Write("a.npz", npz => npz.Add("x", Pair));
        Write("b.npz", npz => npz.Add("x", Pair));
        Assert.Equal(File.ReadAllBytes(_folder.File("a.npz")), File.ReadAllBytes(_folder.File("b.npz")));
        using var archive = ZipFile.OpenRead(_folder.File("a.npz"));
        var entry = Assert.Single(archive.Entries);
        Assert.Equal("x.npy", entry.FullName);
        Assert.Equal(entry.Length, entry.CompressedLength);
        Assert.Equal(new DateTime(1980, 1, 1), entry.LastWriteTime.DateTime);
    }

    [Fact]
    public void A_name_is_taken_once() =>
        Write(
            "a.npz",
            npz =>
            {
                npz.Add("x", Pair);
                Assert.Throws<ArgumentException>(() => npz.Add("x", Pair));
            }
        );

    [Fact]
    public void Compressed_archives_are_read()
    {
        using (var archive = ZipFile.Open(_folder.File("a.npz"), ZipArchiveMode.Create))
        using (var member = archive.CreateEntry("zeros.npy", CompressionLevel.SmallestSize).Open())
            NpyWriter.Write(member, NpyArray.Of(ElementType.Float64, [100_000], new double[100_000]));
        using var reader = NpzReader.Open(_folder.File("a.npz"));
        Assert.Equal(100_000, reader.Read("zeros").Count);
    }

    [Fact]
    public void A_member_that_is_cut_off_is_refused_with_its_name_and_that_of_the_file()
    {
        using (var archive = ZipFile.Open(_folder.File("a.npz"), ZipArchiveMode.Create))
        using (var member = archive.CreateEntry("x.npy").Open())
            member.Write(NpyBytes.Of("<f4", "(1000000000,)", fortranOrder: false, 0, 0));
        using var reader = NpzReader.Open(_folder.File("a.npz"));
        var message = Assert.Throws<UserErrorException>(() => reader.Read("x")).Message;
        Assert.Contains("cut off", message, StringComparison.Ordinal);
        Assert.Contains("'x' of '", message, StringComparison.Ordinal);
        Assert.Contains("a.npz", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_archive_never_raises_anything_but_a_user_error()
    {
        Write("a.npz", npz => npz.Add("x", Pair));
        var whole = File.ReadAllBytes(_folder.File("a.npz"));
        for (var position = 0; position < whole.Length; position++)
            foreach (var damaged in new[] { whole[..position], [.. whole[..position], (byte)~whole[position], .. whole[(position + 1)..]] })
            {
                var path = _folder.Holding("b.npz", damaged);
                try
                {
                    using var reader = NpzReader.Open(path);
                    foreach (var name in reader.Names)
                        reader.Read(name);
                }
                catch (UserErrorException)
                {
                    continue;
                }
            }
    }

    private void Write(string name, Action<NpzWriter> add) =>
        AtomicFile.Write(
            _folder.File(name),
            stream =>
            {
                using var npz = new NpzWriter(stream);
                add(npz);
            }
        );
}
