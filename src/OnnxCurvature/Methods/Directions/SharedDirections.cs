namespace OnnxCurvature.Methods.Directions;

/// <summary>Stands for directions that several terms may take from one chunk loop: terms with the same one share them.</summary>
internal sealed class SharedDirections;
