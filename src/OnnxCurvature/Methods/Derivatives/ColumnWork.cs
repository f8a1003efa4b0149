using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>A method on columns, put together from functions.</summary>
/// <param name="Target">The target.</param>
/// <param name="Name">The method's name, for the plan.</param>
/// <param name="Description">One sentence: what the result is, and why.</param>
/// <param name="Columns">The number of columns.</param>
/// <param name="Kind">Methods of one kind share their columns.</param>
/// <param name="Make">Makes a chunk's columns.</param>
/// <param name="Work">Adds the work to a stage; what it returns builds the result after the stage is closed.</param>
internal sealed record ColumnWork(Target Target, string Name, string Description, long Columns, object Kind, Func<ColumnStage, Value> Make, Func<ColumnStage, Value, Func<Value>> Work) : IColumnMethod
{
    /// <inheritdoc/>
    public ColumnPair MakeColumns(ColumnStage stage) => new(Make(stage));

    /// <inheritdoc/>
    public Func<Value> Build(ColumnStage stage, ColumnPair columns) => Work(stage, columns.Left);
}
