// What a recipe names outside itself, read from the raw value, so that mistakes elsewhere do not matter.
import type { PluginKind } from "@cambium/plugin";
import { localEngineName } from "./plan/engine.js";
import { type Recipe, recipeSchema } from "./schema.js";

/** The name of a recipe's corpus; one with several parts is named by all of them. */
export function corpusName({ corpus }: Pick<Recipe["data"], "corpus">): string {
  return typeof corpus === "string" ? corpus : corpus.map(({ from }) => from).join(" + ");
}

/** A plugin that a recipe names, and where. */
export interface RecipeName {
  readonly kind: PluginKind;
  readonly name: string;
  readonly path: readonly PropertyKey[];
}

export function recipeNames(value: unknown): readonly RecipeName[] {
  const step = (list: string) =>
    entries(at(value, [list])).map((i) =>
      at(value, [list, i, "operator"]) === undefined ? [list, i] : [list, i, "operator"],
    );
  const engines = at(value, ["train", "engine"]);
  const paths: [PluginKind, (readonly PropertyKey[])[]][] = [
    ["operator", [...step("growth"), ...step("variants")]],
    ["backend", [["backend"], ["backend", "name"]]],
    ["family", [["model", "family"]]],
    [
      "engine",
      [
        ["train", "engine"],
        ["train", "engine", "name"],
        ...entries(engines).flatMap((i) => [
          ["train", "engine", i],
          ["train", "engine", i, "name"],
        ]),
      ],
    ],
  ];
  return paths.flatMap(([kind, those]) =>
    those.flatMap((path) => {
      const name = at(value, path);
      return typeof name === "string" && name !== "" && name !== localEngineName ? [{ kind, name, path }] : [];
    }),
  );
}

/** The part `name` of a recipe with its defaults; undefined if it has mistakes. */
export function recipePart<K extends "data" | "model">(value: unknown, name: K): Recipe[K] | undefined {
  return recipeSchema.shape[name].safeParse(at(value, [name])).data as Recipe[K] | undefined;
}

function entries(value: unknown): number[] {
  return Array.isArray(value) ? [...value.keys()] : [];
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
