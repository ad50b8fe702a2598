// What a command line needs from its environment.
import type { PluginImporter } from "@cambium/plugin";
import { nodeImporter } from "@cambium/plugin/node";

export interface Host {
  /** How plugins are found for a project. */
  importer(projectDir: string): PluginImporter;
}

/** Finds plugins in the project, then in the working directory, then beside this command. */
export const nodeHost: Host = {
  importer: (projectDir) => nodeImporter(projectDir, process.cwd(), import.meta.dirname),
};

/** Finds no plugins, so that no plugin code runs. */
export const noPlugins: PluginImporter = {
  resolve: () => null,
  import: () => Promise.reject(new Error("plugins are not loaded here")),
  list: () => [],
};

/** `host`, or a host without plugins if `--no-plugins` was given. */
export function allowed(host: Host, { plugins }: { readonly plugins?: boolean }): Host {
  return plugins === false ? { importer: () => noPlugins } : host;
}
