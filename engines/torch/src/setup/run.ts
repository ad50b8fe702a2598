// Makes the environment and removes it. An environment counts only once its manifest, written last, is there.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SetupHost, SetupOptions, SetupResult } from "@cambium/backend";
import { readTextFileIfThere, writeFileAtomic } from "@cambium/files";
import { environmentFolder, findPython, pythonIn } from "../python.js";
import { pins } from "./pins.js";
import { checkSums, pipArguments, readReport, runPython, type Wheel } from "./pip.js";

const manifestName = "cambium.json";
/** Disk space for the wheels and their contents, with a CPU build of torch. */
const neededBytes = 2.5e9;

interface Manifest {
  readonly pins: typeof pins;
  readonly wheels: readonly Wheel[];
}

export async function setUp(given: SetupOptions, host: SetupHost): Promise<SetupResult> {
  const folder = environmentFolder();
  const standing = await readManifest(folder);
  if (standing && JSON.stringify(standing.pins) === JSON.stringify(pins)) {
    const found = await findPython(undefined).catch(() => undefined);
    if (found)
      return result(
        false,
        `torch ${found.torch} and transformers ${found.transformers} are in place`,
        folder,
        standing,
      );
    host.report("Making it again: its Python does not run, or lacks packages");
  }
  await host.requireSpace(folder, neededBytes);
  const python = typeof given["python"] === "string" ? given["python"] : "python3";
  const { signal } = host;
  // A virtual environment contains its own path, so it is made in place; without a manifest it does not count.
  await rm(folder, { recursive: true, force: true });
  try {
    host.report(`Making an environment with ${python}`);
    await runPython(python, ["-m", "venv", folder], signal);
    const own = pythonIn(folder);
    const wheels = await install(own, folder, given["index-url"], host);
    host.report("Multiplying two matrices with it");
    await runPython(own, ["-c", "import torch, transformers; assert (torch.eye(3) @ torch.eye(3)).sum() == 3"], signal);
    const manifest: Manifest = { pins, wheels };
    await writeFileAtomic(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    return result(true, `installed torch ${pins.torch} and transformers ${pins.transformers}`, folder, manifest);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Resolves first, compares checksums, and then installs exactly those wheels. */
async function install(
  python: string,
  folder: string,
  index: SetupOptions[string] | undefined,
  host: SetupHost,
): Promise<Wheel[]> {
  const [report, list] = [join(folder, "report.json"), join(folder, "requirements.txt")];
  const where = typeof index === "string" ? ["--extra-index-url", index] : [];
  const wanted = Object.entries(pins).map(([name, version]) => `${name}==${version}`);
  host.report(`Looking for ${wanted.join(", ")}`);
  const asked = ["--only-binary", ":all:", ...where];
  await runPython(python, [...pipArguments, "--dry-run", "--report", report, ...asked, ...wanted], host.signal);
  const wheels = await readReport(report);
  checkSums(wheels);
  const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
  await writeFileAtomic(list, lines.join(""));
  host.report(`Downloading and installing ${wheels.length} wheels`);
  await runPython(python, [...pipArguments, "--no-deps", "--require-hashes", ...asked, "-r", list], host.signal);
  return wheels;
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readTextFileIfThere(join(folder, manifestName));
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

function result(changed: boolean, summary: string, folder: string, { wheels }: Manifest): SetupResult {
  return { changed, summary: `${summary}, in ${folder}`, details: { folder, pins, wheels } };
}

export async function remove(): Promise<SetupResult> {
  const folder = environmentFolder();
  const standing = await readManifest(folder);
  await rm(join(folder, manifestName), { force: true });
  await rm(folder, { recursive: true, force: true });
  const summary = standing ? `removed ${folder}` : `there is no environment in ${folder}`;
  return { changed: standing !== undefined, summary, details: { folder } };
}
