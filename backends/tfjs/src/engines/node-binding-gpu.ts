// Whether the NVIDIA driver is here, and what it calls its first GPU; read from the kernel's files, nothing is started.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Gpu {
  /** The first GPU's name, where the driver lists it. */
  readonly name?: string;
}

/** Null when there is no NVIDIA driver. WSL has one without the driver's files, and so no names. */
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
    // Containers often hide these files: the GPU is then without a name.
  }
  return undefined;
}
