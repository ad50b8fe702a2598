// Tasks by name: the built-in ones, and those that the user's project has installed.
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { type EvalTask, taskPlugin } from "./task.js";
import { builtInTasks } from "./tasks/index.js";

/** The task called `name`. @throws CambiumError as `resolvePlugin` does */
export async function resolveTask(name: string, importer: PluginImporter): Promise<EvalTask> {
  const found = builtInTasks.find((task) => task.name === name);
  if (found) return found;
  const names = builtInTasks.map((task) => task.name);
  return (await resolvePlugin<EvalTask>(taskPlugin, name, importer, names)).plugin;
}
