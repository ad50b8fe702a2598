// Plans the place of each tensor in a new safetensors file, and its header. The file has the same bytes as one written
// by the reference implementation (huggingface/safetensors) for the same tensors.
import { quote, ReasonList } from "@cambium/files/anywhere";
import { storedByteLength, storedRank } from "./dtype.js";
import { isWellFormed, LENGTH_BYTES, MAX_HEADER_BYTES, type TensorEntry, type TensorInfo } from "./header.js";

const space = 0x20;

export interface SafetensorsLayout<T extends TensorInfo = TensorInfo> {
  /** The file's first bytes: length field and padded JSON. */
  readonly head: Uint8Array;
  /** In the order of their data. */
  readonly tensors: readonly (TensorEntry & { readonly source: T })[];
  readonly fileSize: number;
}

/**
 * Lays out a file: widest dtype first, then by name; header keys in that order, padded with spaces to 8 bytes.
 * @param metadata e.g. `{ format: "pt" }`, which `transformers` requires.
 * @throws CambiumError `E_SAFETENSORS_LAYOUT` with every reason: a duplicate or reserved name, an impossible shape.
 */
export function layoutSafetensors<T extends TensorInfo>(
  sources: Iterable<T>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout<T> {
  const sorted = [...sources].sort((a, b) => storedRank(b.dtype) - storedRank(a.dtype) || byUtf8(a.name, b.name));
  const sized = withByteLengths(sorted);
  const fields = Object.entries(metadata).sort(([a], [b]) => byUtf8(a, b));
  const header = fields.length === 0 ? [] : [`"__metadata__":{${fields.map(jsonField).join(",")}}`];
  let end = 0;
  for (const { source, byteLength } of sized) {
    const { dtype, shape } = source;
    header.push(jsonField([source.name, { dtype, shape, data_offsets: [end, end + byteLength] }]));
    end += byteLength;
  }
  const json = new TextEncoder().encode(`{${header.join(",")}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    const tooLong = new ReasonList();
    tooLong.add({ message: "the header would be too long", expected: `at most ${MAX_HEADER_BYTES} bytes` });
    tooLong.throwIfAny("E_SAFETENSORS_LAYOUT", "these tensors cannot be one safetensors file");
  }
  const head = new Uint8Array(LENGTH_BYTES + headerBytes).fill(space);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(json, LENGTH_BYTES);
  let offset = head.length;
  const tensors = sized.map(({ source, byteLength }) => {
    const { name, dtype, shape } = source;
    const entry = { name, dtype, shape, offset, byteLength, source };
    offset += byteLength;
    return entry;
  });
  return { head, tensors, fileSize: offset };
}

function withByteLengths<T extends TensorInfo>(sources: readonly T[]): { source: T; byteLength: number }[] {
  const reasons = new ReasonList();
  const seen = new Set<string>();
  const sized = sources.map((source) => {
    const { name, dtype, shape } = source;
    const where = `tensor ${quote(name)}`;
    const byteLength = storedByteLength(dtype, shape);
    if (seen.has(name)) reasons.add({ where, message: "the name is given twice" });
    seen.add(name);
    if (name === "__metadata__") reasons.add({ where, message: "the name is reserved by the format" });
    if (!isWellFormed(name)) reasons.add({ where, message: "the name is not Unicode" });
    if (byteLength === undefined) {
      reasons.add({ where, message: "impossible shape", expected: "natural numbers", got: quote(shape) });
    }
    return { source, byteLength: byteLength ?? 0 };
  });
  reasons.throwIfAny("E_SAFETENSORS_LAYOUT", "these tensors cannot be one safetensors file");
  return sized;
}

function jsonField([key, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

/**
 * Compares by UTF-8 bytes, which order characters beyond the basic plane differently from JavaScript's UTF-16 units.
 */
function byUtf8(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return inUtf8(x) - inUtf8(y);
  }
  return a.length - b.length;
}

/** Maps a UTF-16 unit so that surrogates, the units of characters beyond the basic plane, come last. */
function inUtf8(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
