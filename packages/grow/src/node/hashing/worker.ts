// The thread that hashes tensors: parts that are in memory, or tensors of the source, which it reads.
import { answerRequests } from "@cambium/files";
import { readPlace } from "../place.js";
import type { HashRequest, HashResponse } from "./protocol.js";
import { Streams } from "./streams.js";
import { PIECE_BYTES, Summing } from "./summing.js";

const streams = new Streams();
const buffer = new Uint8Array(PIECE_BYTES);
let summing = new Summing();

answerRequests((request: HashRequest): HashResponse => {
  if ("parts" in request) return { ended: streams.add(request.parts) };
  const { place, start, end } = request;
  const bytes = buffer.subarray(0, end - start);
  readPlace(place, start, bytes);
  summing.update(bytes);
  if (end < place.entry.byteLength) return {};
  const sum = summing.end();
  summing = new Summing();
  return { sum };
});
