// The safetensors header, parsed as untrusted input: every claim is checked before any data is read.
// Format: u64 length (little-endian), JSON, data. https://github.com/huggingface/safetensors#format

import { isJsonObject, type JsonObject, type JsonValue, parseJson, quote, ReasonList } from "@cambium/files/anywhere";
import { CambiumError } from "@cambium/ir";
import { isSize, isStoredDType, STORED_BITS, type StoredDType, storedByteLength } from "./dtype.js";

/** Bytes of the length field before the header. */
export const LENGTH_BYTES = 8;
/** The reference reader's limit. */
export const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = "__metadata__";
/** Levels of nesting: the header object, a tensor, its shape. */
const HEADER_DEPTH = 3;

/** A tensor as declared in a header. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
}

/** A tensor and the place of its data in the file. */
export interface TensorEntry extends TensorInfo {
  /** Offset of the first byte from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * The header's length, from the file's first 8 bytes.
 * @throws CambiumError `E_SAFETENSORS_TRUNCATED`, `E_SAFETENSORS_HEADER` (too long; a Git LFS pointer).
 */
export function parseHeaderLength(first: Uint8Array, fileSize: number, where: string): number {
  if (first.length < LENGTH_BYTES) {
    throw truncated(where, `at least ${LENGTH_BYTES} bytes`, `${first.length} bytes`);
  }
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    const pointer = new TextDecoder("latin1").decode(first.subarray(0, LENGTH_BYTES)) === "version ";
    throw new CambiumError("E_SAFETENSORS_HEADER", "this is not a safetensors file", {
      where,
      expected: `a header of at most ${MAX_HEADER_BYTES} bytes`,
      got: pointer ? "what looks like a Git LFS pointer" : `a header length of ${length}`,
      ...(pointer ? { hint: "run `git lfs pull` in that folder" } : {}),
    });
  }
  const needed = LENGTH_BYTES + Number(length);
  if (needed > fileSize) throw truncated(where, `${needed} bytes or more, by its header length`, `${fileSize} bytes`);
  return Number(length);
}

/**
 * Parses and checks a header: unique names, known dtypes, natural sizes, bytes = shape × dtype, and tensors that fill
 * the rest of the file exactly.
 * @param header the JSON bytes, without the length field.
 * @param fileSize undefined if the data may be missing, so that the size is not checked.
 * @throws CambiumError `E_SAFETENSORS_HEADER` with every reason, `E_SAFETENSORS_TRUNCATED` if only the end of the file
 * is missing.
 */
export function parseHeader(header: Uint8Array, fileSize: number | undefined, where: string): SafetensorsHeader {
  const reasons = new ReasonList();
  const root = parseRoot(header, where);
  const metadata = readMetadata(root[METADATA_KEY], reasons);
  const dataStart = LENGTH_BYTES + header.length;
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(root)) {
    if (name === METADATA_KEY) continue;
    const entry = readEntry(name, value, dataStart, reasons);
    if (entry !== undefined) entries.push(entry);
  }
  entries.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  // The bytes of an unreadable entry would look like a gap.
  const readable = reasons.count === 0;
  const end = readable ? checkTiling(entries, dataStart, reasons) : dataStart;
  const sized = readable && fileSize !== undefined;
  if (sized && reasons.count === 0 && end > fileSize) {
    throw truncated(where, `${end} bytes, by its header`, `${fileSize} bytes`);
  }
  if (sized && end < fileSize) {
    reasons.add({
      message: "bytes after the last tensor belong to no tensor",
      expected: `a file of ${end} bytes`,
      got: `${fileSize} bytes`,
    });
  }
  reasons.throwIfAny("E_SAFETENSORS_HEADER", "the header of this safetensors file is not valid", { where });
  return { metadata, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

/** @throws CambiumError `E_TENSOR_NOT_FOUND` */
export function entryOf({ tensors }: SafetensorsHeader, name: string, where: string): TensorEntry {
  const entry = tensors.get(name);
  if (entry !== undefined) return entry;
  throw new CambiumError("E_TENSOR_NOT_FOUND", "there is no such tensor in this file", {
    where,
    expected: `one of its ${tensors.size} tensors`,
    got: quote(name),
  });
}

function parseRoot(header: Uint8Array, where: string): JsonObject {
  let root: JsonValue;
  try {
    root = parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header), where, HEADER_DEPTH);
  } catch (error) {
    const known = error instanceof CambiumError ? error.details : { where, got: "bytes that are not UTF-8" };
    throw new CambiumError("E_SAFETENSORS_HEADER", "the header of this file is not valid JSON", known);
  }
  if (isJsonObject(root) && header[0] === 0x7b) return root;
  throw new CambiumError("E_SAFETENSORS_HEADER", "the header of this file is not a JSON object", {
    where,
    expected: "`{` as its first byte",
    got: quote(root),
  });
}

function readMetadata(value: JsonValue | undefined, reasons: ReasonList): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (isJsonObject(value) && Object.values(value).every((text) => typeof text === "string")) {
    return value as Record<string, string>;
  }
  reasons.add({ where: METADATA_KEY, message: "metadata maps strings to strings", got: quote(value) });
  return {};
}

function readEntry(name: string, value: JsonValue, dataStart: number, reasons: ReasonList): TensorEntry | undefined {
  const before = reasons.count;
  const wrong = (message: string, expected: string, got: JsonValue | undefined) =>
    reasons.add({ where: `tensor ${quote(name)}`, message, expected, got: got === undefined ? "nothing" : quote(got) });
  if (!isWellFormed(name)) wrong("the name is not Unicode", "paired surrogates", name);
  if (!isJsonObject(value)) {
    wrong("the entry is not an object", "{dtype, shape, data_offsets}", value);
    return undefined;
  }
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  if (Object.keys(rest).length > 0) wrong("unknown fields", "dtype, shape, data_offsets", Object.keys(rest));
  if (!isStoredDType(dtype)) wrong("unknown dtype", Object.keys(STORED_BITS).reverse().join(" "), dtype);
  const byteLength = isStoredDType(dtype) && Array.isArray(shape) ? storedByteLength(dtype, shape) : undefined;
  if (!Array.isArray(shape) || (isStoredDType(dtype) && byteLength === undefined)) {
    wrong("impossible shape", "natural numbers, for fewer than 2^50 bytes in total", shape);
  }
  if (!isRange(offsets)) wrong("impossible data_offsets", "[begin, end] with 0 ≤ begin ≤ end", offsets);
  else if (byteLength !== undefined && offsets[1] - offsets[0] !== byteLength) {
    wrong("shape and data_offsets disagree", `${byteLength} bytes for ${dtype}[${quote(shape)}]`, offsets);
  }
  if (reasons.count > before || !isRange(offsets)) return undefined;
  return {
    name,
    dtype: dtype as StoredDType,
    shape: shape as number[],
    offset: dataStart + offsets[0],
    byteLength: offsets[1] - offsets[0],
  };
}

/**
 * Checks that tensors neither overlap nor leave gaps. @returns the end of the last tensor, from the start of the file.
 */
function checkTiling(entries: readonly TensorEntry[], dataStart: number, reasons: ReasonList): number {
  let end = dataStart;
  for (const { name, offset, byteLength } of entries) {
    if (offset !== end) {
      reasons.add({
        where: `tensor ${quote(name)}`,
        message: offset < end ? "its bytes overlap another tensor's" : "bytes before it belong to no tensor",
        expected: `data_offsets that begin at ${end - dataStart}`,
        got: String(offset - dataStart),
      });
    }
    end = Math.max(end, offset + byteLength);
  }
  return end;
}

function isRange(value: JsonValue | undefined): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [begin, end] = value;
  return isSize(begin) && isSize(end) && begin <= end;
}

/** Whether `text` has no lone surrogates, so that it survives UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function truncated(where: string, expected: string, got: string): CambiumError {
  return new CambiumError("E_SAFETENSORS_TRUNCATED", "this safetensors file ends too early", {
    where,
    expected,
    got,
    hint: "copy or download it again",
  });
}
