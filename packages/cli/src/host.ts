// What a command line takes from its surroundings.
import type { PluginImporter } from "@cambium/plugin";
import { nodeImporter } from "@cambium/plugin/node";

export interface Host {
  /** How plugins are found for a project. */
  importer(projectDir: string): PluginImporter;
}

/** Plugins of the project, else of the working directory, else what is installed beside this command. */
export const nodeHost: Host = {
  importer: (projectDir) => nodeImporter(projectDir, process.cwd(), import.meta.dirname),
};

/** Finds no plugin, so that none of their code runs. */
export const noPlugins: PluginImporter = {
  resolve: () => null,
  import: () => Promise.reject(new Error("plugins are not loaded here")),
  list: () => [],
};

/** `host`, or one without plugins where `--no-plugins` was given. */
export function allowed(host: Host, { plugins }: { readonly plugins?: boolean }): Host {
  return plugins === false ? { importer: () => noPlugins } : host;
}
