// The thread that hashes tensors of the source.
import { answerRequests } from "@cambium/files";
import { type Place, readPlace } from "../place.js";
import { PIECE_BYTES, Summing } from "./summing.js";

const piece = new Uint8Array(PIECE_BYTES);

answerRequests((place: Place) => {
  const { byteLength } = place.entry;
  const summing = new Summing();
  for (let at = 0; at < byteLength; at += piece.length) {
    const bytes = piece.subarray(0, Math.min(piece.length, byteLength - at));
    readPlace(place, at, bytes);
    summing.update(bytes);
  }
  return summing.end();
});
