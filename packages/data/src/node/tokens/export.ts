// Writes tokens as another project's files, or as ours.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { writeAll } from "./ends.js";
import { type PackedFormat, packedHeader, packedMagic } from "./packed.js";
import { TokenFile } from "./reader.js";
import type { TokenSequence } from "./sequence.js";
import { TokenFileWriter } from "./writer.js";

/** Ids read at once. */
const step = 1 << 18;

export interface ExportOptions {
  readonly format: "cambium" | PackedFormat;
  /** One more than the largest id. Default: the file's own, or found by reading. */
  readonly vocabSize?: number;
  /** litgpt: ids in a file. */
  readonly chunk: number;
  /** litgpt: what fills the last file up. */
  readonly pad: number;
  /** Fingerprint of the tokenizer, for tokens that do not state it. */
  readonly tokenizer: string;
  readonly onTokens?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly files: readonly string[];
  readonly tokens: number;
  readonly padded: number;
  readonly dtype: string;
}

/** The largest id plus one, found by reading all. */
export function vocabularyOf(from: TokenSequence): number {
  const [first] = from.files;
  if (first instanceof TokenFile) return first.header.vocabSize;
  let most = 0;
  for (const ids of parts(from)) for (const id of ids) if (id >= most) most = id + 1;
  return Math.max(1, most);
}

/**
 * Writes `from` into `folder`, which must exist: NAME.tokens, NAME.bin or NAME_0000000000.bin ….
 * @throws CambiumError `E_TOKEN_ID` before anything is written, for a vocabulary too large for the format.
 */
export async function exportTokens(
  from: TokenSequence,
  folder: string,
  name: string,
  options: ExportOptions,
): Promise<Exported> {
  const vocabSize = options.vocabSize ?? vocabularyOf(from);
  if (options.format === "nanogpt" && vocabSize > 0x10000) {
    throw new CambiumError("E_TOKEN_ID", "nanoGPT's files have no room for this vocabulary", {
      expected: "ids below 65536",
      got: `a vocabulary of ${vocabSize}`,
      hint: "--format litgpt",
    });
  }
  if (options.format === "litgpt" && options.pad >= vocabSize) {
    throw new CambiumError("E_TOKEN_ID", "the token that fills up the last file is outside the vocabulary", {
      expected: `an id below ${vocabSize}`,
      got: String(options.pad),
      hint: "--pad 0, or the id of the token that ends a text",
    });
  }
  const write = { cambium: writeOurs, litgpt: writePacked, nanogpt: writeRaw }[options.format];
  return write(from, folder, name, { ...options, vocabSize });
}

type Whole = ExportOptions & { readonly vocabSize: number };

async function writeOurs(from: TokenSequence, folder: string, name: string, options: Whole): Promise<Exported> {
  const path = join(folder, `${name}.tokens`);
  const [file] = from.files;
  const ours = file instanceof TokenFile ? file : undefined;
  const content = ours?.header.content ?? hashOf(from);
  const { vocabSize } = options;
  const {
    source = content,
    tokenizer = options.tokenizer,
    title = `${from.format}: ${name}`,
    textBytes = 0,
  } = ours?.header ?? {};
  await using writer = await TokenFileWriter.create(path, { title, content, source, tokenizer, vocabSize });
  if (ours) {
    let bytes = textBytes;
    for (let i = 0; i < ours.header.documents; i++) {
      const { start, end } = ours.document(i);
      for (let at = start; at < end; at += step) {
        await writer.append(ours.read(at, Math.min(step, end - at)), bytes);
        bytes = 0;
      }
      await writer.endDocument();
      if (i % 1024 === 0) told(options, writer.written.tokens);
    }
  } else {
    // Such a file does not mark its documents.
    let done = 0;
    for (const ids of parts(from)) {
      await writer.append(ids, 0);
      done += ids.length;
      told(options, done);
    }
    await writer.endDocument();
  }
  const { tokens, dtype } = await writer.finish();
  return { files: [path], tokens, padded: 0, dtype };
}

async function writeRaw(from: TokenSequence, folder: string, name: string, options: Whole): Promise<Exported> {
  const path = join(folder, `${name}.bin`);
  await using out = await FileOut.create(path);
  for (const ids of parts(from)) {
    checkIds(ids, options, out.ids);
    await out.write(Uint16Array.from(ids));
    told(options, out.ids);
  }
  return { files: [path], tokens: from.length, padded: 0, dtype: "u16" };
}

async function writePacked(from: TokenSequence, folder: string, name: string, options: Whole): Promise<Exported> {
  // The limit that litgpt's own builder uses.
  const narrow = options.vocabSize < 65500;
  const files: string[] = [];
  for (let begin = 0; begin < Math.max(1, from.length); begin += options.chunk) {
    const path = join(folder, `${name}_${String(files.length).padStart(10, "0")}.bin`);
    files.push(path);
    await using out = await FileOut.create(path);
    const header = Buffer.alloc(packedHeader);
    header.write(packedMagic, 0, "latin1");
    header.writeBigUInt64LE(1n, 7);
    header.writeUInt8(narrow ? 8 : 4, 15);
    header.writeBigUInt64LE(BigInt(options.chunk), 16);
    await out.bytes(header);
    for (let at = begin; at < begin + options.chunk; at += step) {
      const ids = new Int32Array(Math.min(step, begin + options.chunk - at)).fill(options.pad);
      const there = Math.max(0, Math.min(ids.length, from.length - at));
      if (there > 0) from.read(at, there, ids);
      checkIds(ids, options, at);
      await out.write(narrow ? Uint16Array.from(ids) : ids);
      told(options, Math.min(from.length, at + ids.length));
    }
  }
  const padded = files.length * options.chunk - from.length;
  return { files, tokens: from.length, padded, dtype: narrow ? "u16" : "i32" };
}

class FileOut {
  #at = 0;
  ids = 0;

  private constructor(readonly handle: FileHandle) {}

  static async create(path: string): Promise<FileOut> {
    return new FileOut(await open(path, "wx"));
  }

  async write(ids: Uint16Array | Int32Array): Promise<void> {
    await this.bytes(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
    this.ids += ids.length;
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    await writeAll(this.handle, bytes, this.#at);
    this.#at += bytes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

function* parts(from: TokenSequence): Generator<Int32Array> {
  for (let at = 0; at < from.length; at += step) yield from.read(at, Math.min(step, from.length - at));
}

function hashOf(from: TokenSequence): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of parts(from))
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
}

function checkIds(ids: Int32Array, { vocabSize }: Whole, at: number): void {
  const wrong = ids.findIndex((id) => id >= vocabSize);
  if (wrong < 0) return;
  const [where, expected, got] = [`token ${at + wrong}`, `ids below ${vocabSize}`, String(ids[wrong])];
  throw new CambiumError("E_TOKEN_ID", "a token id is outside the vocabulary", { where, expected, got });
}

function told({ onTokens, signal }: ExportOptions, done: number): void {
  signal?.throwIfAborted();
  onTokens?.(done);
}
