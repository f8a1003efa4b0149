using System.Collections.Concurrent;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>Results against derivatives that PyTorch computed in float64.</summary>
[Trait("Category", "Slow")]
public sealed class ReferenceTests
{
    // One run gives all quantities of a weight.
    private static readonly ConcurrentDictionary<(string, string), Lazy<CurvatureResult>> Results = [];

    public static TheoryData<string, string, Quantity> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, Quantity>();
            foreach (var entry in ReferenceTable.All)
            foreach (var quantity in ReferenceCase.Quantities)
                rows.Add(entry.Model, entry.Weight, quantity);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_run_gives_what_PyTorch_gives_in_float64(string model, string weight, Quantity quantity)
    {
        var entry = ReferenceTable.Find(model, weight);
        var result = Results.GetOrAdd((model, weight), _ => new Lazy<CurvatureResult>(() => entry.Run())).Value;
        Close.To(entry, quantity, Close.Values(result, quantity.OutputName(weight)));
    }

    [Fact]
    public void Every_network_and_every_loss_has_references()
    {
        Assert.InRange(ReferenceTable.All.Length, 92, int.MaxValue);
        Assert.InRange(ReferenceTable.All.Select(entry => entry.Model).Distinct().Count(), 19, int.MaxValue);
        Assert.Equal(3, ReferenceTable.All.Select(entry => entry.Loss.Kind).Distinct().Count());
        Assert.All(
            ReferenceTable.All,
            entry => Assert.All(ReferenceCase.Quantities, quantity => Assert.NotEmpty(entry.Reference(quantity))),
            throwIfEmpty: true
        );
    }
}
