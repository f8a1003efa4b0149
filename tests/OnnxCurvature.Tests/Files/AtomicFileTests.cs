using OnnxCurvature.Files;
using Xunit;

namespace OnnxCurvature.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_replaced_when_its_contents_are_complete()
    {
        var path = _folder.Holding("a.txt", [1, 2, 3]);
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write([4, 5]);
                Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
            }
        );
        Assert.Equal([4, 5], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        var path = _folder.Holding("a.txt", [1]);
        Assert.Throws<InvalidOperationException>(() =>
            AtomicFile.Write(
                path,
                stream =>
                {
                    stream.Write([2]);
                    throw new InvalidOperationException();
                }
            )
        );
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_symbolic_link_keeps_its_place()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege on Windows.");
        var path = _folder.Holding("a.txt", [1]);
        File.CreateSymbolicLink(_folder.File("link.txt"), path);
        AtomicFile.Write(_folder.File("link.txt"), stream => stream.Write([2]));
        Assert.Equal([2], File.ReadAllBytes(path));
        Assert.NotNull(new FileInfo(_folder.File("link.txt")).LinkTarget);
    }

    [Fact]
    public void A_device_is_written_to_and_stays()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no /dev.");
        AtomicFile.Write("/dev/null", stream => stream.Write([1]));
        Assert.Equal(0, new FileInfo("/dev/null").Length);
    }

    [Fact]
    public void A_missing_folder_and_a_folder_in_the_place_of_a_file_are_user_errors()
    {
        Assert.Contains(
            "does not exist",
            Assert.Throws<UserErrorException>(() => AtomicFile.Write(_folder.File("none/a.txt"), _ => { })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is a folder",
            Assert.Throws<UserErrorException>(() => AtomicFile.Write(_folder.Path, _ => { })).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("none/", "is a folder")]
    [InlineData("a.txt/b", "is a file and no folder")]
    [InlineData("/dev/stdout", "receives what the command says")]
    public void A_path_where_no_file_can_be_is_refused(string path, string reason)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no /dev.");
        _folder.Holding("a.txt", [1]);
        var full = path is "" or "/dev/stdout" ? path : $"{_folder.Path}/{path}";
        Assert.Contains(reason, Refused(full), StringComparison.Ordinal);
        Assert.Equal([_folder.File("a.txt")], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Links_that_lead_in_a_circle_are_refused_and_stay()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege on Windows.");
        File.CreateSymbolicLink(_folder.File("a"), _folder.File("b"));
        File.CreateSymbolicLink(_folder.File("b"), _folder.File("a"));
        Assert.Contains("lead in a circle", Refused(_folder.File("a")), StringComparison.Ordinal);
        Assert.Contains("lead in a circle", Refused(_folder.File("a/c.txt")), StringComparison.Ordinal);
        Assert.NotNull(new FileInfo(_folder.File("a")).LinkTarget);
    }

    [Fact]
    public void A_read_only_file_is_not_replaced()
    {
        var path = _folder.Holding("a.txt", [1]);
        File.SetAttributes(path, FileAttributes.ReadOnly);
        Assert.Contains("is read-only", Refused(path), StringComparison.Ordinal);
        File.SetAttributes(path, FileAttributes.Normal);
        Assert.Equal([1], File.ReadAllBytes(path));
    }

    [Fact]
    public void A_name_as_long_as_the_file_system_takes_is_written_and_a_longer_one_refused()
    {
        var path = _folder.File(new string('n', 255));
        AtomicFile.Write(path, stream => stream.Write([1]));
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Contains("at most 255 bytes", Refused(path + "n"), StringComparison.Ordinal);
    }

    private static string Refused(string path) =>
        Assert.Throws<UserErrorException>(() => AtomicFile.Write(path, stream => stream.Write([2]))).Message;
}
