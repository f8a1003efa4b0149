// Runs an augmented model on ONNX Runtime for Node, and prints the norm of each output: node run.mjs MODEL INPUT=FILE.npy ...

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { readNpy } from "../heatmap/npy.js";

const packages = process.env.ONNXRUNTIME_PACKAGES ?? import.meta.url;
const ort = createRequire(packages)("onnxruntime-node");
const [model, ...inputs] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model);
const feeds = Object.fromEntries(inputs.map((input) => {
  const at = input.indexOf("=");
  const { buffer, byteOffset, byteLength } = readFileSync(input.slice(at + 1));
  const { type, data, dims } = readNpy(buffer.slice(byteOffset, byteOffset + byteLength));
  return [input.slice(0, at), new ort.Tensor(type, data, dims)];
}));
const outputs = await session.run(feeds);
for (const [name, { dims, data }] of Object.entries(outputs))
  console.log(`${name} [${dims}] norm ${Math.hypot(...data).toPrecision(6)}`);
