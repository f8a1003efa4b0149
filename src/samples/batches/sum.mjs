// Runs an augmented model over the batches of a data set, in worker threads, and adds up as its metadata say:
//   node sum.mjs MODEL OUT.json BATCH_SIZE INPUT=FILE.npy ...
// Set NODE_MODULES to the folder that holds onnxruntime-node where that is not beside this file.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { readMetadata } from "./metadata.mjs";
import { readNpy } from "../heatmap/npy.js";

const require = createRequire(process.env.NODE_MODULES ? `${process.env.NODE_MODULES}/package.json` : import.meta.url);

if (isMainThread) await main(...process.argv.slice(2));
else await work(workerData);

/** Gives batches to workers, and adds up what they give by the number of the batch, so that the order of arrival does not matter. */
async function main(model, out, size, ...inputs) {
  const metadata = readMetadata(model, "onnx_curvature.");
  const lines = (key) => (metadata[key] ?? "").split("\n").filter((line) => line);
  if (metadata.batch_obstacle) throw new Error(`Batches do not give what all samples give: ${metadata.batch_obstacle}.`);
  if (Number(metadata.runs) > 1) throw new Error("A batch of this file takes several runs; write it with --profile single-run.");
  if (lines("merged_inputs").length > 0)
    throw new Error(`This sample cuts inputs by rows, and these hold no row a sample: ${lines("merged_inputs")}.`);
  const whole = lines("whole_inputs");
  const data = Object.fromEntries(inputs.map((input) => input.split("=", 2)).map(([name, file]) => [name, load(file)]));
  const samples = Object.entries(data).find(([name]) => !whole.includes(name))[1].dims[0];
  for (const [name, { dims }] of Object.entries(data))
    if (!whole.includes(name) && dims[0] !== samples)
      throw new Error(`'${name}' holds ${dims[0]} samples, and another input holds ${samples}.`);
  const count = Math.ceil(samples / Number(size));
  const parts = new Array(count);
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(count, availableParallelism()) }, () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { model, outputs: lines("outputs") } });
        const give = () => {
          if (next >= count) return worker.terminate().then(resolve);
          const batch = next++;
          const [start, end] = [batch * size, Math.min(samples, (batch + 1) * size)];
          worker.postMessage({ batch, feeds: cut(data, whole, start, end), share: (end - start) / samples });
        };
        worker.on("error", reject);
        worker.on("message", ({ ready, batch, share, results }) => {
          if (!ready) parts[batch] = { share, results };
          give();
        });
      })),
  );
  const [averages, unweighted, perSample] = [metadata.batches === "average", lines("unweighted"), lines("per_sample")];
  const sums = {};
  for (const { share, results } of parts)
    for (const [name, { dims, data: values }] of Object.entries(results)) {
      const weight = averages && !unweighted.includes(name) ? share : 1;
      const part = Float64Array.from(values, (value) => weight * value);
      if (!(name in sums)) sums[name] = { dims: [...dims], data: part };
      else if (perSample.includes(name)) {
        sums[name].data = Float64Array.of(...sums[name].data, ...part);
        sums[name].dims[0] += dims[0];
      } else part.forEach((value, index) => (sums[name].data[index] += value));
    }
  writeFileSync(out, JSON.stringify(Object.fromEntries(Object.entries(sums).map(([name, { dims, data }]) => [name, { dims, data: [...data] }]))));
}

/** Runs the batches that come, in a session of its own with one thread. */
async function work({ model, outputs }) {
  const ort = require("onnxruntime-node");
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  parentPort.on("message", async ({ batch, feeds, share }) => {
    const tensors = Object.fromEntries(Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]));
    const results = await session.run(tensors, outputs);
    const plain = Object.fromEntries(Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data }]));
    parentPort.postMessage({ batch, share, results: plain });
  });
  parentPort.postMessage({ ready: true });
}

function load(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return readNpy(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** The rows of a batch, of all inputs that hold samples. */
function cut(data, whole, start, end) {
  return Object.fromEntries(Object.entries(data).map(([name, { type, data: values, dims }]) => {
    if (whole.includes(name)) return [name, { type, data: values, dims }];
    const row = values.length / dims[0];
    return [name, { type, data: values.slice(start * row, end * row), dims: [end - start, ...dims.slice(1)] }];
  }));
}
