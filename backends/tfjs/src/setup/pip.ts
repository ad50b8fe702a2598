// Downloads TensorFlow's wheels with the user's own pip, its index, mirrors and certificates. Installs nothing in Python.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SetupHost } from "@cambium/backend";
import { complaint, runCommand } from "@cambium/backend/node";
import { CambiumError } from "@cambium/ir";
import { machine, pinned, requirementsFile, tensorflowPackage } from "./pins.js";

/** The wheels need not fit the Python and the system here, because only their C libraries are used. */
const target = [
  ["--implementation", "cp"],
  ["--python-version", "3.12"],
  // pip matches tags by name only, so each is listed: those of a C library that is not newer than TensorFlow's own wheels.
  ...["2014", ...Array.from({ length: 12 }, (_, i) => `_2_${17 + i}`)].map((glibc) => [
    "--platform",
    `manylinux${glibc}_${machine}`,
  ]),
].flat();

/**
 * How pip is started here.
 * @throws CambiumError `E_SETUP_PIP` if no Python with pip is found, with how to go on without it.
 */
export async function findPip(cuda: boolean, signal: AbortSignal): Promise<readonly [string, ...string[]]> {
  for (const python of ["python3", "python"]) {
    const command = [python, "-m", "pip"] as const;
    if ((await runCommand([...command, "--version"], signal))?.status === 0) return command;
  }
  throw new CambiumError("E_SETUP_PIP", "TensorFlow's wheel is fetched with pip, and no Python with pip was found", {
    expected: "python3 -m pip, any version from 20.3",
    hint: `apt-get install python3-pip, or ${elsewhere([tensorflowPackage(cuda)])}`,
  });
}

/**
 * Downloads the wheels of packages into `folder`: the files that are pinned, or none.
 * @returns their paths
 * @throws CambiumError `E_SETUP_DOWNLOAD` with what pip said.
 */
export async function download(
  pip: readonly [string, ...string[]],
  names: readonly string[],
  folder: string,
  { signal }: SetupHost,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const before = new Set(await readdir(folder));
  const requirements = join(folder, "requirements.txt");
  await writeFile(requirements, requirementsFile(names));
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
  const args = [
    "download",
    ...quiet,
    "--no-deps",
    "--only-binary",
    ":all:",
    ...target,
    "--dest",
    folder,
    "--require-hashes",
    "-r",
  ];
  const result = await runCommand([...pip, ...args, requirements], signal);
  if (result?.status !== 0) {
    throw new CambiumError("E_SETUP_DOWNLOAD", `pip could not download ${names.map(pinned).join(", ")}`, {
      got: result ? complaint(result) : "pip is gone",
      hint: elsewhere(names),
    });
  }
  const wheels = (await readdir(folder)).filter((name) => !before.has(name) && name.endsWith(".whl"));
  return wheels.sort().map((name) => join(folder, name));
}

function elsewhere(names: readonly string[]): string {
  const quoted = names.map((name) => `'${pinned(name)}'`).join(" ");
  const args = ["--no-deps", "--only-binary", ":all:", ...target].join(" ");
  return `where there is one: python3 -m pip download ${args} ${quoted}; then here: cambium setup tfjs --wheel FILE`;
}
