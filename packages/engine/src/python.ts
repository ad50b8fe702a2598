// What packages a Python has.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CambiumError, type Reason } from "@cambium/ir";

const run = promisify(execFile);

export interface PythonRequest<Name extends string> {
  readonly path: string;
  /** Packages that it must have. */
  readonly needed: readonly Name[];
  /** For messages: the engine, and how to get another Python. */
  readonly engine: string;
  readonly hint: string;
}

/**
 * The versions of Python and of the packages, read without loading them, which takes seconds.
 * @throws CambiumError `E_ENGINE_MISSING` if there is no such Python or it lacks a package
 */
export async function askPython<Name extends string>(
  request: PythonRequest<Name>,
): Promise<{ readonly [K in Name | "python"]: string }> {
  const { path, needed, engine, hint } = request;
  const found = await answer(request);
  const reasons = needed.flatMap((name): Reason[] => {
    if (found[name] !== null) return [];
    return [{ where: name, message: "is not installed", hint: `${path} -m pip install ${name}` }];
  });
  if (reasons.length === 0) return found as { readonly [K in Name | "python"]: string };
  throw new CambiumError("E_ENGINE_MISSING", `this Python lacks packages that the engine ${engine} needs`, {
    where: path,
    reasons,
    hint,
  });
}

type Answer<Name extends string> = { readonly [K in Name]: string | null } & { readonly python: string };

async function answer<Name extends string>({ path, needed, hint }: PythonRequest<Name>): Promise<Answer<Name>> {
  const question = `
import importlib.metadata as m, json, platform
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": platform.python_version(), **{n: version(n) for n in ${JSON.stringify(needed)}}}))`;
  try {
    const { stdout } = await run(path, ["-c", question], { timeout: 60_000 });
    return JSON.parse(stdout) as Answer<Name>;
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    const missing = code === "ENOENT" || code === "EACCES";
    throw new CambiumError(
      "E_ENGINE_MISSING",
      missing ? "there is no Python at this path" : "this Python does not run",
      { where: path, cause, hint, ...(!missing && { got: stderr?.trim().split("\n").at(-1) || String(code) }) },
    );
  }
}
