using OnnxCurvature.Files;
using Xunit;

namespace OnnxCurvature.Tests.Files;

/// <summary>Partial files of processes that were killed go away; those that are still written stay.</summary>
public sealed class PartialFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_partial_file_that_nobody_writes_is_removed_by_the_next_write()
    {
        _folder.Holding(".a.npz.0123456789abcdef0123456789abcdef.partial", [1, 2, 3]);
        AtomicFile.Write(_folder.File("a.npz"), stream => stream.Write([4]));
        Assert.Equal([_folder.File("a.npz")], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_partial_file_of_another_target_stays()
    {
        var other = _folder.Holding(".b.npz.0123456789abcdef0123456789abcdef.partial", [1, 2, 3]);
        AtomicFile.Write(_folder.File("a.npz"), stream => stream.Write([4]));
        Assert.True(File.Exists(other));
    }

    [Fact]
    public void Two_writers_of_one_file_do_not_disturb_each_other_and_the_last_one_wins()
    {
        var path = _folder.File("a.npz");
        AtomicFile.Write(
            path,
            outer =>
            {
                outer.Write([1]);
                AtomicFile.Write(path, inner => inner.Write([2]));
                Assert.Equal([2], File.ReadAllBytes(path));
            }
        );
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }
}
