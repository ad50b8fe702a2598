// The Python that the engine uses: the one named in its options, else the one made by `cambium setup torch`.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "@cambium/backend";
import { askPython } from "@cambium/engine";
import { CambiumError, type Reason } from "@cambium/ir";
import type { TorchVersions } from "./options.js";

/** The path of the driver, the same from `src/` and from `dist/`. */
export const driver = fileURLToPath(new URL("../python/driver.py", import.meta.url));

/** Minimum versions: fully_shard is public since torch 2.6, `dtype` is an argument since transformers 4.56. */
const least = { torch: [2, 6], transformers: [4, 56] } as const;
const needed = ["torch", "transformers", "safetensors", "numpy"] as const;

export interface FoundPython extends TorchVersions {
  readonly path: string;
  readonly version: string;
}

/** The environment that `cambium setup torch` makes. */
export function environmentFolder(): string {
  return join(cacheFolder(process, homedir(), "torch"));
}

/** The Python of a virtual environment. */
export function pythonIn(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

/**
 * @param named a Python to use instead of the set-up's
 * @throws CambiumError `E_ENGINE_MISSING` if there is none or it lacks a package, `E_ENGINE_VERSION` for packages that
 * are too old
 */
export async function findPython(named: string | undefined): Promise<FoundPython> {
  const path = named ?? pythonIn(environmentFolder());
  if (named === undefined && !existsSync(path)) {
    throw new CambiumError("E_ENGINE_MISSING", "the engine torch has no Python yet", {
      where: path,
      hint: "run cambium setup torch, or name a Python with torch and transformers by the engine's option python",
    });
  }
  const found = await askPython({
    ...{ path, needed, engine: "torch" },
    hint: "run cambium setup torch, or set the engine's option python to another path",
  });
  const old = (["torch", "transformers"] as const).flatMap((name): Reason[] => {
    const [got, want] = [found[name], least[name].join(".")];
    return isLess(got, least[name]) ? [{ where: name, message: "is too old", expected: `${want} or newer`, got }] : [];
  });
  if (old.length > 0) {
    throw new CambiumError("E_ENGINE_VERSION", "this Python has packages too old for the engine torch", {
      where: path,
      reasons: old,
      hint: `cambium setup torch makes an environment with new ones; or ${path} -m pip install --upgrade torch transformers`,
    });
  }
  return { path, version: found.python, torch: found.torch, transformers: found.transformers };
}

function isLess(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return a < major || (a === major && b < minor);
}
