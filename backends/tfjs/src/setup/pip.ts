// TensorFlow's wheels through the user's own pip: its index, its mirrors, its certificates. Nothing is installed in Python.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SetupHost } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { complaint, runCommand } from "./command.js";

/** The TensorFlow that is fetched unless the user brings one. */
export const tensorflowVersion = "2.21.0";

const machine = process.arch === "arm64" ? "aarch64" : "x86_64";

/** Wheels for a Python and a system that need not be the ones here: only their C libraries are used. */
const target = [
  ["--implementation", "cp"],
  ["--python-version", "3.12"],
  // pip matches a tag by name alone, so each has to be said: those of a C library not newer than TensorFlow's own wheels.
  ...["2014", ...Array.from({ length: 12 }, (_, i) => `_2_${17 + i}`)].map((glibc) => [
    "--platform",
    `manylinux${glibc}_${machine}`,
  ]),
].flat();

/** The requirement, as pip has it: TensorFlow for CUDA is `tensorflow`, about twice the size of `tensorflow-cpu`. */
export function tensorflowRequirement(cuda: boolean): string {
  return `${cuda ? "tensorflow" : "tensorflow-cpu"}==${tensorflowVersion}`;
}

/**
 * How pip is started here.
 * @throws CambiumError `E_SETUP_PIP` when no Python with pip is found, saying how to go on without.
 */
export async function findPip(cuda: boolean, signal: AbortSignal): Promise<readonly [string, ...string[]]> {
  for (const python of ["python3", "python"]) {
    const command = [python, "-m", "pip"] as const;
    if ((await runCommand([...command, "--version"], signal))?.status === 0) return command;
  }
  throw new CambiumError("E_SETUP_PIP", "TensorFlow's wheel is fetched with pip, and no Python with pip is found", {
    expected: "python3 -m pip, any version from 20.3",
    hint: `apt-get install python3-pip, or ${elsewhere([tensorflowRequirement(cuda)])}`,
  });
}

/**
 * Downloads wheels into `folder`.
 * @returns their paths
 * @throws CambiumError `E_SETUP_DOWNLOAD` with what pip said.
 */
export async function download(
  pip: readonly [string, ...string[]],
  requirements: readonly string[],
  folder: string,
  { signal }: SetupHost,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const before = new Set(await readdir(folder));
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  const args = ["download", ...quiet, "--no-deps", "--only-binary", ":all:", ...target, "--dest", folder];
  const result = await runCommand([...pip, ...args, ...requirements], signal);
  if (result?.status !== 0) {
    throw new CambiumError("E_SETUP_DOWNLOAD", `pip could not download ${requirements.join(", ")}`, {
      got: result ? complaint(result) : "pip is gone",
      hint: elsewhere(requirements),
    });
  }
  const names = (await readdir(folder)).filter((name) => !before.has(name) && name.endsWith(".whl"));
  return names.sort().map((name) => join(folder, name));
}

function elsewhere(requirements: readonly string[]): string {
  const quoted = requirements.map((one) => `'${one}'`).join(" ");
  const args = ["--no-deps", "--only-binary", ":all:", ...target].join(" ");
  return `where there is one: python3 -m pip download ${args} ${quoted}; then here: cambium setup tfjs --wheel FILE`;
}
