// The build every package shares: ESM, dependencies left outside. Declarations come from tsc (tools/setup.mjs).
import type { Options } from "tsup";

/** tsup options for a package; `extra` adds entries (a worker, a bin) or overrides. */
export function packageBuild(extra: Options = {}): Options {
  return {
    entry: ["src/index.ts"],
    format: "esm",
    target: "es2022",
    sourcemap: true,
    clean: false,
    treeshake: true,
    esbuildOptions: (options) => {
      options.conditions = [];
    },
    ...extra,
  };
}
