// What tfjs-node uses of `node:util` and Node 23 dropped, handed to tfjs-node's own files alone.
import Module from "node:module";
import { sep } from "node:path";
import util from "node:util";

/** The three functions as Node 20 had them; tfjs-node 4.22 uses the first two. */
const dropped = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  isUndefined: (value: unknown): boolean => value === undefined,
};

/** `node:util` with what newer versions of Node lack. */
const legacyUtil: typeof util = Object.assign(Object.create(util), dropped);

type Load = (request: string, parent: { readonly filename?: string | null } | undefined, isMain: boolean) => unknown;

/**
 * Runs `load`, meanwhile giving CommonJS modules below `folder` (a real path) the older `util`. `node:util` itself is
 * untouched, other packages see no change, and nothing is left in place afterwards.
 */
export function withLegacyUtil<T>(folder: string, load: () => T): T {
  // The one place every `require` passes through; tools that mock modules use it alike.
  const loader = Module as unknown as { _load: Load };
  const original = loader._load;
  loader._load = function (this: unknown, request, parent, isMain) {
    const ours = (request === "util" || request === "node:util") && parent?.filename?.startsWith(folder + sep);
    return ours ? legacyUtil : original.call(this, request, parent, isMain);
  };
  try {
    return load();
  } finally {
    loader._load = original;
  }
}
