// Bundles a TypeScript entry for Node, or for a page; for a page, esbuild fails on a built-in of Node and names the
// importer.
import { build } from "esbuild";

export interface BundleOptions {
  /** TypeScript file whose exports the page can call. */
  readonly entry: string;
  /** Further source around the entry, which it imports as "entry"; its exports are the page's. */
  readonly wrapper?: string;
  /** Folder from which the wrapper's imports resolve. */
  readonly from?: string;
}

/** The entry and all that it imports as one ES module. @throws esbuild's BuildFailure, also for a built-in of Node. */
export async function bundlePage({ entry, wrapper, from }: BundleOptions): Promise<string> {
  const { outputFiles } = await build({
    ...(wrapper === undefined
      ? { entryPoints: [entry] }
      : { stdin: { contents: wrapper, loader: "ts" as const, resolveDir: from ?? import.meta.dirname } }),
    ...(wrapper !== undefined && { alias: { entry } }),
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@cambium/source", "browser"],
    keepNames: true,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** The entry and all that it imports but `external` as one ES module for Node, written to `outfile`. */
export async function bundleForNode(entry: string, outfile: string, external: readonly string[]): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@cambium/source"],
    external: [...external],
    logLevel: "error",
  });
}
