using System.Runtime.ExceptionServices;
using System.Text.RegularExpressions;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature;

/// <summary>
/// The boundary of the library for programs: sentences name the properties of requests and options, and not the options of the command
/// line that stand for them; nor do they name files that only the library knows of.
/// </summary>
internal static partial class LibraryTerms
{
    /// <summary>The name of each option of the command line here; others keep their names without the hyphens before them.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["--wrt"] = "WithRespectTo",
        ["--data"] = "the data",
        ["--pos-weight"] = "PositiveWeights",
        ["--limit"] = "Samples",
        ["--skip-bad"] = "SkipsBad",
        ["--resume"] = "Resumes",
        ["--scale"] = "the data",
        ["--mean"] = "the data",
        ["--std"] = "the data",
        ["--dim"] = "Dimensions",
        ["--fix"] = "Fixed",
        ["--samples-axis"] = "SampleAxes",
        ["--method"] = "Estimator",
        ["--quantity"] = "Quantities",
        ["--memory"] = "MemoryBytes",
        ["--device"] = "Cuda.Device",
        ["--provider-library"] = "Cuda.ProviderLibrary",
        ["--onnxruntime"] = "OnnxRuntimePath",
        ["--load-limit"] = "LoadLimits",
        ["--no-check"] = "Check = false",
    };

    /// <summary>Does some work, whose errors speak of the library.</summary>
    public static T Translate<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UserErrorException exception) when (Of(exception.Message) is var sentence && sentence != exception.Message)
        {
            throw new UserErrorException(sentence);
        }
        catch (CallerException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }

    /// <summary>Does some work, whose errors speak of the library.</summary>
    public static void Translate(Action action) =>
        Translate(() =>
        {
            action();
            return true;
        });

    /// <summary>A result whose notes are in the terms of the library.</summary>
    public static CurvatureResult Of(CurvatureResult result) => result with { Notes = [.. result.Notes.Select(Of)] };

    /// <summary>A sentence in the terms of the library.</summary>
    public static string Of(string sentence) =>
        Option()
            .Replace(
                Files().Replace(TemporaryModel.Translate(sentence), "--data"),
                match =>
                    Names.GetValueOrDefault(match.Value) is not { } name ? Property(match.Value)
                    : match.Index == 0 ? char.ToUpperInvariant(name[0]) + name[1..]
                    : name
            );

    /// <summary><c>BatchSize</c> for <c>--batch-size</c>.</summary>
    private static string Property(string option) =>
        string.Concat(option.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>The file of an option, where a program gives arrays.</summary>
    [GeneratedRegex(@"--data \S+=FILE\.npy")]
    private static partial Regex Files();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*[a-z]")]
    private static partial Regex Option();
}
