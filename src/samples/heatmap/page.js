// The page: takes a model and its inputs, runs it, and shows what it computed.
//
// Files may be chosen by hand, or be named in the address: ?model=m.onnx&input=image=image.npy&input=labels=labels.npy
// With &provider=webgpu, it runs on WebGPU, where the browser has it.

import { readNpy } from "./npy.js";
import { colourOf, draw, matrixOf } from "./heatmap.js";

const query = new URLSearchParams(location.search);
const provider = query.get("provider") === "webgpu" ? "webgpu" : "wasm";
const ort = await import(`./node_modules/onnxruntime-web/dist/ort.${provider}.min.mjs`);
const at = (id) => document.getElementById(id);
// One thread asks for no special headers of the server.
ort.env.wasm.numThreads = 1;

/**
 * The file that a model takes weights from, or undefined: the list of such files in its metadata has a digest, two spaces and a name in
 * each line.
 * @param {ArrayBuffer} model the file's bytes
 */
function weightFile(model) {
  const text = new TextDecoder("latin1").decode(model);
  const at = text.lastIndexOf("onnx_curvature.weight_files");
  return at < 0 ? undefined : /^onnx_curvature\.weight_files\x12[\s\S]{1,5}?[0-9a-f]{64} {2}([^\n\x00-\x1f]+)/.exec(text.slice(at, at + 4096))?.[1];
}

/** Runs a model: bytes in, arrays by name out. */
async function compute(model, arrays) {
  const weights = weightFile(model);
  if (weights !== undefined)
    throw new Error(`The model takes its weights from '${weights}', which a page cannot open; write it with onnx-curvature augment --embed.`);
  const session = await ort.InferenceSession.create(model, { executionProviders: [provider] });
  const feeds = {};
  for (const name of session.inputNames) {
    if (!(name in arrays)) throw new Error(`There is no array for the input '${name}'; the model takes ${session.inputNames.join(", ")}.`);
    const { type, data, dims } = arrays[name];
    feeds[name] = new ort.Tensor(type, data, dims);
  }
  const outputs = await session.run(feeds);
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, { type: tensor.type, dims: [...tensor.dims], data: tensor.data }]));
}

function show(results) {
  const kinds = /\.(hessian_diagonal|ggn_diagonal|gradient|hvp|jacobian)$/;
  const names = Object.keys(results).filter((name) => kinds.test(name)).sort((a, b) => b.includes("diagonal") - a.includes("diagonal"));
  if (names.length === 0)
    throw new Error("The model gives out no gradient, diagonal, product or Jacobian; write it with onnx-curvature augment.");
  at("tensor").replaceChildren(...names.map((name) => new Option(name)));
  at("tensor").onchange = () => {
    const { dims } = results[at("tensor").value];
    const maps = dims.length > 2 ? Array.from({ length: dims[0] }, (_, map) => new Option(`feature map ${map}`, map)) : [];
    at("map").replaceChildren(new Option(dims.length > 2 ? "all feature maps (rows), summed over the window" : "the whole", ""), ...maps);
    at("map").onchange();
  };
  at("map").onchange = () => {
    const { data, dims } = results[at("tensor").value];
    const ends = draw(at("canvas"), matrixOf(data, dims, at("map").value === "" ? null : Number(at("map").value)));
    at("least").textContent = ends.least.toPrecision(3);
    at("largest").textContent = ends.largest.toPrecision(3);
    const pen = at("scale").getContext("2d");
    for (let x = 0; x < 200; x++) {
      pen.fillStyle = `rgb(${colourOf(x / 199, ends.signed)})`;
      pen.fillRect(x, 0, 1, 12);
    }
  };
  at("view").hidden = false;
  at("tensor").onchange();
}

/** Computes and shows; what went wrong is told on the page. */
async function go(load) {
  document.body.dataset.state = "busy";
  at("status").textContent = "Computing …";
  try {
    const { model, arrays } = await load();
    const started = performance.now();
    const results = await compute(model, arrays);
    at("status").textContent = `${results.loss ? `Loss ${results.loss.data[0].toPrecision(6)}, computed` : "Computed"} in ${((performance.now() - started) / 1000).toFixed(2)} s`;
    show(results);
    window.results = results;
    document.body.dataset.state = "done";
  } catch (error) {
    at("status").textContent = String(error.message ?? error);
    document.body.dataset.state = "failed";
  }
}

/** The input that a file is for: image of image.npy and of vgg.image.npy. */
const inputOf = (file) => file.replace(/\.npy$/, "").split(".").pop();

async function chosen() {
  const arrays = {};
  for (const file of at("inputs").files) arrays[inputOf(file.name)] = readNpy(await file.arrayBuffer());
  return { model: await at("model").files[0].arrayBuffer(), arrays };
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`'${address}' cannot be had (${answer.status}).`);
  return answer.arrayBuffer();
}

async function named(query) {
  const arrays = {};
  for (const entry of query.getAll("input")) {
    const equals = entry.indexOf("=");
    arrays[entry.slice(0, equals)] = readNpy(await fetched(entry.slice(equals + 1)));
  }
  return { model: await fetched(query.get("model")), arrays };
}

at("model").onchange = () => (at("compute").disabled = at("model").files.length === 0);
at("compute").onclick = () => go(chosen);
if (query.has("model")) go(() => named(query));
