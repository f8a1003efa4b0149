// Draws the curvature of a convolution's kernel.

/** Colours from dark to light; values between are interpolated. */
const SCALE = [[13, 8, 60], [94, 22, 110], [180, 50, 90], [240, 120, 40], [252, 220, 80], [252, 255, 220]];
/** For values of both signs: negative ones blue, zero white, positive ones red. */
const SIGNED_SCALE = [[20, 50, 130], [100, 150, 210], [247, 247, 247], [225, 120, 90], [125, 15, 30]];

/**
 * The matrix that a map shows of a kernel [O, I, ...window]: its sums over the window, O rows and I columns; or the windows of one
 * feature map, side by side. A matrix [O, I] is shown as it is, a vector as one row.
 * @param {ArrayLike<number>} data the elements, row-major
 * @param {number[]} dims the sizes
 * @param {number|null} map the feature map, or null for all
 */
export function matrixOf(data, dims, map = null) {
  const [outputs, inputs] = dims.length === 1 ? [1, dims[0]] : dims.length === 0 ? [1, 1] : dims;
  const window = data.length / (outputs * inputs);
  if (map === null) {
    const sums = new Float64Array(outputs * inputs);
    for (let i = 0; i < data.length; i++) sums[Math.floor(i / window)] += Number(data[i]);
    return { rows: outputs, columns: inputs, values: sums };
  }
  const width = dims.length > 2 ? dims[dims.length - 1] : 1;
  const height = window / width;
  const across = Math.ceil(Math.sqrt(inputs));
  const rows = Math.ceil(inputs / across) * (height + 1) - 1;
  const columns = across * (width + 1) - 1;
  const values = new Float64Array(rows * columns).fill(NaN);
  for (let i = 0; i < inputs; i++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        values[(Math.floor(i / across) * (height + 1) + y) * columns + (i % across) * (width + 1) + x] = Number(data[(map * inputs + i) * window + y * width + x]);
  return { rows, columns, values };
}

/** The colour of a share from 0 to 1 of a scale, as red, green and blue. */
export function colourOf(share, signed = false) {
  const scale = signed ? SIGNED_SCALE : SCALE;
  const at = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  return scale[low].map((value, channel) => Math.round(value + (at - low) * (scale[low + 1][channel] - value)));
}

/**
 * Draws a matrix on a canvas, each entry as a square; the least value is dark and the largest light. Where there are negative values, the ends of the scale are
 * as far from zero on both sides. Gaps (NaN) are left white.
 * @returns {{least: number, largest: number, signed: boolean}} the ends of the scale, and whether it is the one for both signs
 */
export function draw(canvas, { rows, columns, values }, cell = Math.max(2, Math.floor(640 / Math.max(rows, columns)))) {
  const there = [...values].filter((value) => !Number.isNaN(value));
  const signed = there.some((value) => value < 0);
  const largest = there.reduce((a, b) => Math.max(a, signed ? Math.abs(b) : b), -Infinity);
  const least = signed ? -largest : there.reduce((a, b) => Math.min(a, b), Infinity);
  canvas.width = columns * cell;
  canvas.height = rows * cell;
  const pen = canvas.getContext("2d");
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column];
      if (Number.isNaN(value)) continue;
      pen.fillStyle = `rgb(${colourOf(largest > least ? (value - least) / (largest - least) : 0, signed)})`;
      pen.fillRect(column * cell, row * cell, cell, cell);
    }
  return { least, largest, signed };
}
