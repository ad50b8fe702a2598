// The Python that the engine uses: the one named in its options, else the one made by `cambium setup torch`.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CambiumError, type Reason } from "@cambium/ir";
import type { TorchVersions } from "./options.js";

const run = promisify(execFile);

/** The path of the driver, the same from `src/` and from `dist/`. */
export const driver = fileURLToPath(new URL("../python/driver.py", import.meta.url));

/** Minimum versions: fully_shard is public since torch 2.6, `dtype` is an argument since transformers 4.56. */
const least = { torch: [2, 6], transformers: [4, 56] } as const;
const needed = ["torch", "transformers", "safetensors", "numpy"] as const;

export interface FoundPython extends TorchVersions {
  readonly path: string;
  readonly version: string;
}

/** `$XDG_CACHE_HOME/cambium/torch`; a relative value is ignored, as the XDG base directory specification says. */
export function environmentFolder(env: NodeJS.ProcessEnv = process.env): string {
  const given = env["XDG_CACHE_HOME"];
  const base = given !== undefined && isAbsolute(given) ? given : join(homedir(), ".cache");
  return join(base, "cambium", "torch");
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
  const found = await ask(path);
  const reasons = needed.flatMap((name): Reason[] => {
    const version = found[name];
    if (version !== null) return [];
    return [{ where: name, message: "is not installed", hint: `${path} -m pip install ${name}` }];
  });
  if (reasons.length > 0) {
    throw new CambiumError("E_ENGINE_MISSING", "this Python lacks packages that the engine torch needs", {
      where: path,
      reasons,
      hint: "cambium setup torch makes an environment that has them",
    });
  }
  const old = (["torch", "transformers"] as const).flatMap((name): Reason[] => {
    const [got, want] = [found[name] as string, least[name].join(".")];
    return isLess(got, least[name]) ? [{ where: name, message: "is too old", expected: `${want} or newer`, got }] : [];
  });
  if (old.length > 0) {
    throw new CambiumError("E_ENGINE_VERSION", "this Python has packages too old for the engine torch", {
      where: path,
      reasons: old,
      hint: `cambium setup torch makes an environment with new ones; or ${path} -m pip install --upgrade torch transformers`,
    });
  }
  return { path, version: found.python, torch: found.torch as string, transformers: found.transformers as string };
}

type Answer = { readonly [K in (typeof needed)[number]]: string | null } & { readonly python: string };

const question = `
import importlib.metadata as m, json, platform
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": platform.python_version(), **{n: version(n) for n in ${JSON.stringify(needed)}}}))`;

/** Reads the versions without loading torch, which takes seconds. */
async function ask(path: string): Promise<Answer> {
  try {
    const { stdout } = await run(path, ["-c", question], { timeout: 60_000 });
    return JSON.parse(stdout) as Answer;
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    const missing = code === "ENOENT" || code === "EACCES";
    throw new CambiumError(
      "E_ENGINE_MISSING",
      missing ? "there is no Python at this path" : "this Python does not run",
      {
        where: path,
        cause,
        ...(!missing && { got: stderr?.trim().split("\n").at(-1) || String(code) }),
        hint: "run cambium setup torch, or set the engine's option python to another path",
      },
    );
  }
}

function isLess(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return a < major || (a === major && b < minor);
}
