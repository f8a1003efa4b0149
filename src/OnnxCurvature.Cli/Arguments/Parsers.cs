using System.Collections.Immutable;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>
/// Parsers of options' values. Each reports a value that cannot be taken in one sentence that names the option, the value, and
/// what to give instead.
/// </summary>
internal static class Parsers
{
    /// <summary>The names of quantities in other programs.</summary>
    private static readonly Dictionary<string, string> QuantitiesElsewhere = new()
    {
        ["grad"] = Quantity.Gradient.Name(),
        ["gradients"] = Quantity.Gradient.Name(),
        ["hessiandiag"] = Quantity.HessianDiagonal.Name(),
        ["diaghessian"] = Quantity.HessianDiagonal.Name(),
        ["diagh"] = Quantity.HessianDiagonal.Name(),
        ["hdiag"] = Quantity.HessianDiagonal.Name(),
        ["gaussnewton"] = Quantity.GgnDiagonal.Name(),
        ["gaussnewtondiagonal"] = Quantity.GgnDiagonal.Name(),
        ["diagggn"] = Quantity.GgnDiagonal.Name(),
        ["diagggnexact"] = Quantity.GgnDiagonal.Name(),
        ["fisher"] = Quantity.FisherDiagonal.Name(),
        ["batchgrad"] = Quantity.PerSampleGradient.Name(),
        ["persamplegrad"] = Quantity.PerSampleGradient.Name(),
        ["hessianvectorproduct"] = Quantity.Hvp.Name(),
    };

    /// <summary>An integer of at least <paramref name="least"/>.</summary>
    public static Func<ArgumentResult, int?> Integer(string option, int least, int most = int.MaxValue) =>
        result =>
            int.TryParse(Text(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
                ? number
                : Fail<int?>(result, $"{option} '{Text(result)}' cannot be taken; give an integer{Range(least, most, Text(result))}.");

    /// <summary>The range, of whose largest integer only one that is larger makes anybody ask.</summary>
    private static string Range(int least, int most, string given) =>
        (least, most) switch
        {
            (_, int.MaxValue) when IsInteger(given, out var number) && number > most => $" of at most {most}",
            (int.MinValue, int.MaxValue) => "",
            (_, int.MaxValue) => $" of at least {least}",
            _ => $" from {least} to {most}",
        };

    private static bool IsInteger(string text, out BigInteger number) =>
        BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>A finite number.</summary>
    public static Func<ArgumentResult, double?> Number(string option) =>
        result =>
            double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? number
                : Fail<double?>(result, $"{option} '{Text(result)}' cannot be taken; give a number.");

    /// <summary>A number above 0.</summary>
    public static Func<ArgumentResult, double?> Positive(string option) =>
        result =>
            double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number > 0
            && double.IsFinite(number)
                ? number
                : Fail<double?>(result, $"{option} '{Text(result)}' cannot be taken; give a number above 0.");

    /// <summary>A share: a number between 0 and 1.</summary>
    public static Func<ArgumentResult, double?> Share(string option) =>
        result =>
            double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1
                ? number
                : Fail<double?>(result, $"{option} '{Text(result)}' cannot be taken; give a number above 0 and below 1.");

    /// <summary>A size in bytes.</summary>
    public static Func<ArgumentResult, long> Size(string option) =>
        result =>
            ByteSize.Parse(Text(result))
            ?? Fail<long>(result, $"{option} '{Text(result)}' is no size; give a number with a unit, for instance 512M, 2G or 4GiB.");

    /// <summary>One of some words.</summary>
    public static Func<ArgumentResult, string?> Word(string option, params string[] words) =>
        result =>
            words.Contains(Text(result))
                ? Text(result)
                : Fail<string>(result, $"{option} '{Text(result)}' is unknown; give {string.Join(" or ", words)}.");

    /// <summary>A loss.</summary>
    public static LossRequest? Loss(ArgumentResult result)
    {
        try
        {
            return LossRequest.Parse(Text(result));
        }
        catch (UserErrorException exception)
        {
            return Fail<LossRequest>(result, exception.Message);
        }
    }

    /// <summary>Quantities, separated by commas.</summary>
    public static ImmutableArray<Quantity> QuantityList(ArgumentResult result)
    {
        Quantity[] known = [.. Quantities.All];
        var found = new List<Quantity>();
        foreach (
            var name in result.Tokens.SelectMany(token =>
                token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            )
        )
        {
            var at = Array.FindIndex(known, quantity => quantity.Name() == name);
            if (at < 0)
                return Fail<ImmutableArray<Quantity>>(
                    result,
                    $"--quantity '{name}' is unknown; {Suggestions.Among(name, [.. known.Select(Quantities.Name)], QuantitiesElsewhere)}."
                );
            found.Add(known[at]);
        }
        return found.Count > 0
            ? [.. found.Distinct()]
            : Fail<ImmutableArray<Quantity>>(
                result,
                $"--quantity names nothing; give one or more of {string.Join(", ", known.Select(Quantities.Name))}, separated by commas."
            );
    }

    /// <summary>Sizes of symbolic dimensions.</summary>
    public static ImmutableDictionary<string, long>? Dimensions(ArgumentResult result)
    {
        var dimensions = ImmutableDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.LastIndexOf('=');
            if (
                equals <= 0
                || !long.TryParse(token.Value.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                || size < 1
            )
                return Fail<ImmutableDictionary<string, long>>(
                    result,
                    $"--dim '{token.Value}' is no NAME=SIZE; give a dimension's name and an integer of at least 1, for instance N=8."
                );
            if (dimensions.TryGetValue(token.Value[..equals], out var other) && other != size)
                return Fail<ImmutableDictionary<string, long>>(
                    result,
                    $"--dim gives '{token.Value[..equals]}' the sizes {other} and {size}; give one."
                );
            dimensions[token.Value[..equals]] = size;
        }
        return dimensions.ToImmutable();
    }

    /// <summary>Limits as they are written.</summary>
    public static string Limits(WorkLimits limits) =>
        string.Create(CultureInfo.InvariantCulture, $"nodes={limits.Nodes} bytes={limits.Bytes} steps={limits.Steps}");

    /// <summary>Limits of loading; those that are not named keep their defaults.</summary>
    public static WorkLimits? LoadLimit(ArgumentResult result)
    {
        var limits = new WorkLimits();
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.IndexOf('=', StringComparison.Ordinal);
            var number = equals < 0 ? null : ByteSize.Parse(token.Value[(equals + 1)..]);
            if (number is not { } limit || token.Value[..equals] is not ("nodes" or "bytes" or "steps"))
                return Fail<WorkLimits>(
                    result,
                    $"--load-limit '{token.Value}' is no WHAT=NUMBER; give nodes, bytes or steps and a number of at least 1, for "
                        + $"instance nodes=1000000."
                );
            limits = token.Value[..equals] switch
            {
                "nodes" => limits with { Nodes = limit },
                "bytes" => limits with { Bytes = limit },
                _ => limits with { Steps = limit },
            };
        }
        return limits;
    }

    /// <summary>Axes of inputs along which samples lie.</summary>
    public static ImmutableDictionary<string, int?>? SampleAxes(ArgumentResult result)
    {
        var axes = ImmutableDictionary.CreateBuilder<string, int?>(StringComparer.Ordinal);
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.LastIndexOf('=');
            var text = token.Value[(equals + 1)..];
            int? axis = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
            if (equals <= 0 || axis is null && text != "none")
                return Fail<ImmutableDictionary<string, int?>>(
                    result,
                    $"--samples-axis '{token.Value}' is no INPUT=AXIS; give an input's name and an axis or 'none', for instance x=1."
                );
            if (!axes.TryAdd(token.Value[..equals], axis))
                return Fail<ImmutableDictionary<string, int?>>(
                    result,
                    $"--samples-axis gives '{token.Value[..equals]}' twice; give one axis for each input."
                );
        }
        return axes.ToImmutable();
    }

    /// <summary>Files for inputs.</summary>
    /// <param name="option">The option.</param>
    /// <param name="example">An example of a value.</param>
    /// <param name="joins">Whether an input may have several files, which follow its first one or name it again.</param>
    public static Func<ArgumentResult, ImmutableArray<DataArgument>> Files(string option, string example, bool joins) =>
        result =>
        {
            var data = new List<DataArgument>();
            foreach (var token in result.Tokens)
            {
                DataArgument[] readings = [.. DataArgument.Readings(token.Value)];
                if (joins && data.Count > 0 && !token.Value.Contains('='))
                {
                    data[^1] = data[^1] with { Patterns = data[^1].Patterns.Add(token.Value) };
                    continue;
                }
                if (readings.Length == 0)
                    return Fail<ImmutableArray<DataArgument>>(
                        result,
                        $"{option} '{token.Value}' is no INPUT=FILE; give an input's name and a file, for instance {example}."
                    );
                if (readings.Length > 1)
                    return Fail<ImmutableArray<DataArgument>>(
                        result,
                        $"{option} '{token.Value}' can be read in two ways, since there are both '{readings[0].Patterns[0]}' and "
                            + $"'{readings[1].Patterns[0]}'; rename one of them."
                    );
                var argument = readings[0];
                var before = data.FindIndex(other => other.Input == argument.Input);
                if (before >= 0 && joins)
                {
                    data[before] = data[before] with { Patterns = data[before].Patterns.AddRange(argument.Patterns) };
                    continue;
                }
                if (before >= 0)
                    return Fail<ImmutableArray<DataArgument>>(
                        result,
                        $"{option} gives '{argument.Input}' twice; give one file for each input."
                    );
                data.Add(argument);
            }
            return [.. data];
        };

    /// <summary>New names of outputs.</summary>
    public static ImmutableDictionary<string, string>? Names(ArgumentResult result)
    {
        var names = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.LastIndexOf('=');
            if (equals <= 0 || equals == token.Value.Length - 1)
                return Fail<ImmutableDictionary<string, string>>(
                    result,
                    $"--rename '{token.Value}' is no RESULT=NAME; give the name of an output and a new one, for instance loss=energy."
                );
            if (!names.TryAdd(token.Value[..equals], token.Value[(equals + 1)..]))
                return Fail<ImmutableDictionary<string, string>>(result, $"--rename gives '{token.Value[..equals]}' two names; give one.");
        }
        return names.ToImmutable();
    }

    private static string Text(ArgumentResult result) => result.Tokens[^1].Value;

    private static T? Fail<T>(ArgumentResult result, string sentence)
    {
        result.AddError(sentence);
        return default;
    }
}
