namespace OnnxCurvature.Files;

/// <summary>Folders that results are written to.</summary>
internal static class OutputFolder
{
    /// <summary>Makes a folder where there is none. Throws <see cref="UserErrorException"/> where that is not possible.</summary>
    public static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException($"The folder '{path}' cannot be made: {exception.Message.TrimEnd('.')}; name another one.");
        }
    }
}
