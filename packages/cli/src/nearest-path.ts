// "Did you mean" for paths: the file or folder in the same place whose name is closest to a missing one. A link to
// something that is gone is named.
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { CambiumError } from "@cambium/ir";
import { closest } from "@cambium/plugin";

/** Most names of a folder to compare. */
const mostNames = 2000;

/** An E_NOT_FOUND without a hint gets the closest existing path as its hint; any other error is returned unchanged. */
export function withNearestPath(error: CambiumError): CambiumError {
  const { where, hint } = error.details;
  if (error.code !== "E_NOT_FOUND" || where === undefined || hint !== undefined) return error;
  const near = danglingLink(where) ?? nearestPath(where);
  return near === undefined ? error : new CambiumError(error.code, error.summary, { ...error.details, hint: near });
}

/** Names the first part of a path that is a link to nothing. */
function danglingLink(path: string): string | undefined {
  const missing = firstMissing(path);
  try {
    return `${missing} is a link to ${readlinkSync(missing)}, which is not there: correct or remove the link`;
  } catch {
    return undefined;
  }
}

function nearestPath(path: string): string | undefined {
  const missing = firstMissing(path);
  const folder = dirname(missing);
  try {
    const near = closest(basename(missing), readdirSync(folder).slice(0, mostNames));
    if (near === undefined) return undefined;
    const whole = join(folder, near, relative(missing, path));
    return `did you mean ${existsSync(whole) ? whole : join(folder, near)}?`;
  } catch {
    return undefined;
  }
}

/** The first part of a path that does not exist. */
function firstMissing(path: string): string {
  let missing = path;
  while (dirname(missing) !== missing && !existsSync(dirname(missing))) missing = dirname(missing);
  return missing;
}
