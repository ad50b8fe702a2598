// The rows of a Parquet file, a bounded part of a row group at a time.
import type { FileHandle } from "node:fs/promises";
import { openFile, withFileErrors } from "@cambium/files";
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import { checkPages } from "./parquet-check.js";
import { pageUnpackers } from "./parquet-pages.js";

/** Bytes of a row group's columns that are decoded at once, as its header counts them. */
const partBytes = 32 * 1024 * 1024;

/** Most rows made at once, whatever the header says about their size. */
const mostRows = 16_384;

/** Most bytes of a column of a row group, as stored in the file. */
const largestRead = 1024 * 1024 * 1024;

export interface ParquetRow {
  /** In the file, from 0. */
  readonly index: number;
  readonly value: unknown;
}

/** Why a file cannot be read, and where. */
export class ParquetDamage extends Error {
  override readonly name = "ParquetDamage";

  constructor(
    readonly where: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

export class ParquetFile {
  private constructor(
    readonly path: string,
    readonly file: AsyncBuffer,
    readonly metadata: FileMetaData,
    /** The columns of the top level, in their order. */
    readonly columns: readonly string[],
    readonly handle: FileHandle,
  ) {}

  /** @throws ParquetDamage for a file that is not Parquet; file errors. */
  static async open(path: string): Promise<ParquetFile> {
    const handle = await openFile(path);
    try {
      const { size } = await handle.stat();
      const file = bufferOf(handle, size, path);
      // With `geoparquet`, the library loops for ever on an element with a negative number of children.
      const metadata = await parquetMetadataAsync(file, { geoparquet: false });
      const schema = parquetSchema(metadata);
      checkChunks(metadata, schema);
      const columns = schema.children.map(({ element }) => element.name);
      return new ParquetFile(path, file, metadata, columns, handle);
    } catch (cause) {
      const { size } = await handle.stat();
      await handle.close();
      throw new ParquetDamage(`${path}, footer, before byte ${size}`, cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }

  /** All rows as objects of `columns`, which must exist. @throws ParquetDamage naming the rows and the byte. */
  async *rows(columns: readonly string[] = this.columns): AsyncGenerator<ParquetRow> {
    let before = 0;
    for (const group of this.metadata.row_groups) {
      const count = Number(group.num_rows);
      const fitting = Math.floor(count * Math.min(1, partBytes / Math.max(1, sizeOf(group, columns))));
      const step = Math.min(mostRows, Math.max(1, fitting));
      await this.#check(group, columns, before);
      for (let start = 0; start < count; start += step) {
        const [rowStart, rowEnd] = [before + start, before + Math.min(count, start + step)];
        const rows = await this.#read(group, columns, rowStart, rowEnd);
        for (const [i, value] of rows.entries()) yield { index: rowStart + i, value: plain(value) };
      }
      before += count;
    }
  }

  async #check(group: RowGroup, columns: readonly string[], before: number): Promise<void> {
    const schema = parquetSchema(this.metadata);
    for (const chunk of group.columns) {
      const path = chunk.meta_data?.path_in_schema ?? [];
      if (!columns.includes(path[0] as string)) continue;
      try {
        await checkPages(this.file, chunk, schemaPath(schema, path));
      } catch (cause) {
        const rows = `rows ${before} to ${before + Number(group.num_rows) - 1}`;
        throw new ParquetDamage(`${this.path}, ${rows}, byte ${beginOf(group, [path[0] as string])}`, cause);
      }
    }
  }

  async #read(group: RowGroup, columns: readonly string[], rowStart: number, rowEnd: number): Promise<object[]> {
    try {
      const { file, metadata } = this;
      const options = { file, metadata, compressors: await pageUnpackers(), columns: [...columns], rowStart, rowEnd };
      const rows = await parquetReadObjects({ ...options, useOffsetIndex: true });
      // An absent value is null; the library gives undefined for rows that the file does not have.
      const whole = rows.length === rowEnd - rowStart && !Object.values(rows.at(-1) ?? {}).includes(undefined);
      if (whole) return rows;
      throw new Error("the file has fewer rows than it says");
    } catch (cause) {
      throw new ParquetDamage(
        `${this.path}, rows ${rowStart} to ${rowEnd - 1}, byte ${beginOf(group, columns)}`,
        cause,
      );
    }
  }
}

/**
 * Checks that each column of each row group is in the schema, once. The library reads the pages of any other without
 * awaiting them, so an error in them would end the process.
 */
function checkChunks({ row_groups: groups }: FileMetaData, schema: SchemaTree): void {
  const leaves = new Set<string>();
  const visit = ({ children, path }: SchemaTree): void => {
    if (children.length === 0) leaves.add(JSON.stringify(path));
    for (const child of children) visit(child);
  };
  visit(schema);
  for (const [i, { columns, num_rows: rows }] of groups.entries()) {
    const seen = new Set<string>();
    for (const { meta_data: data } of columns) {
      const path = JSON.stringify(data?.path_in_schema);
      if (!leaves.has(path) || seen.has(path)) throw new Error(`row group ${i} has a column ${path} not in the schema`);
      seen.add(path);
    }
    if (!(rows >= 0n)) throw new Error(`row group ${i} has ${rows} rows`);
  }
}

function schemaPath(root: SchemaTree, path: readonly string[]): SchemaTree[] {
  const found = [root];
  for (const name of path) {
    const child = found.at(-1)?.children.find(({ element }) => element.name === name);
    if (child) found.push(child);
  }
  return found;
}

function bufferOf(handle: FileHandle, size: number, path: string): AsyncBuffer {
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const length = end - start;
    if (!(start >= 0 && end <= size && length >= 0))
      throw new Error(`bytes ${start} to ${end} are not within the file, which has ${size}`);
    if (length > largestRead) throw new Error(`${length} bytes would have to be read at once`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await withFileErrors(path, () => handle.read(bytes, done, length - done, start + done));
      if (bytesRead === 0) throw new Error(`the file ends at byte ${start + done}`);
      done += bytesRead;
    }
    return bytes.buffer;
  };
  return {
    byteLength: size,
    slice(start, end = size) {
      const bytes = read(start, end);
      // The library requests some bytes ahead, and may fail before it awaits them.
      bytes.catch(() => undefined);
      return bytes;
    },
  };
}

function chunksOf({ columns: chunks }: RowGroup, columns: readonly string[]) {
  return chunks.flatMap(({ meta_data: data }) =>
    data && columns.includes(data.path_in_schema[0] as string) ? [data] : [],
  );
}

function sizeOf(group: RowGroup, columns: readonly string[]): number {
  return chunksOf(group, columns).reduce((sum, data) => sum + Number(data.total_uncompressed_size), 0);
}

function beginOf(group: RowGroup, columns: readonly string[]): number {
  const begins = chunksOf(group, columns).map((data) => Number(data.dictionary_page_offset ?? data.data_page_offset));
  return begins.reduce((least, begin) => Math.min(least, begin), Number.POSITIVE_INFINITY);
}

/** Parquet's integers arrive as bigint. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, plain(held)]));
}
