// Python wheels: zip files with a RECORD of every file's SHA-256. The wanted files are unpacked as streams and checked.
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { CambiumError } from "@cambium/ir";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import type { ManifestFile } from "./manifest.js";

export interface Wheel {
  readonly path: string;
  /** As in its METADATA: `tensorflow-cpu`, `nvidia-cublas-cu12`. */
  readonly name: string;
  readonly version: string;
  /** Requirements that an extra brings: `extra("and-cuda")` → [`nvidia-cublas-cu12<13.0,>=12.5.3.2`, …]. */
  extra(name: string): readonly string[];
  /** Unpacks the files that `wanted` accepts, with their paths in the wheel, below `folder`. */
  unpack(folder: string, wanted: (path: string) => boolean, signal: AbortSignal): Promise<readonly ManifestFile[]>;
  close(): void;
}

/** @throws CambiumError `E_SETUP_WHEEL` for a file that is not a wheel, or is damaged. */
export async function openWheel(path: string): Promise<Wheel> {
  const damaged = (reason: string, cause?: unknown) =>
    new CambiumError("E_SETUP_WHEEL", `${basename(path)} cannot be used: ${reason}`, {
      where: path,
      ...(cause !== undefined && { cause }),
      hint: "download it again",
    });
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      // Errors of the disk are not the wheel's.
      if (cause instanceof CambiumError || typeof (cause as { syscall?: unknown }).syscall === "string") throw cause;
      if ((cause as Error).name === "AbortError") throw cause;
      throw damaged((cause as Error).message, cause);
    }
  };
  const { zip, entries } = await guard(async () => {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
    return { zip, entries };
  });
  const read = async (name: string): Promise<string> => {
    const entry = [...entries.values()].find(
      ({ fileName }) => /^[^/]+\.dist-info\//.test(fileName) && fileName.endsWith(`/${name}`),
    );
    if (!entry) throw damaged(`it has no ${name}, so it is not a wheel`);
    return guard(async () => text(await zip.openReadStreamPromise(entry)));
  };
  try {
    const metadata = await read("METADATA");
    const checksums = parseRecord(await read("RECORD"));
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(metadata)?.[1]?.trim() ?? "";
    return {
      path,
      name: field("Name").toLowerCase(),
      version: field("Version"),
      extra: (extra) => requirementsOf(metadata, extra),
      unpack: (folder, wanted, signal) =>
        guard(async () => {
          const files: ManifestFile[] = [];
          for (const entry of [...entries.values()].filter(({ fileName }) => wanted(fileName))) {
            const file = await unpackEntry(zip, entry, folder, signal);
            const recorded = checksums.get(entry.fileName);
            if (file.sha256 !== recorded) throw damaged(`the checksum of ${entry.fileName} is not that of its RECORD`);
            files.push(file);
          }
          return files;
        }),
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function unpackEntry(zip: ZipFile, entry: Entry, folder: string, signal: AbortSignal): Promise<ManifestFile> {
  const path = join(folder, entry.fileName);
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash("sha256");
  const source: Readable = await zip.openReadStreamPromise(entry);
  const hashing = new PassThrough().on("data", (chunk: Buffer) => hash.update(chunk));
  await pipeline(source, hashing, createWriteStream(path, { flags: "wx" }), { signal });
  return { path: entry.fileName, bytes: entry.uncompressedSize, sha256: hash.digest("hex") };
}

/** Lines `path,sha256=BASE64URL,size` (PEP 376; the paths used here need no quotes) → hexadecimal by path. */
function parseRecord(record: string): ReadonlyMap<string, string> {
  const lines = record.split(/\r?\n/).map((line) => /^([^",]+),sha256=([\w-]+),\d+$/.exec(line));
  return new Map(
    lines.flatMap((line) => (line ? [[line[1] ?? "", Buffer.from(line[2] ?? "", "base64url").toString("hex")]] : [])),
  );
}

/** `Requires-Dist: NAME SPECIFIERS; extra == "EXTRA"` (core metadata of the Python Packaging Authority). */
function requirementsOf(metadata: string, extra: string): readonly string[] {
  return metadata.split(/\r?\n/).flatMap((line) => {
    const [, requirement, marker] = /^Requires-Dist: ([^;]+); (.+)$/.exec(line) ?? [];
    return requirement !== undefined && marker === `extra == "${extra}"` ? [requirement.trim()] : [];
  });
}
