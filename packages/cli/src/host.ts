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
