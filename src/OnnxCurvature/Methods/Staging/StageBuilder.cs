using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Sparsity;
using OnnxCurvature.Methods.Terms;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Methods.Staging;

/// <summary>Builds one column stage for methods that share columns, in chunks that fit the memory.</summary>
internal sealed class StageBuilder(GraphBuilder builder, CostModel costs, PlanLimits limits)
{
    private const int MostColumnsAtOnce = 256;

    /// <summary>A device has no such cache, and convolutions of more columns come closer to what it can do.</summary>
    private const int MostColumnsAtOnceOnDevice = 1024;

    /// <summary>On a processor, a convolution whose output has more bytes than this writes to memory and not to a cache, and more columns at once are slower.</summary>
    private const double CacheBytes = 32 << 20;

    /// <summary>On a device, convolutions whose output has more bytes than this are taken by slower algorithms, as it was seen with cuDNN 9 on an H100.</summary>
    private const double DeviceBytes = 512 << 20;

    /// <summary>With fewer columns at once what each chunk costs by itself counts for more than the cache.</summary>
    private const int FewestColumnsAtOnce = 8;

    /// <summary>What products at open channels gather for every position they gather once for all columns.</summary>
    private const int MostGatedColumnsAtOnce = 1024;

    private double ConvolutionBytes => limits.Provider == "cpu" ? CacheBytes : DeviceBytes;

    private int FewestAtOnce => limits.Provider == "cpu" ? FewestColumnsAtOnce : 1;

    private int MostAtOnce => limits.Provider == "cpu" ? MostColumnsAtOnce : MostColumnsAtOnceOnDevice;

    /// <summary>The share of the memory that may be kept for entries of a weight that are picked once for all chunks.</summary>
    private const double ShareOfPickedWeights = 0.25;

    /// <summary>Builds the stage.</summary>
    public BuiltStage Build(IReadOnlyList<IColumnMethod> methods)
    {
        // Mostly as many columns as are ever taken at once fit, and then nothing else need be built.
        var open = Open(methods, Even(methods, MostAtOnce), gated: false);
        var gated = limits.AtOpenChannels ?? (!limits.OneRunForEachChunk && IsGated(methods, open.Stage));
        if (gated || !Fits(open))
            open = Open(methods, ChunkSize(methods, gated), gated);
        open.Stage.Close();
        return new BuiltStage(open.Stage.ChunkSize, open.Bytes, [.. open.Finish.Select(result => result())]);
    }

    /// <summary>A stage to which no more is added, and what a chunk takes.</summary>
    private OpenStage Open(IReadOnlyList<IColumnMethod> methods, int chunk, bool gated)
    {
        var (stage, finish) = Stage(methods, chunk, gated);
        var body = Finished(stage.BuildBody());
        return new OpenStage(stage, finish, body, costs.PeakBytes(body));
    }

    private bool Fits(OpenStage open) => open.Bytes <= limits.MemoryBytes
        && (open.Stage.ChunkSize <= FewestAtOnce || costs.WidestConvolution(open.Body) <= ConvolutionBytes);

    /// <summary>The body as it will run: what does not depend on the chunk is done once, before.</summary>
    private Program Finished(Program body)
    {
        var whole = Simplifier.Run(Float64Lowering.Run(body, limits.Provider));
        costs.Learn(whole);
        return whole.Dependent();
    }

    private (ColumnStage Stage, Func<Value>[] Finish) Stage(IReadOnlyList<IColumnMethod> methods, int chunk, bool gated)
    {
        var stage = new ColumnStage(builder, methods[0].Columns, chunk) { AtOpenChannels = gated && limits.Provider == "cpu" };
        var columns = methods[0].MakeColumns(stage);
        Func<Value>[] finish = [.. methods.Select(method => method.Build(stage, columns))];
        stage.Rewrite(body => FewPositions.Replace(stage.Body, body));
        if (gated)
            stage.Rewrite(body => GatedProducts.Replace(stage.Body, body, part => Chains(part, chunk, stage.IsSingle).Where(chain => Pays(chain, MostGatedAtOnce(methods)))));
        return (stage, finish);
    }

    /// <summary>
    /// Whether products are to be taken at open channels only. That needs many columns at once, so it must still pay with as many as then fit
    /// the memory.
    /// </summary>
    private bool IsGated(IReadOnlyList<IColumnMethod> methods, ColumnStage whole)
    {
        GatedChain[] chains = [.. Chains(whole.BuildBody(), whole.ChunkSize, atOnce: true)];
        return IsWorthwhile(MostGatedAtOnce(methods)) && IsWorthwhile(ChunkSize(methods, gated: true));

        bool IsWorthwhile(long columns) => chains.Any(chain => Pays(chain, columns));
    }

    private bool Pays(GatedChain chain, long columns) => limits.AtOpenChannels
        ?? (limits.Provider == "cpu" ? GateCosts.IsWorthwhile(chain, columns, costs.Size) : GateCosts.IsWorthwhileOnDevice(chain, columns, costs.Size));

    /// <summary>
    /// The chains of products that there is memory for. What is picked from the weight of a single position, unless in blocks, does not depend on the columns, and is kept from chunk to
    /// chunk; for others it is picked anew for each.
    /// </summary>
    private IEnumerable<GatedChain> Chains(Program body, int chunk, bool atOnce) => GatedProducts.In(body, chunk, limits,
        link => atOnce || link is not { IsSingle: true, Blocks: 1 } || costs.Bytes(link.Node.Inputs[1]!) <= ShareOfPickedWeights * limits.MemoryBytes);

    private static long MostGatedAtOnce(IReadOnlyList<IColumnMethod> methods) => Math.Min(methods[0].Columns, MostGatedColumnsAtOnce);

    /// <summary>
    /// The most columns whose values fit the memory limit, or one where that does not, spread evenly over the chunks. The peak of a body is the largest of
    /// several linear functions of the columns. Two trial bodies tell the one that counts for few columns; where another takes over
    /// before the limit, a third tells a secant, above which the peak does not rise. On a processor there are no more than keep the output
    /// of the widest convolution within the cache.
    /// </summary>
    private int ChunkSize(IReadOnlyList<IColumnMethod> methods, bool gated)
    {
        var columns = methods[0].Columns;
        if (columns <= 1)
            return 1;
        var (first, second) = (Body(1), Body(2));
        var one = costs.PeakBytes(first);
        var widest = costs.WidestConvolution(second) - costs.WidestConvolution(first);
        var cached = gated ? MostGatedColumnsAtOnce : widest > 0 ? Math.Clamp(Math.Floor(ConvolutionBytes / widest), FewestAtOnce, MostAtOnce) : MostAtOnce;
        var chunk = Fit(costs.PeakBytes(second) - one);
        return chunk > 2 && costs.PeakBytes(Body(chunk)) is var peak && peak > limits.MemoryBytes ? Fit((peak - one) / (chunk - 1)) : chunk;

        Program Body(int chunk) => Finished(Stage(methods, chunk, gated).Stage.BuildBody());

        int Fit(double each) => Even(methods, (long)Math.Min(1 + Math.Floor(Math.Max(0, limits.MemoryBytes - one) / Math.Max(1, each)), cached));
    }

    /// <summary>Columns of a chunk, so that all chunks have about as many, and none more than <paramref name="most"/>.</summary>
    private static int Even(IReadOnlyList<IColumnMethod> methods, long most)
    {
        var columns = Math.Max(1, methods[0].Columns);
        var chunks = (columns + Math.Min(most, columns) - 1) / Math.Min(most, columns);
        return (int)((columns + chunks - 1) / chunks);
    }

    private sealed record OpenStage(ColumnStage Stage, Func<Value>[] Finish, Program Body, double Bytes);
}

/// <summary>A stage that is closed.</summary>
/// <param name="ChunkSize">Columns at a time.</param>
/// <param name="MemoryBytes">Peak of one chunk's values.</param>
/// <param name="Results">The result of each method.</param>
internal sealed record BuiltStage(int ChunkSize, double MemoryBytes, IReadOnlyList<Value> Results);
