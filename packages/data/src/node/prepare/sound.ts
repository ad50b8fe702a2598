// Whether a token file in the cache is intact: its ids are compared with their checksum once, and again after the file
// was touched.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTextFile } from "@cambium/files";
import { clockGrainMs } from "../source/clock.js";
import type { TokenFile } from "../tokens/reader.js";

/** @throws CambiumError `E_TOKEN_FILE` if its bytes do not match its checksum. */
export async function requireSound(file: TokenFile, cacheDir: string): Promise<void> {
  const state = JSON.stringify([file.state, file.header.sha256]);
  const folder = join(cacheDir, "verified");
  const path = join(folder, basename(file.path));
  if ((await readTextFile(path).catch(() => "")) === state) return;
  const fresh = Date.now() - Number(file.state.changed) / 1e6 < clockGrainMs;
  await file.verify();
  if (fresh) return;
  // A read-only cache may still hold the token files; a truncated note only looks like another state.
  await mkdir(folder, { recursive: true })
    .then(() => writeFile(path, state))
    .catch(() => undefined);
}
