using System.Text;

namespace OnnxCurvature.Files;

/// <summary>Files of text in UTF-8, whole or not there.</summary>
internal static class TextFile
{
    /// <summary>Writes a file. Throws <see cref="UserErrorException"/> where that is not possible.</summary>
    public static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
