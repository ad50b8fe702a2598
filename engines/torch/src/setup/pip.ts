// Runs Python and pip, and reads from pip's report what it would install.
import { readFile } from "node:fs/promises";
import { complaint, runCommand } from "@cambium/backend/node";
import { CambiumError } from "@cambium/ir";
import { knownSums } from "./pins.js";

/** A wheel that pip would install. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** @throws CambiumError `E_SETUP_PIP` with what the program said */
export async function runPython(python: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const result = await runCommand([python, ...args], signal);
  if (result?.status === 0) return;
  if (!result) {
    throw new CambiumError("E_SETUP_PIP", "there is no Python here", {
      where: python,
      hint: "install Python 3.10 or newer, or name one: --python PATH",
    });
  }
  throw new CambiumError("E_SETUP_PIP", `${args.slice(0, 3).join(" ")} failed`, {
    where: python,
    got: complaint(result),
    hint: hintFor(args),
  });
}

function hintFor(args: readonly string[]): string {
  if (args.includes("venv")) return "install Python's module venv: apt-get install python3-venv on Debian";
  if (args.includes("pip")) return "check pip's index, proxy and certificates (pip config list), then run it again";
  return "these wheels do not run here: try another Python (--python) or another index (--index-url)";
}

export const pipArguments = ["-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"] as const;

/** The wheels that pip would install, from its report. */
export async function readReport(path: string): Promise<Wheel[]> {
  const { install } = JSON.parse(await readFile(path, "utf8")) as {
    install: {
      metadata: { name: string; version: string };
      download_info: { url: string; archive_info?: { hashes?: { sha256?: string } } };
    }[];
  };
  return install.map(({ metadata: { name, version }, download_info: { url, archive_info } }) => {
    const file = decodeURIComponent(url.split("/").at(-1) ?? "");
    const sha256 = archive_info?.hashes?.sha256;
    if (sha256) return { name, version, file, sha256 };
    throw new CambiumError("E_SETUP_WHEEL", "pip has no checksum for a package", { got: file || name });
  });
}

/** @throws CambiumError `E_SETUP_WHEEL` for a wheel with the name of a known one but other bytes */
export function checkSums(wheels: readonly Wheel[]): void {
  const reasons = wheels.flatMap(({ file, sha256 }) => {
    const known = knownSums[file];
    if (known === undefined || known === sha256) return [];
    return [{ where: file, message: "has another checksum", expected: known, got: sha256 }];
  });
  if (reasons.length === 0) return;
  const hint = "check pip's index (pip config list): it serves other files under these names";
  throw new CambiumError("E_SETUP_WHEEL", "these wheels are not the ones that the engine was checked with", {
    reasons,
    hint,
  });
}
