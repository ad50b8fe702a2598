// The reading thread: reads batches of inputs, each made from a seed that follows from its number. Inputs of different
// readers are read at the same time, each in a folder of its own, so that the thread does not wait for the disk.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { mulberry32 } from "../random.mjs";
import { mutator } from "./mutate.mjs";

const { seed, only, home, readersAt } = workerData;
const { readers } = await import(readersAt);
const all = await readers();
const names = Object.keys(all).filter((name) => only === undefined || name === only);
/** Of a single reader, several inputs are read at the same time. */
const places = Array.from({ length: only === undefined ? 1 : 4 }, (_, i) => join(home, String(i)));
/** The valid files, by folder. */
const sound = new Map();
for (const place of places)
  for (const name of names) sound.set(join(place, name), await written(join(place, name), all[name]));
const sources = names.flatMap((name) => all[name].changed.map((file) => sound.get(join(places[0], name))[file]));

parentPort.on("message", async ({ from, to }) => parentPort.postMessage(await batch(from, to)));
parentPort.postMessage({ names });

/** Writes the valid files of a reader. */
async function written(folder, { files, prepare }) {
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return prepare === undefined ? files : await prepare(folder);
}

/** @returns the faults of single inputs, and what cannot be told of one: strange files beside the readers' folders */
async function batch(from, to) {
  const queues = new Map();
  for (let input = from; input < to; input++) {
    const name = names[input % names.length];
    const folder = join(places[Math.floor(input / names.length) % places.length], name);
    if (!queues.has(folder)) queues.set(folder, []);
    queues.get(folder).push({ input, name, folder });
  }
  const faults = [];
  const work = async (queue) => {
    for (const job of queue) {
      const fault = await one(job);
      if (fault !== undefined) faults.push({ input: job.input, ...fault });
    }
  };
  await Promise.all([...queues.values()].map(work));
  const strangers = [];
  for (const place of places)
    for (const name of readdirSync(place)) {
      if (names.includes(name)) continue;
      strangers.push(name);
      rmSync(join(place, name), { recursive: true });
    }
  const trouble = strangers.length > 0 ? `wrote ${strangers.join(", ")} beside its folder` : undefined;
  return { trouble, faults };
}

/** @returns what was wrong with the reading of one input; undefined for a success or a CambiumError */
async function one({ input, name: reader, folder }) {
  const random = mulberry32((seed * 1_000_003 + input) >>> 0);
  const { pick, bytes, json } = mutator(random);
  const { changed, read } = all[reader];
  const files = sound.get(folder);
  const file = pick(changed);
  const changes = /\.jsonl?$/.test(file) && random() < 0.6 ? json : bytes;
  const content = changes(files[file], sources);
  writeFileSync(join(folder, file), content);
  let error;
  try {
    await read(folder, file);
  } catch (thrown) {
    error = thrown;
  }
  writeFileSync(join(folder, file), files[file]);
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
