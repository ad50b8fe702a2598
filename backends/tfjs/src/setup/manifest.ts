// The manifest of a built binding: what it was made from, and the size and SHA-256 of every file it needs.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";

export const manifestName = "manifest.json";
export const bindingName = "tfjs_binding.node";
/** Cambium's own ops, compiled from `native/`. */
export const opsName = "cambium_ops.node";

/** With another value, the folder was built by another version of Cambium and is built again. */
const format = 1;

export interface ManifestFile {
  /** Relative to the manifest's folder, or absolute for a libtensorflow that is used where it is. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: typeof format;
  /** The npm package whose sources were compiled. */
  readonly package: string;
  readonly version: string;
  /** Of the libtensorflow, as the binding itself reports it. */
  readonly tensorflow: string;
  readonly platform: string;
  /** Version of Node-API. Later versions of Node run it too. */
  readonly napi: number;
  /** The Node and the compiler that built it. */
  readonly node: string;
  readonly compiler: string;
  /** `opsKey()` of Cambium's own ops; absent without them. */
  readonly ops?: string;
  /** Where libtensorflow came from: wheels with their checksums, or a folder. */
  readonly source: ManifestSource;
  readonly files: readonly ManifestFile[];
}

export type ManifestSource =
  | { readonly kind: "wheels"; readonly cuda: boolean; readonly wheels: readonly ManifestFile[] }
  | { readonly kind: "folder"; readonly folder: string };

export function makeManifest(content: Omit<Manifest, "format">): Manifest {
  return { format, ...content };
}

/** @returns null if there is none that this version can use. Throws only errors of the disk. */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const text = await readFile(resolve(folder, manifestName), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const manifest = JSON.parse(text) as Partial<Manifest>;
    return manifest.format === format && Array.isArray(manifest.files) ? (manifest as Manifest) : null;
  } catch {
    return null;
  }
}

const compiled: ReadonlySet<string> = new Set([bindingName, opsName]);

/**
 * What is wrong with the files of a manifest; empty if they are as they were built. `quick` compares only the sizes of
 * the libraries (a gigabyte) and the checksums of what was compiled, as each run does before it loads them.
 */
export async function verify(folder: string, manifest: Manifest, how: "quick" | "whole"): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const file of manifest.files) {
    const path = resolve(folder, file.path);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => undefined,
    );
    if (bytes === undefined) problems.push(`${path} is gone`);
    else if (bytes !== file.bytes) problems.push(`${path} has ${bytes} bytes in place of ${file.bytes}`);
    else if ((how === "whole" || compiled.has(file.path)) && (await sha256Of(path)) !== file.sha256) {
      problems.push(`${path} is not what was built: its SHA-256 differs`);
    }
  }
  return problems;
}

/** Describes a file for a manifest. */
export async function describeFile(folder: string, path: string): Promise<ManifestFile> {
  const absolute = resolve(folder, path);
  return { path, bytes: (await stat(absolute)).size, sha256: await sha256Of(absolute) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
