using System.Collections.Immutable;
using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The data of a run, and how they are cut into batches.</summary>
internal sealed class DataArguments() : OptionGroup("Data")
{
    public Option<ImmutableArray<DataArgument>> Data { get; } =
        new("--data")
        {
            HelpName = "INPUT=FILE...",
            Description =
                "The files of each input. Files are .npy, FILE.npz:ARRAY or TensorProto .pb, samples along the first axis; several files, "
                + "a folder and signs such as 'part-*.npy' are joined in natural order. Inputs of shapes, axes and counts "
                + "are taken as constant. The loss's target is the input 'labels' of cross-entropy, and 'target' of other losses. hvp and "
                + "jvp take 'NAME.direction' of the shape of --wrt NAME, and vjp takes 'NAME.cotangent' of the shape of the loss's value.",
            CustomParser = Parsers.Files("--data", "image=image.npy", joins: true),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<int?> BatchSize { get; } =
        new("--batch-size")
        {
            HelpName = "N",
            Description =
                "Samples in one batch [default: the model's own fixed batch; else 32 where batches are proven to give what all samples "
                + "at once give, and all samples where they are not].",
            CustomParser = Parsers.Integer("--batch-size", 1),
        };

    public Option<bool> AsBlocks { get; } =
        new("--as-blocks")
        {
            Description =
                "Cut into batches also where that changes results. Where batches are not proven to give what all samples at once give, "
                + "results are those of blocks, put together [default: off].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Data, BatchSize, AsBlocks];

    /// <summary>The files of --data.</summary>
    public ImmutableArray<DataArgument> FilesOf(ParseResult parsed) => parsed.GetResult(Data) is null ? [] : parsed.GetValue(Data);
}
