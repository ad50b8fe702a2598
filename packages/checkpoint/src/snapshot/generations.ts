// The generations in a snapshot directory. Each is `snapshot-000123.safetensors` (tensors) and, written after it, the
// manifest `snapshot-000123.json`, which seals it: file, length, SHA-256, state, and a SHA-256 of all these.
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, type JsonValue, readContainedText, toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { z } from "zod";

const NAME = /^snapshot-(\d{6,15})\.(json|safetensors)$/;
const MAX_MANIFEST_BYTES = 100_000_000;

const Content = z.strictObject({
  version: z.literal(1),
  generation: z.int().nonnegative(),
  file: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  // Not `z.json()`, which copies what it checks. The checksum already guarantees that this is JSON we wrote.
  state: z.custom<JsonValue>((state) => state !== undefined),
});
const Manifest = z.strictObject({ content: z.unknown(), sha256: z.string() });

/** The content of a manifest, which seals one generation. */
export interface SnapshotManifest {
  readonly version: 1;
  readonly generation: number;
  readonly file: string;
  /** Length of `file`. */
  readonly bytes: number;
  /** SHA-256 of `file`, in hex. */
  readonly sha256: string;
  readonly state: JsonValue;
}

export function tensorFile(generation: number): string {
  return `snapshot-${String(generation).padStart(6, "0")}.safetensors`;
}

export function manifestFile(generation: number): string {
  return `snapshot-${String(generation).padStart(6, "0")}.json`;
}

export function isSnapshotFile(name: string): boolean {
  return NAME.test(name);
}

/** A snapshot file, parsed from its name. */
export interface GenerationFile {
  readonly name: string;
  readonly generation: number;
  readonly kind: "json" | "safetensors";
}

/** Every snapshot file in `dir`, newest generation first; none if the directory does not exist. */
export async function listGenerations(dir: string): Promise<GenerationFile[]> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw toFileError(error, dir);
  }
  return names
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ name, generation: Number(match[1]), kind: match[2] as "json" | "safetensors" }];
    })
    .sort((a, b) => b.generation - a.generation);
}

/**
 * The manifest's text. Parsing and stringifying JSON gives the same text again, so the hash can be checked after
 * parsing.
 */
export function formatManifest(content: SnapshotManifest): string {
  const text = JSON.stringify(content);
  return `{"content":${text},"sha256":"${sha256(text)}"}\n`;
}

/**
 * Reads and checks the manifest of a generation (not the tensors).
 * @throws CambiumError `E_SNAPSHOT_CORRUPT`, `E_NOT_FOUND`, `E_IO`, …
 */
export async function readManifest(dir: string, generation: number): Promise<SnapshotManifest> {
  const name = manifestFile(generation);
  const text = await readContainedText(dir, name, MAX_MANIFEST_BYTES);
  const outer = Manifest.safeParse(tryParse(text));
  if (!outer.success || contentSum(outer.data.content) !== outer.data.sha256) {
    throw corrupt(join(dir, name), "content and checksum do not agree");
  }
  const content = Content.safeParse(outer.data.content);
  if (!content.success || content.data.generation !== generation || content.data.file !== tensorFile(generation)) {
    throw corrupt(join(dir, name), "this is not a manifest of this version");
  }
  return content.data;
}

export function corrupt(where: string, message: string, sizes: { expected?: string; got?: string } = {}): CambiumError {
  return new CambiumError("E_SNAPSHOT_CORRUPT", message, { where, ...sizes });
}

/** The checksum; undefined for content nested too deeply to stringify, which no manifest is. */
function contentSum(content: unknown): string | undefined {
  try {
    return sha256(JSON.stringify(content) ?? "");
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
