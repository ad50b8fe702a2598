// The recipe as a run's directory stores it: paths are relative to that directory, so that it can be run from there.
import { relative, resolve } from "node:path";
import { isPluginPath } from "@cambium/plugin";
import { type EngineUse, grownFrom, type Recipe, type TaskUse } from "@cambium/recipe";

/**
 * `recipe`, whose paths are relative to `projectDir`, with paths relative to `directory`. Names of corpora, of plugins
 * and of the bytes tokenizer stay as they are.
 */
export function portableRecipe(recipe: Recipe, projectDir: string, directory: string): Recipe {
  const moved = (path: string): string => {
    const from = relative(directory, resolve(projectDir, path));
    // On another Windows drive it is absolute.
    return /^(\.\.|\w:|\/)/.test(from) ? from : `./${from}`;
  };
  const text = (name: string): string => (/[/\\.]/.test(name) ? moved(name) : name);
  const plugin = (name: string): string => (isPluginPath(name) ? moved(name) : name);
  const taught = ({ distill }: Pick<Recipe["growth"][number], "distill">) =>
    distill && { distill: { ...distill, from: distill.from === grownFrom ? distill.from : moved(distill.from) } };
  const { backend, data, model, growth, variants, train, evaluate } = recipe;
  const { corpus, tokenizer } = data;
  return {
    ...recipe,
    ...(backend && { backend: { ...backend, name: plugin(backend.name) } }),
    data: {
      ...data,
      corpus: typeof corpus === "string" ? text(corpus) : corpus.map((part) => ({ ...part, from: text(part.from) })),
      ...(tokenizer !== undefined && { tokenizer: tokenizer === "bytes" ? tokenizer : moved(tokenizer) }),
    },
    model: {
      ...model,
      ...(model.from !== undefined && { from: moved(model.from) }),
      ...(model.family !== undefined && { family: plugin(model.family) }),
    },
    evaluate: {
      ...evaluate,
      tasks: evaluate.tasks.map((task): TaskUse => ({ ...task, name: plugin(task.name) })),
      ...(evaluate.data !== undefined && { data: moved(evaluate.data) }),
    },
    growth: growth.map((step) => ({ ...step, operator: plugin(step.operator), ...taught(step) })),
    ...(train.engine && {
      train: { ...train, engine: train.engine.map((use): EngineUse => ({ ...use, name: plugin(use.name) })) },
    }),
    variants: variants.map((variant) => ({ ...variant, operator: plugin(variant.operator), ...taught(variant) })),
  };
}
