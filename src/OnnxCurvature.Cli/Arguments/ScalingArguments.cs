using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The numbers that integers of data stand for, such as the bytes of images: x = (scale · u − mean) / std.</summary>
internal sealed class ScalingArguments() : OptionGroup("Scaling of data")
{
    public Option<ImmutableArray<ScalingArgument>> Scale { get; } =
        Create(
            "--scale",
            "Multiply data by a number, such as 1/255. It is of the inputs whose files hold uint8, but for labels and target, or of "
                + "the INPUT that it names; the input is then given float32 [default: data are taken as they are]."
        );

    public Option<ImmutableArray<ScalingArgument>> Mean { get; } =
        Create(
            "--mean",
            "Subtract numbers after --scale. One is of all channels, several are of the channels along the second axis, or else along "
                + "the last [default: 0]."
        );

    public Option<ImmutableArray<ScalingArgument>> Std { get; } =
        Create("--std", "Divide by numbers after --mean. One is of all channels, several are of one each [default: 1].");

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Scale, Mean, Std];

    /// <summary>The data as they are scaled. Throws <see cref="UserErrorException"/> for a name of no data.</summary>
    public IReadOnlyDictionary<string, DataSource> Of(ParseResult parsed, IReadOnlyDictionary<string, DataSource> data)
    {
        var (scales, means, deviations) = (Given(parsed, Scale), Given(parsed, Mean), Given(parsed, Std));
        ScalingArgument[] all = [.. scales, .. means, .. deviations];
        foreach (var named in all.Where(argument => argument.Input is { } input && !data.ContainsKey(input)))
            throw new UserErrorException(
                $"--scale, --mean or --std names '{named.Input}', and --data gives "
                    + $"{string.Join(", ", data.Keys.Select(name => $"'{name}'"))}; name one of these."
            );
        string[] scaled = [.. data.Keys.Where(name => all.Any(argument => argument.IsOf(name, data[name])))];
        if (all.Length > 0 && scaled.Length == 0)
            throw new UserErrorException(
                "--scale, --mean and --std are of files that hold uint8, and none does; name the input, as in x=1/255."
            );
        return data.ToDictionary(
            entry => entry.Key,
            entry =>
                scaled.Contains(entry.Key)
                    ? entry.Value.With(
                        new Scaling
                        {
                            Scale = Numbers(scales, entry) is [var factor] ? factor : 1,
                            Mean = Numbers(means, entry),
                            Std = Numbers(deviations, entry),
                        }
                    )
                    : entry.Value,
            StringComparer.Ordinal
        );
    }

    private static ImmutableArray<double> Numbers(ImmutableArray<ScalingArgument> arguments, KeyValuePair<string, DataSource> entry) =>
        arguments
            .Where(argument => argument.IsOf(entry.Key, entry.Value))
            // One that names the input goes before one that does not.
            .OrderBy(argument => argument.Input is null)
            .Select(argument => argument.Numbers)
            .FirstOrDefault([]);

    private static ImmutableArray<ScalingArgument> Given(ParseResult parsed, Option<ImmutableArray<ScalingArgument>> option) =>
        parsed.GetResult(option) is null ? [] : parsed.GetValue(option);

    private static Option<ImmutableArray<ScalingArgument>> Create(string name, string description) =>
        new(name)
        {
            HelpName = "[INPUT=]NUMBERS",
            Description = description,
            CustomParser = result => Parse(name, result),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    private static ImmutableArray<ScalingArgument> Parse(string option, ArgumentResult result)
    {
        var arguments = ImmutableArray.CreateBuilder<ScalingArgument>();
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.LastIndexOf('=');
            var numbers = token.Value[(equals + 1)..].Split(',').Select(Number).ToArray();
            var isTaken = equals != 0 && numbers.All(number => number is { } known && (option == "--mean" || known > 0));
            if (!isTaken || option == "--scale" && numbers.Length > 1)
            {
                var sign = option == "--mean" ? "" : " above 0";
                result.AddError(
                    $"{option} '{token.Value}' cannot be taken; give {(option == "--scale" ? "a number" : "numbers")}{sign}, for instance "
                        + $"{(option == "--scale" ? "1/255" : "0.485,0.456,0.406")}, or of one input, as in x=1/255."
                );
                return [];
            }
            arguments.Add(new ScalingArgument(equals < 0 ? null : token.Value[..equals], [.. numbers.Select(number => number!.Value)]));
        }
        return arguments.ToImmutable();
    }

    /// <summary>A number, or a fraction of two.</summary>
    private static double? Number(string text)
    {
        var parts = text.Split('/');
        var numbers = new double[parts.Length];
        foreach (var (index, part) in parts.Index())
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[index]))
                return null;
        var number = numbers switch
        {
            [var whole] => whole,
            [var upper, var lower] => upper / lower,
            _ => double.NaN,
        };
        return double.IsFinite(number) ? number : null;
    }
}

/// <summary>Numbers of one option of scaling.</summary>
/// <param name="Input">The input that they are of; null for all that hold uint8.</param>
/// <param name="Numbers">The numbers.</param>
internal sealed record ScalingArgument(string? Input, ImmutableArray<double> Numbers)
{
    /// <summary>Whether the numbers are of an input.</summary>
    public bool IsOf(string input, DataSource source) =>
        Input == input || Input is null && source.HoldsBytes && input is not ("labels" or "target");
}
