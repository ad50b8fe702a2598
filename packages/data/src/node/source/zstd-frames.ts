// Follows the frames of a zstd file (RFC 8878) by their headers alone: whether they are complete, where one is
// truncated, and how much memory decompression takes. Nothing is decompressed here.
import { CambiumError } from "@cambium/ir";

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/** The largest window that `zstd` itself accepts without a flag for more memory. */
const largestWindow = 2 ** 27;

/** Bytes of one frame. */
export interface FramePiece {
  readonly bytes: Uint8Array;
  /** Whether the frame ends with them. */
  readonly ends: boolean;
}

/** What comes next in the file. */
type Part = "magic" | "skippable" | "descriptor" | "header" | "block" | "content" | "checksum";

/** Accepts a file in chunks cut anywhere. */
export class ZstdFrames {
  /** Bytes taken so far. */
  #at = 0;
  /** Where the current frame begins. */
  #frame = 0;
  #part: Part = "magic";
  /** Bytes of the part still missing, and the bytes of a header read so far. */
  #missing = 4;
  #held: number[] = [];
  #descriptor = 0;
  #lastBlock = false;

  constructor(readonly path: string) {}

  /** Where the current frame begins. */
  get frame(): number {
    return this.#frame;
  }

  /**
   * Cuts `chunk` where frames end.
   * @throws CambiumError `E_CORPUS_FORMAT` at the first byte that is not valid zstd.
   */
  *pieces(chunk: Uint8Array): Generator<FramePiece> {
    let from = 0;
    for (let i = 0; i < chunk.length; ) {
      const taken = Math.min(this.#missing, chunk.length - i);
      if (this.#part !== "content") for (const byte of chunk.subarray(i, i + taken)) this.#held.push(byte);
      i += taken;
      this.#at += taken;
      this.#missing -= taken;
      while (this.#missing === 0) {
        [this.#part, this.#missing] = this.#next();
        this.#held = [];
        if (this.#part !== "magic") continue;
        yield { bytes: chunk.subarray(from, i), ends: true };
        from = i;
      }
    }
    if (from < chunk.length) yield { bytes: chunk.subarray(from), ends: false };
  }

  /** @throws CambiumError `E_CORPUS_FORMAT` for a file that ends within a frame. */
  end(): void {
    if (this.#part === "magic" && this.#held.length === 0) return;
    throw new CambiumError("E_CORPUS_FORMAT", "this compressed file is truncated", {
      where: `${this.path}, byte ${this.#at}`,
      expected: `the rest of the frame that begins at byte ${this.#frame}`,
      got: "the end of the file",
      hint: "fetch or write it again; zstd -t FILE checks it",
    });
  }

  /** The part after the current one, which is complete, and its length. */
  #next(): readonly [Part, number] {
    const bytes = Buffer.from(this.#held);
    switch (this.#part) {
      case "magic": {
        this.#frame = this.#at - 4;
        const magic = bytes.readUInt32LE();
        if (magic === frameMagic) return ["descriptor", 1];
        if ((magic & ~0xf) >>> 0 === skippableMagic) return ["skippable", 4];
        throw this.#damaged(this.#frame, "the beginning of a frame, 28 b5 2f fd", bytes.toString("hex"));
      }
      case "skippable":
        this.#lastBlock = true;
        this.#descriptor = 0;
        return ["content", bytes.readUInt32LE()];
      case "descriptor":
        this.#descriptor = bytes.readUInt8();
        if ((this.#descriptor & 8) !== 0) throw this.#damaged(this.#at - 1, "a reserved bit of zero", "one");
        return ["header", headerBytes(this.#descriptor)];
      case "header":
        this.#checkWindow(bytes);
        return ["block", 3];
      case "block": {
        const header = bytes.readUIntLE(0, 3);
        const [type, size] = [(header >> 1) & 3, header >> 3];
        if (type === 3) throw this.#damaged(this.#at - 3, "a block of a known type", "type 3");
        this.#lastBlock = (header & 1) === 1;
        // A block of type 1 is one byte, repeated.
        return ["content", type === 1 ? 1 : size];
      }
      case "content":
        if (!this.#lastBlock) return ["block", 3];
        return [(this.#descriptor & 4) === 0 ? "magic" : "checksum", 4];
      case "checksum":
        return ["magic", 4];
    }
  }

  #checkWindow(header: Buffer): void {
    const window = windowOf(this.#descriptor, header);
    if (window <= largestWindow) return;
    throw new CambiumError("E_CORPUS_FORMAT", "this compressed file needs too much memory", {
      where: `${this.path}, byte ${this.#frame}`,
      expected: `a window of at most ${largestWindow} bytes`,
      got: `${window} bytes`,
      hint: "compress it again: zstd -d FILE, then zstd without --long or --ultra",
    });
  }

  #damaged(at: number, expected: string, got: string): CambiumError {
    return new CambiumError("E_CORPUS_FORMAT", "this compressed file is damaged", {
      where: `${this.path}, byte ${at}`,
      expected,
      got,
      hint: "write or fetch it again",
    });
  }
}

/** Bytes of the fields for the window (absent for a single segment), the dictionary's id and the content's size. */
function headerBytes(descriptor: number): number {
  return windowBytes(descriptor) + dictionaryBytes(descriptor) + sizeBytes(descriptor);
}

function windowBytes(descriptor: number): number {
  return (descriptor & 0x20) === 0 ? 1 : 0;
}

function dictionaryBytes(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 3] as number;
}

function sizeBytes(descriptor: number): number {
  const flag = descriptor >> 6;
  return flag === 0 ? 1 - windowBytes(descriptor) : 2 ** flag;
}

/** The window in bytes; for a frame of a single segment, its whole content. */
function windowOf(descriptor: number, header: Buffer): number {
  if (windowBytes(descriptor) === 1) {
    const byte = header.readUInt8();
    return 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8);
  }
  return contentSize(descriptor, header) ?? 0;
}

function contentSize(descriptor: number, header: Buffer): number | undefined {
  const at = windowBytes(descriptor) + dictionaryBytes(descriptor);
  const bytes = sizeBytes(descriptor);
  if (bytes === 0) return undefined;
  if (bytes === 8) return Number(header.readBigUInt64LE(at));
  return header.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
