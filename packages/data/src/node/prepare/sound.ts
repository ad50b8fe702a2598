// Whether a token file in the cache is what was written there: its ids are read against their checksum once, and again
// when the file was touched.

import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readTextFile } from "@cambium/files";
import type { TokenFile } from "../tokens/reader.js";

/** A file changed twice within the clock's grain (2 s on FAT) looks unchanged: what is so fresh is read again. */
const CLOCK_GRAIN_MS = 2500;

/** @throws CambiumError `E_TOKEN_FILE` when its bytes are not those of its checksum. */
export async function requireSound(file: TokenFile, cacheDir: string): Promise<void> {
  const state = JSON.stringify([file.state, file.header.sha256]);
  const folder = join(cacheDir, "verified");
  const path = join(folder, basename(file.path));
  if ((await readTextFile(path).catch(() => "")) === state) return;
  const fresh = Date.now() - Number(file.state.changed) / 1e6 < CLOCK_GRAIN_MS;
  await file.verify();
  if (fresh) return;
  // A cache that cannot be written may still hold the token files; a note cut short is only read as another state.
  await mkdir(folder, { recursive: true })
    .then(() => writeFile(path, state))
    .catch(() => undefined);
}
