// Restricts reads to files that really are in a directory. An untrusted model directory must not lead to other files of
// this machine, neither by a name (`../`, absolute) nor by a link.
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { withFileErrors } from "./file-errors.js";
import { quote } from "./reasons.js";
import { readTextFile } from "./text-file.js";

/** Whether `name` can only mean a file directly in its folder, on every system. */
export function isPlainName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return name !== "" && name !== "." && name !== ".." && !/[/\\:\u0000-\u001f]/.test(name);
}

/**
 * The real path of the file `name` in `dir`.
 * @param followLinks whether a link may lead out of the directory, because the user trusts its source.
 * @throws CambiumError `E_OUTSIDE_DIRECTORY` if the name or a link leads out, `E_NOT_FOUND`, …
 */
export async function containedPath(dir: string, name: string, followLinks = false): Promise<string> {
  const path = join(dir, name);
  if (!isPlainName(name)) {
    throw new CambiumError("E_OUTSIDE_DIRECTORY", "a file name leads out of its directory", {
      where: dir,
      expected: "a plain file name",
      got: quote(name),
    });
  }
  return withFileErrors(path, async () => {
    const [home, target] = await Promise.all([realpath(dir), realpath(path)]);
    if (followLinks || dirname(target) === home || isHubBlob(home, target)) return target;
    throw new CambiumError("E_OUTSIDE_DIRECTORY", "a link leads out of its directory", {
      where: path,
      expected: `a file in ${home}`,
      got: target,
      hint: "if you trust the file, copy it there; `cambium grow` also has --follow-links",
    });
  });
}

/** In the Hugging Face cache, `models--X/snapshots/REVISION/NAME` is a link to `models--X/blobs/HASH`. */
function isHubBlob(home: string, target: string): boolean {
  const snapshots = dirname(home);
  return basename(snapshots) === "snapshots" && dirname(target) === join(dirname(snapshots), "blobs");
}

/**
 * Reads a whole small file of `dir` as UTF-8.
 * @throws CambiumError as {@link containedPath} and {@link readTextFile}.
 */
export async function readContainedText(
  dir: string,
  name: string,
  maxBytes?: number,
  followLinks = false,
): Promise<string> {
  return readTextFile(await containedPath(dir, name, followLinks), maxBytes);
}
