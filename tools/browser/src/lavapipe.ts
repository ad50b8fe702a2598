// lavapipe, Mesa's Vulkan on the CPU, as a WebGPU adapter for Node: a second, independent software adapter beside
// SwiftShader, which also has `shader-f16`. It comes with the system (Debian: mesa-vulkan-drivers), not from npm.
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { cache } from "./unpack.js";

const drivers = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const shim = join(import.meta.dirname, "lavapipe-shim.c");

/**
 * Makes lavapipe the only Vulkan driver of this process; call it before WebGPU is first used. Its driver is wrapped
 * (`lavapipe-shim.c`), which needs a C compiler, once.
 * @returns what is missing and how to install it, for the name of a skipped test; undefined if nothing is missing
 */
export async function useLavapipe(): Promise<string | undefined> {
  const driver = findDriver();
  if (driver === undefined) return "skipped: no lavapipe here; apt-get install mesa-vulkan-drivers";
  const built = await wrapped(driver).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (built === undefined) return "skipped: no C compiler here for lavapipe's wrapper; apt-get install gcc libc6-dev";
  // Mesa wants a folder of the user's, and warns without one.
  process.env["XDG_RUNTIME_DIR"] ??= tmpdir();
  Object.assign(process.env, { VK_DRIVER_FILES: built, VK_ICD_FILENAMES: built });
  return undefined;
}

/** Path of the driver's library, from its ICD file. */
function findDriver(): string | undefined {
  for (const folder of drivers.filter((path) => existsSync(path))) {
    const file = readdirSync(folder).find((name) => /^lvp_icd.*\.json$/.test(name));
    if (file === undefined) continue;
    const { ICD } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { ICD: { library_path: string } };
    const path = ICD.library_path;
    // A bare name is left to the dynamic linker.
    return path.includes("/") ? resolve(folder, path) : path;
  }
  return undefined;
}

/** The ICD file of the wrapped driver, compiled once; it appears atomically. @throws ENOENT without `cc` */
async function wrapped(driver: string): Promise<string> {
  const source = readFileSync(shim, "utf8");
  const key = createHash("sha256").update(`${driver}\n${source}`).digest("hex").slice(0, 16);
  const folder = join(cache, `lavapipe-${key}`);
  const manifest = join(folder, "icd.json");
  if (existsSync(manifest)) return manifest;
  const scratch = `${folder}.${randomUUID()}`;
  await mkdir(scratch, { recursive: true });
  try {
    const library = "libvulkan_lavapipe_shim.so";
    const flags = ["-std=gnu11", "-O1", "-shared", "-fPIC", `-DDRIVER="${driver}"`];
    await promisify(execFile)("cc", [...flags, shim, "-o", join(scratch, library), "-ldl"]);
    const icd = { file_format_version: "1.0.0", ICD: { library_path: join(folder, library), api_version: "1.1.0" } };
    await writeFile(join(scratch, "icd.json"), JSON.stringify(icd));
    await rename(scratch, folder);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!existsSync(manifest)) throw error;
  }
  return manifest;
}
