// Reads the metadata of an ONNX file, which onnxruntime-node does not give out: field 14 of the message ModelProto of onnx.proto.

import { readFileSync } from "node:fs";

const METADATA = 14;
const LENGTH_DELIMITED = 2;

/**
 * Reads the metadata whose keys begin with a prefix.
 * @param {string} path the model
 * @param {string} prefix what keys begin with, which is left out
 * @returns {Record<string, string>} the values by key
 */
export function readMetadata(path, prefix) {
  const metadata = {};
  for (const { field, bytes } of fields(readFileSync(path)))
    if (field === METADATA) {
      const texts = Object.fromEntries([...fields(bytes)].map((part) => [part.field, new TextDecoder().decode(part.bytes)]));
      if (texts[1].startsWith(prefix)) metadata[texts[1].slice(prefix.length)] = texts[2] ?? "";
    }
  return metadata;
}

/** The fields of a message that hold bytes; numbers are passed over. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, kind] = [Math.floor(tag / 8), tag % 8];
    if (kind === LENGTH_DELIMITED) {
      const length = varint();
      yield { field, bytes: bytes.subarray(at, at + length) };
      at += length;
    } else if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else throw new Error("The file is no ONNX model.");
  }
}
