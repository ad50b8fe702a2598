// Whether the NVIDIA driver is installed, and the name of its first GPU. It reads the kernel's files and starts nothing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Gpu {
  /** The name of the first GPU, if the driver lists it. */
  readonly name?: string;
}

/** Null if there is no NVIDIA driver. WSL has a driver without those files, and therefore no names. */
export function findGpu(root = "/"): Gpu | null {
  const driver = join(root, "proc/driver/nvidia");
  const present = [join(driver, "version"), join(root, "dev/nvidiactl"), join(root, "dev/dxg")].some(existsSync);
  if (!present) return null;
  const name = firstModel(join(driver, "gpus"));
  return name === undefined ? {} : { name };
}

function firstModel(folder: string): string | undefined {
  try {
    for (const gpu of readdirSync(folder).sort()) {
      const model = /^Model:\s*(.+)$/m.exec(readFileSync(join(folder, gpu, "information"), "utf8"))?.[1];
      if (model !== undefined) return model.trim();
    }
  } catch {
    // Containers often hide these files; the GPU then has no name.
  }
  return undefined;
}
