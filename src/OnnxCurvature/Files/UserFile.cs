namespace OnnxCurvature.Files;

/// <summary>Opens files that the user named.</summary>
internal static class UserFile
{
    /// <summary>Opens a file for reading. Throws <see cref="UserErrorException"/> where it is not there or cannot be read.</summary>
    public static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"There is no file '{path}'; check the path.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserErrorException(
                Directory.Exists(path)
                    ? $"'{path}' is a folder, and a file is needed; name a file in it."
                    : $"'{path}' may not be read; check the permissions of the file and of its folder."
            );
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            throw new UserErrorException($"'{path}' cannot be read ({OneLine(exception)}); check the path.");
        }
    }

    /// <summary>What the system says of an error, as part of a sentence.</summary>
    public static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
