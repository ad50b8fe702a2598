// "Did you mean" for paths: the file or folder in the same place whose name is closest to a missing one.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { CambiumError } from "@cambium/ir";
import { closest } from "@cambium/plugin";

/** Most names of a folder to compare. */
const mostNames = 2000;

/** An E_NOT_FOUND without a hint gets the closest existing path as its hint; any other error is returned unchanged. */
export function withNearestPath(error: CambiumError): CambiumError {
  const { where, hint } = error.details;
  if (error.code !== "E_NOT_FOUND" || where === undefined || hint !== undefined) return error;
  const near = nearestPath(where);
  return near === undefined ? error : new CambiumError(error.code, error.summary, { ...error.details, hint: near });
}

function nearestPath(path: string): string | undefined {
  let missing = path;
  while (dirname(missing) !== missing && !existsSync(dirname(missing))) missing = dirname(missing);
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
