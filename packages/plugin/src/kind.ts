// The kinds of plugins. A kind is one line here: names, resolution and listings follow from it.

/** The noun for a plugin of each kind, for messages. */
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
