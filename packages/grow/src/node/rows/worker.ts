// The thread that makes rows of computed tensors: one block after another, in the order in which they are asked for.
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { blockMaker } from "./make.js";
import type { Place, RowRequest, RowResponse, SentError } from "./protocol.js";
import type { Stored } from "./stored.js";

const port = parentPort;
if (!port) throw new Error("the script of row makers runs as a worker thread only");

let maker: ReturnType<typeof blockMaker> | undefined;
let last = Promise.resolve();

port.on("message", (request: RowRequest) => {
  last = last.then(async () => {
    const response = await answer(request);
    port.postMessage(response, "bytes" in response ? [response.bytes.buffer as ArrayBuffer] : []);
  });
});

async function answer({ start, end, tensor }: RowRequest): Promise<RowResponse> {
  try {
    if (tensor) maker = blockMaker(tensor.made, storedAt(tensor.places));
    if (!maker) throw new Error("rows were asked for before a tensor was told");
    return { bytes: await maker(start, end) };
  } catch (error) {
    return { error: sent(error) };
  }
}

function storedAt(places: readonly Place[]): Stored {
  const byName = new Map(places.map((place) => [place.entry.name, place]));
  const placeOf = (name: string): Place => byName.get(name) as Place;
  return {
    entry: (name) => placeOf(name).entry,
    read: (name, start, end) => {
      const { fd, path, entry } = placeOf(name);
      const out = new Uint8Array(end - start);
      for (let done = 0; done < out.length; ) {
        const count = readPart(path, fd, out, done, entry.offset + start + done);
        if (count === 0)
          throw new CambiumError("E_SAFETENSORS_TRUNCATED", "this file was cut short while it was being read", {
            where: path,
          });
        done += count;
      }
      return out;
    },
  };
}

function readPart(path: string, fd: number, out: Uint8Array, done: number, from: number): number {
  try {
    return readSync(fd, out, done, out.length - done, from);
  } catch (error) {
    throw toFileError(error, path);
  }
}

function sent(error: unknown): SentError {
  if (!(error instanceof CambiumError)) return { message: error instanceof Error ? `${error.stack}` : String(error) };
  const { cause: _, ...details } = error.details;
  return { code: error.code, message: error.summary, details };
}
