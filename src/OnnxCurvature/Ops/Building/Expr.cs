using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// A value that can be calculated with, so that a rule reads as its mathematics: <c>1 - y * y</c>. Numbers become scalar
/// constants of the value's element type.
/// </summary>
internal readonly record struct Expr(GraphBuilder Builder, Value Value)
{
    /// <summary>The value.</summary>
    public static implicit operator Value(Expr expr) => expr.Value;

    /// <summary>Sum.</summary>
    public static Expr operator +(Expr a, Expr b) => a.With(Add.Of(a.Builder, a, b));

    /// <summary>Sum with a number.</summary>
    public static Expr operator +(Expr a, double b) => a + a.Number(b);

    /// <summary>Sum with a number.</summary>
    public static Expr operator +(double a, Expr b) => b.Number(a) + b;

    /// <summary>Difference.</summary>
    public static Expr operator -(Expr a, Expr b) => a.With(Sub.Of(a.Builder, a, b));

    /// <summary>Difference with a number.</summary>
    public static Expr operator -(Expr a, double b) => a - a.Number(b);

    /// <summary>Difference from a number.</summary>
    public static Expr operator -(double a, Expr b) => b.Number(a) - b;

    /// <summary>Negation.</summary>
    public static Expr operator -(Expr a) => a.With(Neg.Of(a.Builder, a));

    /// <summary>Product.</summary>
    public static Expr operator *(Expr a, Expr b) => a.With(Mul.Of(a.Builder, a, b));

    /// <summary>Product with a number.</summary>
    public static Expr operator *(Expr a, double b) => a * a.Number(b);

    /// <summary>Product with a number.</summary>
    public static Expr operator *(double a, Expr b) => b.Number(a) * b;

    /// <summary>Quotient.</summary>
    public static Expr operator /(Expr a, Expr b) => a.With(Div.Of(a.Builder, a, b));

    /// <summary>Quotient by a number.</summary>
    public static Expr operator /(Expr a, double b) => a / a.Number(b);

    /// <summary>Quotient of a number.</summary>
    public static Expr operator /(double a, Expr b) => b.Number(a) / b;

    /// <summary>Where this is greater than a number; a truth value without a derivative.</summary>
    public static Value operator >(Expr a, double b) => Logic.Greater.Of(a.Builder, a, a.Number(b));

    /// <summary>Where this is less than a number; a truth value without a derivative.</summary>
    public static Value operator <(Expr a, double b) => Logic.Less.Of(a.Builder, a, a.Number(b));

    /// <summary>
    /// One value where a condition holds, another elsewhere. Neither may be infinite where it is not chosen: a product with the
    /// zero that becomes its cotangent there would not be a number.
    /// </summary>
    public static Expr Select(Value condition, Expr yes, Expr no) => yes.With(Where.Of(yes.Builder, condition, yes, no));

    /// <summary>1 where this is greater, else 0, in this value's type; without a derivative.</summary>
    public Expr GreaterThan(double other) => With(Cast.Of(Builder, Logic.Greater.Of(Builder, Value, Number(other)), Value.Type.Element));

    /// <summary>1 where this is less, else 0, in this value's type; without a derivative.</summary>
    public Expr LessThan(double other) => With(Cast.Of(Builder, Logic.Less.Of(Builder, Value, Number(other)), Value.Type.Element));

    /// <summary>This value through a unary operator.</summary>
    public Expr Through<T>()
        where T : Operator => With(Catalogue.Get<T>().Apply(Builder, [Value]).Output);

    /// <summary>A number in this value's element type.</summary>
    public Expr Number(double value) => With(Builder.Scalar(Value.Type.Element, value));

    /// <summary>Another value in the same builder.</summary>
    public Expr With(Value value) => new(Builder, value);
}
