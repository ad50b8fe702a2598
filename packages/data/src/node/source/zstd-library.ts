// libzstd as WebAssembly: for shards where Node cannot decompress zstd (before 22.15), and for the pages of Parquet
// files. It ends with an error on damaged data; a decoder written in JavaScript was found to loop for ever on a damaged
// table.
import { ZSTDDecoder } from "zstddec/stream";

interface Library {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(pointer: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): void;
  /** Returns the bytes it would like next, 0 at the end of a frame, or an error as a small negative number. */
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** The largest block of a frame, decompressed; the most that is passed in or out at once. */
const blockBytes = 128 * 1024;

/** Pointer, size and position of a buffer, 4 bytes each. */
const structBytes = 12;

const problems: { readonly [code: number]: string } = {
  10: "this is not a zstd frame",
  16: "the frame needs too large a window",
  20: "the data is damaged",
  22: "the checksum of this frame does not match",
  32: "the frame needs a dictionary",
  64: "there is not enough memory for the frame",
  72: "the data ends too early",
};

let library: Promise<Library> | undefined;

/** Loads the library, which decompressors need. */
export function zstdLibrary(): Promise<Library> {
  library ??= (async () => {
    let exports: unknown;
    // The package's own streams cannot be fed asynchronously and go on for ever after an error.
    class Held extends ZSTDDecoder {
      override _init(result: Parameters<ZSTDDecoder["_init"]>[0]): void {
        super._init(result);
        exports = result.instance.exports;
      }
    }
    await new Held().init();
    return exports as Library;
  })();
  return library;
}

/** Decompresses frames that arrive in pieces. Disposing it frees its memory, which the garbage collector cannot see. */
export class Unzstd implements Disposable {
  readonly #library: Library;
  readonly #context: number;
  readonly #memory: number;
  #ended = true;

  constructor(library: Library) {
    this.#library = library;
    this.#context = library.ZSTD_createDCtx();
    this.#memory = this.#context === 0 ? 0 : library.malloc(2 * (blockBytes + structBytes));
    if (this.#memory === 0) throw new Error("there is not enough memory for zstd");
  }

  /** Whether complete frames were pushed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The content of `bytes`, the next piece. @throws Error for damaged data. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += blockBytes) yield* this.#pushed(bytes.subarray(at, at + blockBytes));
  }

  *#pushed(bytes: Uint8Array): Generator<Uint8Array> {
    const { memory, ZSTD_decompressStream: unpack } = this.#library;
    const input = this.#memory;
    const output = input + structBytes;
    const [source, target] = [output + structBytes, output + structBytes + blockBytes];
    new Uint8Array(memory.buffer, source, bytes.length).set(bytes);
    for (let taken = 0, full = false; taken < bytes.length || full; ) {
      const before = new DataView(memory.buffer, input);
      for (const [i, value] of [source, bytes.length, taken, target, blockBytes, 0].entries())
        before.setUint32(4 * i, value, true);
      const result = unpack(this.#context, output, input) | 0;
      if (result < 0) throw new Error(problems[-result] ?? `error ${-result} of zstd`);
      // If the memory has grown, it is another buffer.
      const after = new DataView(memory.buffer, input);
      const [now, made] = [after.getUint32(8, true), after.getUint32(structBytes + 8, true)];
      if (now === taken && made === 0 && !full) throw new Error("the data is damaged");
      [taken, full] = [now, made === blockBytes && result !== 0];
      this.#ended = result === 0;
      if (made > 0) yield new Uint8Array(memory.buffer, target, made).slice();
    }
  }

  [Symbol.dispose](): void {
    this.#library.free(this.#memory);
    this.#library.ZSTD_freeDCtx(this.#context);
  }
}

/** Decompresses `input` to `bytes` bytes. @throws Error for damaged data or another number of bytes. */
export function unzstd(library: Library, input: Uint8Array, bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  using unpack = new Unzstd(library);
  for (const part of unpack.push(input)) {
    if (at + part.length > bytes) throw new Error(`it decompresses to more than the ${bytes} bytes stated`);
    whole.set(part, at);
    at += part.length;
  }
  if (at < bytes || !unpack.ended) throw new Error(`it decompresses to ${at} bytes instead of ${bytes}`);
  return whole;
}
