// Checks the pages of a column before they are decoded: the library repeats a value as often as a run says, however
// many values the page has, and allocates as many as a page claims.
import { type AsyncBuffer, type ColumnChunk, type PageHeader, readOffsetIndex, type SchemaTree } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { pageUnpackers, type Unpack } from "./parquet-pages.js";
import { passRuns } from "./parquet-runs.js";

/** Writers make pages of a megabyte, or of some thousand values. */
const mostValues = 2 ** 24;

/** Most bytes of a page's header; most of it is statistics. */
const headerBytes = 1024 * 1024;

/** The schema elements on the way to a column, from the root. */
export type SchemaPath = readonly SchemaTree[];

/** @throws Error for pages whose content is not what their headers say */
export async function checkPages(file: AsyncBuffer, chunk: ColumnChunk, path: SchemaPath): Promise<void> {
  const { meta_data: data } = chunk;
  if (!data) return;
  const unpackers = await pageUnpackers();
  const unpack = data.codec === "UNCOMPRESSED" ? (input: Uint8Array) => input : unpackers[data.codec];
  if (!unpack) throw new Error(`pages compressed by ${data.codec} are not read here`);
  const begin = Number(data.dictionary_page_offset || data.data_page_offset);
  const end = begin + Number(data.total_compressed_size);
  const begins = new Set<number>();
  let values = 0;
  for (let at = begin; at < end - 1; ) {
    begins.add(at);
    const { header, bytes } = await headerAt(file, at, end);
    const size = header.compressed_page_size;
    if (!(size >= 0 && at + bytes + size <= end)) throw new Error(`the page at byte ${at} is larger than its column`);
    values += valuesOf(header);
    if (values > Number(data.num_values)) throw new Error(`the pages have more than the ${data.num_values} values`);
    if (hasRuns(header, path)) {
      const page = new Uint8Array(await file.slice(at + bytes, at + bytes + size));
      checkRuns(header, page, { ...levels(path), unpack, boolean: data.type === "BOOLEAN" });
    }
    at += bytes + size;
  }
  await checkIndex(file, chunk, begins);
}

async function headerAt(file: AsyncBuffer, at: number, end: number): Promise<{ header: PageHeader; bytes: number }> {
  for (let size = 4096; ; size *= 16) {
    const to = Math.min(end, at + size);
    const reader = { view: new DataView(await file.slice(at, to)), offset: 0 };
    try {
      return { header: parquetHeader(reader), bytes: reader.offset };
    } catch (cause) {
      if (to === end || size >= headerBytes) throw cause;
    }
  }
}

/** Values of a data page. */
function valuesOf(header: PageHeader): number {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary, type } = header;
  const count = { DATA_PAGE: v1, DATA_PAGE_V2: v2, DICTIONARY_PAGE: dictionary, INDEX_PAGE: undefined }[type]
    ?.num_values;
  if (count === undefined || !(count >= 0 && count <= mostValues))
    throw new Error(`a page says that it has ${count} values`);
  if (v2 && type === "DATA_PAGE_V2") {
    const { num_nulls: nulls, definition_levels_byte_length: d, repetition_levels_byte_length: r } = v2;
    const sound = nulls >= 0 && nulls <= count && d >= 0 && r >= 0 && d + r <= header.compressed_page_size;
    if (!sound) throw new Error(`a page of ${count} values says that it has ${nulls} nulls, in ${d} + ${r} bytes`);
  }
  return type === "DICTIONARY_PAGE" ? 0 : count;
}

function isDictionary(encoding: string): boolean {
  return encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY";
}

function hasRuns({ type, data_page_header: v1, data_page_header_v2: v2 }: PageHeader, path: SchemaPath): boolean {
  const encoding = (type === "DATA_PAGE" ? v1 : type === "DATA_PAGE_V2" ? v2 : undefined)?.encoding;
  if (encoding === undefined) return false;
  const { defined, repeated } = levels(path);
  return defined > 0 || repeated > 0 || encoding === "RLE" || isDictionary(encoding);
}

/** The largest definition and repetition levels of a column. */
function levels(path: SchemaPath): { readonly defined: number; readonly repeated: number } {
  const kinds = path.slice(1).map(({ element }) => element.repetition_type);
  return {
    defined: kinds.filter((kind) => kind !== "REQUIRED").length,
    repeated: kinds.filter((kind) => kind === "REPEATED").length,
  };
}

interface Column {
  readonly defined: number;
  readonly repeated: number;
  readonly boolean: boolean;
  readonly unpack: Unpack;
}

function checkRuns(header: PageHeader, packed: Uint8Array, column: Column): void {
  const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header;
  if (header.type === "DATA_PAGE" && v1) {
    const page = column.unpack(packed, size);
    let { at } = measured(page, 0, column.repeated, v1.num_values);
    const definitions = measured(page, at, column.defined, v1.num_values);
    at = definitions.at;
    checkValues(page, at, { ...v1, values: definitions.equal, ...column });
  } else if (header.type === "DATA_PAGE_V2" && v2) {
    const { repetition_levels_byte_length: r, definition_levels_byte_length: d, num_values: values } = v2;
    if (column.repeated > 0) passRuns(packed, { at: 0, end: r, width: bits(column.repeated), values });
    if (column.defined > 0) passRuns(packed, { at: r, end: r + d, width: bits(column.defined), values });
    if (v2.encoding !== "RLE" && !isDictionary(v2.encoding)) return;
    const rest = packed.subarray(r + d);
    const page = v2.is_compressed !== false && size > r + d ? column.unpack(rest, size - r - d) : rest;
    checkValues(page, 0, { encoding: v2.encoding, values: values - v2.num_nulls, boolean: column.boolean });
  }
}

/** Runs preceded by their length in 4 bytes. `equal` counts the values of level `most`: all, if there are no levels. */
function measured(page: Uint8Array, at: number, most: number, values: number): { at: number; equal: number } {
  if (most === 0) return { at, equal: values };
  if (most > 255) throw new Error("its column is nested more than 255 deep");
  const length = new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(at, true);
  const end = at + 4 + length;
  return { at: end, equal: passRuns(page, { at: at + 4, end, width: bits(most), values, counted: most }) };
}

interface Values {
  readonly encoding: string;
  readonly values: number;
  readonly boolean: boolean;
}

function checkValues(page: Uint8Array, at: number, { encoding, values, boolean }: Values): void {
  const coded = isDictionary(encoding);
  if (!coded && encoding !== "RLE") return;
  if (boolean) measured(page, at, 1, values);
  // Values of no bits may do without runs.
  else if (at + 1 < page.length) passRuns(page, { at: at + 1, end: page.length, width: page[at] as number, values });
}

function bits(level: number): number {
  return 32 - Math.clz32(level);
}

/** The index may name other places than the pages that were checked; only the places of pages are used from it. */
async function checkIndex(file: AsyncBuffer, chunk: ColumnChunk, begins: ReadonlySet<number>): Promise<void> {
  const { offset_index_offset: offset, offset_index_length: length } = chunk;
  if (!offset || !length) return;
  const buffer = await file.slice(Number(offset), Number(offset) + length);
  for (const page of readOffsetIndex({ view: new DataView(buffer), offset: 0 }).page_locations)
    if (!begins.has(Number(page.offset)))
      throw new Error(`the index has a page at byte ${page.offset}, where there is none`);
}
