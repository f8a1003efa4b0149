// Reads NumPy's .npy files of the types that models take.

const TYPES = {
  "<f4": ["float32", Float32Array],
  "<f8": ["float64", Float64Array],
  "<i8": ["int64", BigInt64Array],
  "<i4": ["int32", Int32Array],
  "|u1": ["uint8", Uint8Array],
  "|b1": ["bool", Uint8Array],
};

/**
 * Reads an array.
 * @param {ArrayBuffer} bytes the file
 * @returns {{type: string, data: ArrayLike<number|bigint>, dims: number[]}} the element type as ONNX Runtime names it, the elements
 *   in row-major order, and the sizes
 */
export function readNpy(bytes) {
  const view = new DataView(bytes);
  const text = (from, to) => new TextDecoder("latin1").decode(new Uint8Array(bytes, from, to - from));
  if (bytes.byteLength < 12 || text(1, 6) !== "NUMPY") throw new Error("The file is no .npy file.");
  const start = view.getUint8(6) === 1 ? 10 : 12;
  const end = start + (start === 10 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = text(start, end);
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const dims = [.../'shape':\s*\(([^)]*)\)/.exec(header)?.[1].matchAll(/\d+/g) ?? []].map(Number);
  if (!(descr in TYPES)) throw new Error(`Arrays of '${descr}' are not read here; save float32 or int64.`);
  if (/'fortran_order':\s*True/.test(header)) throw new Error("Arrays in Fortran order are not read here; save a C-contiguous copy.");
  const [type, Elements] = TYPES[descr];
  const count = dims.reduce((product, size) => product * size, 1);
  if (bytes.byteLength - end < count * Elements.BYTES_PER_ELEMENT) throw new Error("The .npy file is cut off.");
  return { type, data: new Elements(bytes.slice(end, end + count * Elements.BYTES_PER_ELEMENT)), dims };
}
