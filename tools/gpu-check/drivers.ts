// Makes NVIDIA's Vulkan driver findable on a machine that was set up for CUDA alone. There the driver's ICD file may be
// missing, and libGLX_nvidia, which the file names, does not load without X11. libEGL_nvidia has the same driver and
// needs no X11.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

/** Where drivers put their ICD files; a loader that is not the system's does not look there by itself. */
const icdFolders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/nvidia/share/vulkan/icd.d"];

const libraryFolders = [
  ...["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/nvidia/lib64"],
  "/usr/lib/x86_64-linux-gnu/nvidia/current",
];

/** What there is of NVIDIA's driver, for a reader who wonders why there is no device. */
interface Drivers {
  /** ICD files given to the loader. */
  readonly icds: readonly string[];
  readonly libraries: readonly string[];
  /** The GPUs that the kernel driver shows, by nvidia-smi. */
  readonly gpus: string;
}

/** Sets the loader's environment, unless it is set. Call it before WebGPU is loaded. */
export function findDrivers(): Drivers {
  const files = icdFolders.flatMap((folder) => listed(folder).map((name) => join(folder, name)));
  const icds = files.filter((path) => /nvidia.*\.json$/.test(path));
  const libraries = libraryFolders.flatMap((folder) =>
    ["libGLX_nvidia.so.0", "libEGL_nvidia.so.0"].map((name) => join(folder, name)).filter(existsSync),
  );
  const egl = libraries.find((path) => path.includes("libEGL_nvidia"));
  if (egl) icds.push(icdFor(egl));
  const given = process.env["VK_DRIVER_FILES"];
  if (given === undefined && icds.length > 0) {
    // The second is the older loaders' name. A driver that two files name only shows twice.
    process.env["VK_DRIVER_FILES"] = process.env["VK_ICD_FILENAMES"] = icds.join(":");
  }
  return { icds: given?.split(":") ?? icds, libraries, gpus: gpus() };
}

function icdFor(library: string): string {
  const folder = mkdtempSync(join(tmpdir(), "cambium-icd-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "nvidia_egl_icd.json");
  const icd = { file_format_version: "1.0.0", ICD: { library_path: library, api_version: "1.3.0" } };
  writeFileSync(path, JSON.stringify(icd));
  return path;
}

/** Loads the bundled Vulkan loader, for a machine without one; glibc gives Dawn the library that is loaded already. */
export function loadBundledLoader(path: string): void {
  if (!existsSync(path)) return;
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | 0x1000);
  } catch (error) {
    if (!/did not self-register/.test(String(error))) console.error(`the bundled loader: ${error}`);
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function gpus(): string {
  try {
    return execFileSync("nvidia-smi", ["-L"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "nvidia-smi does not run here";
  }
}
