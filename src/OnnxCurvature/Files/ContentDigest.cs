using System.IO.Hashing;

namespace OnnxCurvature.Files;

/// <summary>
/// Digests by which contents are known to be the same: XXH128, as <c>xxhsum -H2</c> prints it. It is as fast as memory, so that data sets
/// can be digested beside a run; it guards against mistakes, and not against forgery.
/// </summary>
internal sealed class ContentDigest
{
    private const int BufferBytes = 1 << 20;

    private readonly XxHash128 _hash = new();

    /// <summary>The digest of a file. Throws <see cref="UserErrorException"/> where it cannot be read.</summary>
    public static string Of(string path)
    {
        var digest = new ContentDigest();
        digest.AddFile(path);
        return digest.ToString();
    }

    /// <summary>The digest of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var digest = new ContentDigest();
        digest.Add(bytes);
        return digest.ToString();
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

    /// <summary>Adds the bytes of a file. Throws <see cref="UserErrorException"/> where it cannot be read.</summary>
    public void AddFile(string path)
    {
        using var file = UserFile.OpenRead(path);
        var buffer = new byte[BufferBytes];
        int count;
        while ((count = file.Read(buffer)) > 0)
            _hash.Append(buffer.AsSpan(0, count));
    }

    /// <summary>The digest of what was added, with the name of its function.</summary>
    public override string ToString() => $"xxh128:{Convert.ToHexStringLower(_hash.GetCurrentHash())}";
}
