// What a plugin can be to Cambium. A kind is one line here: names, resolution and listings follow from it.

/** By kind: what messages call such a plugin. */
const nouns = {
  backend: "a backend",
  operator: "an operator",
  family: "a model family",
  eval: "an evaluation task",
  engine: "an engine",
} as const;

export type PluginKind = keyof typeof nouns;

export const pluginKinds = Object.keys(nouns) as readonly PluginKind[];

/** `an operator`. */
export function withArticle(kind: PluginKind): string {
  return nouns[kind];
}

/** `operator`, `model family`. */
export function nounOf(kind: PluginKind): string {
  return nouns[kind].replace(/^an? /, "");
}
