// The reading thread: input after input, each from a seed made from its number. The current input's number is in memory
// shared with the watching thread.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { mulberry32 } from "../random.mjs";
import { mutator } from "./mutate.mjs";
import { readers } from "./readers.mjs";

const { seed, from, inputs, only, shared } = workerData;
const now = new Int32Array(shared);
const all = await readers();
const names = Object.keys(all).filter((name) => only === undefined || name === only);
const home = mkdtempSync(join(tmpdir(), "cambium-fuzz-"));
for (const name of names) {
  const { files, prepare } = all[name];
  for (const [file, sound] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name, file)), { recursive: true });
    writeFileSync(join(home, name, file), sound);
  }
  if (prepare === undefined) continue;
  mkdirSync(join(home, name));
  Object.assign(files, await prepare(join(home, name)));
}
const sources = names.flatMap((name) => all[name].changed.map((file) => all[name].files[file]));

try {
  parentPort.postMessage({ ready: true });
  for (let input = from; input < inputs; input++) {
    const fault = await one(input);
    if (fault !== undefined) parentPort.postMessage({ input, ...fault });
  }
  parentPort.postMessage({ done: true });
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** @returns what was wrong with the reading of one input; undefined for a success or a CambiumError */
async function one(input) {
  const random = mulberry32((seed * 1_000_003 + input) >>> 0);
  const { pick, bytes, json } = mutator(random);
  const reader = names[input % names.length];
  const { files, changed, read } = all[reader];
  const file = pick(changed);
  const changes = /\.jsonl?$/.test(file) && random() < 0.6 ? json : bytes;
  const content = changes(files[file], sources);
  const folder = join(home, reader);
  writeFileSync(join(folder, file), content);
  Atomics.store(now, 0, input);
  Atomics.add(now, 1, 1);
  let error;
  try {
    await read(folder, file);
  } catch (thrown) {
    error = thrown;
  }
  writeFileSync(join(folder, file), files[file]);
  const strangers = readdirSync(home).filter((name) => !names.includes(name));
  if (strangers.length > 0) return { reader, file, what: `wrote ${strangers.join(", ")} beside its folder` };
  if (error === undefined || isTyped(error)) return undefined;
  const stack = error instanceof Error ? (error.stack ?? String(error)) : `threw ${String(error)}`;
  return {
    reader,
    file,
    what: stack.split("\n").slice(0, 4).join("\n"),
    content: content.toString("base64").slice(0, 4000),
  };
}

/** Whether it is a CambiumError, or an error of the JSON reader for a file that is not ours. */
function isTyped(error) {
  return error?.name === "CambiumError" || (error instanceof SyntaxError && /JSON/.test(error.message));
}
