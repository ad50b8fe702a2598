// A source's fingerprint, cached by the state of its files: unchanged files are not read again.
import { join } from "node:path";
import { readTextFile, writeFileAtomic } from "@cambium/files";
import { z } from "zod";
import { clockGrainMs } from "../source/clock.js";
import type { Fingerprint, Source } from "../source/source.js";

/** Enough for a million files. */
const mostBytes = 100_000_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const schema = z.strictObject({ all: sha256, files: z.array(sha256) });

/** The fingerprint of `source`; read from `cacheDir` if its files are unchanged, else computed and cached there. */
export async function rememberedFingerprint(
  source: Source,
  cacheDir: string,
  onBytes: (bytesRead: number) => void,
): Promise<Fingerprint> {
  const { signature, changedAt } = await source.state();
  if (changedAt === 0) return source.fingerprint(onBytes);
  const path = join(cacheDir, "fingerprints", signature);
  const known = remembered(await readTextFile(path, mostBytes).catch(() => ""));
  if (known) return known;
  const askedAt = Date.now();
  const fingerprint = await source.fingerprint(onBytes);
  const unchanged = (await source.state()).signature === signature;
  if (unchanged && askedAt - changedAt > clockGrainMs) {
    // A cache that cannot be written may still hold the token files.
    await writeFileAtomic(path, JSON.stringify(fingerprint)).catch(() => undefined);
  }
  return fingerprint;
}

function remembered(text: string): Fingerprint | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
