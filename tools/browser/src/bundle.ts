// Bundles a TypeScript entry for a page. Nothing of Node's can get in: esbuild fails on it and says who imports it.
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
