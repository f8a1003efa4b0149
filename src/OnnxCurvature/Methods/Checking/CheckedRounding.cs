namespace OnnxCurvature.Methods.Checking;

/// <summary>How the program of a check rounds.</summary>
internal enum CheckedRounding
{
    /// <summary>From z on in float64, before z in the precision of the model.</summary>
    Wide,

    /// <summary>From z on in float32.</summary>
    Narrow,

    /// <summary>As <see cref="Wide"/>, with errors in all tangents up to z: see <see cref="RoundingNoise"/>.</summary>
    Perturbed,
}
