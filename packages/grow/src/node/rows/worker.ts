// The thread that makes rows of computed tensors.
import { answerRequests } from "@cambium/files";
import { type Place, readPlace } from "../place.js";
import { listed } from "./lists.js";
import { blockMaker } from "./make.js";
import type { RowRequest } from "./protocol.js";
import type { Stored } from "./stored.js";

let maker: ReturnType<typeof blockMaker> | undefined;
const known = new Map<number, readonly number[]>();

answerRequests(({ start, end, out, tensor }: RowRequest): Promise<void> => {
  if (tensor) {
    for (const [number, list] of tensor.lists) known.set(number, list);
    maker = blockMaker({ ...tensor.made, typed: listed(tensor.made.typed, known) }, storedAt(tensor.places));
  }
  if (!maker) throw new Error("rows were asked for before a tensor was named");
  return maker(start, end, out);
});

/** What was read last. */
let held = new Uint8Array(0);

function storedAt(places: readonly Place[]): Stored {
  const byName = new Map(places.map((place) => [place.entry.name, place]));
  const placeOf = (name: string): Place => byName.get(name) as Place;
  return {
    entry: (name) => placeOf(name).entry,
    read: (name, start, end) => {
      if (held.length < end - start) held = new Uint8Array(end - start);
      const out = held.subarray(0, end - start);
      readPlace(placeOf(name), start, out);
      return out;
    },
  };
}
