// Decompresses the pages of Parquet files: with Node and libzstd where they can, else with the library's own code.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { unzstd, zstdLibrary } from "./zstd-library.js";

/** A page that claims to be larger is refused: writers make pages of about a megabyte. */
const largestPage = 512 * 1024 * 1024;

export type Unpack = (input: Uint8Array, bytes: number) => Uint8Array;

export async function pageUnpackers(): Promise<Compressors> {
  const library = await zstdLibrary();
  const native: Compressors = {
    GZIP: (input, bytes) => exactly(gunzipSync(input, { maxOutputLength: bytes }), bytes),
    BROTLI: (input, bytes) => exactly(brotliDecompressSync(input, { maxOutputLength: bytes }), bytes),
    ZSTD: (input, bytes) => unzstd(library, input, bytes),
  };
  const all = { ...(compressors as Required<Compressors>), ...native };
  return Object.fromEntries(Object.entries(all).map(([name, unpack]) => [name, guarded(unpack)]));
}

function guarded(unpack: Unpack): Unpack {
  return (input, bytes) => {
    if (bytes > largestPage) throw new Error(`a page claims to have ${bytes} bytes`);
    // What packs nothing may write nothing.
    return bytes === 0 ? new Uint8Array(0) : unpack(input, bytes);
  };
}

function exactly(page: Uint8Array, bytes: number): Uint8Array {
  if (page.length !== bytes) throw new Error(`a page has ${page.length} bytes, but claims ${bytes}`);
  return page;
}
