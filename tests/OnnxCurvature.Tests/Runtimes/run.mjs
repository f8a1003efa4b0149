// Runs a model on ONNX Runtime for Node: node run.mjs PACKAGES MODEL INPUT=FILE.npy ...
// Writes the outputs as JSON: {"name": {"dims": [...], "data": [...]}, ...}.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readNpy } from "../../../src/samples/heatmap/npy.js";

const [packages, model, ...inputs] = process.argv.slice(2);
const ort = createRequire(join(packages, "package.json"))("onnxruntime-node");
const session = await ort.InferenceSession.create(model);
const feeds = Object.fromEntries(inputs.map((input) => {
  const [name, file] = input.split("=", 2);
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  const { type, data, dims } = readNpy(buffer.slice(byteOffset, byteOffset + byteLength));
  return [name, new ort.Tensor(type, data, dims)];
}));
const outputs = await session.run(feeds);
console.log(JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]))));
