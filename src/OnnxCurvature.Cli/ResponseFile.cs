namespace OnnxCurvature.Cli;

/// <summary>Files of arguments: <c>@options.rsp</c> stands for what the file holds.</summary>
internal sealed class ResponseFile
{
    /// <summary>The most files of a command, since one that names itself would be read without end.</summary>
    private const int Most = 100;

    /// <summary>The most characters of a file; a device has lines without end.</summary>
    private const int MostCharacters = 1 << 20;

    private int _files;

    /// <summary>Why a file of arguments was not taken; null where all were.</summary>
    public string? Error { get; private set; }

    /// <summary>The first name after a '@' that is no file's; null where there was none. It may be meant as it stands.</summary>
    public string? Missing { get; private set; }

    /// <summary>
    /// The arguments of a file: each line is one, or an option and its values, separated by blanks. Empty lines and lines that begin with
    /// '#' are left out; quotes keep blanks together. A name that begins with '@' is no file of arguments where there is no such file.
    /// </summary>
    public bool Replace(string token, out IReadOnlyList<string>? replacement, out string? error)
    {
        (replacement, error) = (null, null);
        if (!File.Exists(token))
        {
            Missing ??= token;
            return false;
        }
        if (++_files > Most)
        {
            Error = error = $"More than {Most} files of arguments were read, '{token}' among them; let none of them name itself.";
            return false;
        }
        try
        {
            replacement =
            [
                .. Contents(token)
                    .Split('\n')
                    .Select(line => line.Trim())
                    .Where(line => line.Length > 0 && !line.StartsWith('#'))
                    .SelectMany(line => Words(line)),
            ];
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Error = error = $"The file of arguments '{token}' cannot be read ({exception.Message.TrimEnd('.')}); check the path.";
            return false;
        }
    }

    /// <summary>The text of a file. Throws <see cref="IOException"/> for one that is too long.</summary>
    private static string Contents(string path)
    {
        using var reader = File.OpenText(path);
        var text = new char[MostCharacters + 1];
        var count = reader.ReadBlock(text);
        return count <= MostCharacters ? new string(text, 0, count) : throw new IOException("It has more than a million characters");
    }

    /// <summary>The words of a line; single and double quotes keep blanks together and fall away.</summary>
    private static IEnumerable<string> Words(string line)
    {
        var word = new System.Text.StringBuilder();
        var isWord = false;
        char? quote = null;
        foreach (var sign in line)
            if (quote == sign || quote is null && (sign is '\'' or '"'))
            {
                quote = quote is null ? sign : null;
                isWord = true;
            }
            else if (quote is null && char.IsWhiteSpace(sign))
            {
                if (isWord)
                    yield return word.ToString();
                word.Clear();
                isWord = false;
            }
            else
            {
                word.Append(sign);
                isWord = true;
            }
        if (isWord)
            yield return word.ToString();
    }
}
