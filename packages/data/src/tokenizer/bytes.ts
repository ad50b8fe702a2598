// The tokenizer without a vocabulary file: a token is a byte of UTF-8.
import { CambiumError } from "@cambium/ir";
import { sha256Text } from "../sha256.js";
import { checkIds } from "./ids.js";
import type { Tokenizer } from "./tokenizer.js";

export interface BytesOptions {
  /**
   * The id that ends a text; none by default. 256 makes it a token of its own, and the vocabulary 257. A smaller id (0
   * is usual, as text has no NUL) keeps the vocabulary at 256; `decode` then treats it as any other byte.
   */
  readonly eosId?: number;
}

const encoder = new TextEncoder();
/** A byte order mark in the text counts as text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** 256 ids, one per byte. @throws CambiumError `E_OPTION` for an `eosId` outside 0 to 256. */
export function bytesTokenizer({ eosId }: BytesOptions = {}): Tokenizer {
  if (eosId !== undefined && !(Number.isInteger(eosId) && eosId >= 0 && eosId <= 256)) {
    throw new CambiumError("E_OPTION", "eosId is out of range", {
      expected: "an integer from 0 to 256",
      got: String(eosId),
    });
  }
  const vocabSize = eosId === 256 ? 257 : 256;
  return {
    name: "bytes",
    vocabSize,
    ...(eosId === undefined ? {} : { eosId }),
    prefix: [],
    fingerprint: sha256Text(JSON.stringify({ kind: "bytes", eosId })),
    encode: (text) => new Int32Array(encoder.encode(text)),
    decode(ids) {
      checkIds(ids, vocabSize, "decode");
      return decoder.decode(Uint8Array.from(Array.from(ids).filter((id) => id < 256)));
    },
  };
}
