// Unpacks the archives of @sparticuz/chromium once per version, for all processes of this checkout.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { extract } from "tar";

const inflate = promisify(brotliDecompress);
const archives = fileURLToPath(new URL("../bin/", import.meta.resolve("@sparticuz/chromium")));
/** The cache of this package. */
export const cache = fileURLToPath(new URL("../../../node_modules/.cache/cambium-browser/", import.meta.url));

/**
 * A folder with the contents of the named archives; a plain compressed file becomes an executable of its name.
 * The folder appears atomically: racing processes each unpack into a scratch folder, and the first to rename wins.
 * @param name of the folder within the cache
 * @throws Error on anything but Linux on x64, which the archives are for
 */
export async function unpacked(name: string, files: readonly string[]): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(`@sparticuz/chromium is for linux-x64, and this is ${process.platform}-${process.arch}`);
  const { version } = JSON.parse(readFileSync(join(archives, "../package.json"), "utf8")) as { version: string };
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const scratch = `${folder}.${randomUUID()}`;
  await mkdir(scratch, { recursive: true });
  try {
    await Promise.all(files.map((file) => unpackInto(scratch, file)));
    await rename(scratch, folder);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function unpackInto(folder: string, file: string): Promise<void> {
  const bytes = await inflate(readFileSync(join(archives, `${file}.br`)));
  if (file.endsWith(".tar")) return pipeline(Readable.from([bytes]), extract({ cwd: folder }));
  const path = join(folder, file);
  await writeFile(path, bytes);
  await chmod(path, 0o755);
}
