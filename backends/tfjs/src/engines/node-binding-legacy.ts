// The functions of `node:util` that tfjs-node uses and Node 23 removed. Only tfjs-node's own files get them.
import Module from "node:module";
import { sep } from "node:path";
import util from "node:util";

/** The three functions as Node 20 had them; tfjs-node 4.22 uses the first two. */
const dropped = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
  isUndefined: (value: unknown): boolean => value === undefined,
};

/** `node:util` with the functions that newer versions of Node lack. */
const legacyUtil: typeof util = Object.assign(Object.create(util), dropped);

type Load = (request: string, parent: { readonly filename?: string | null } | undefined, isMain: boolean) => unknown;

/**
 * Runs `load`; while it runs, CommonJS modules below `folder` (a real path) get the older `util`. `node:util` itself is
 * not changed, other packages see no difference, and nothing stays in place afterwards.
 */
export function withLegacyUtil<T>(folder: string, load: () => T): T {
  // Every `require` passes through this place; tools that mock modules use it too.
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
