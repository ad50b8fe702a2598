// What every command that runs a model resolves first: the model, its tokenizer and a backend. Mistakes are collected;
// no device is opened yet.

import { type Backend, resolveBackend } from "@cambium/backend";
import type { Tokenizer } from "@cambium/data";
import { findTokenizer } from "@cambium/data/node";
import type { Mistakes } from "@cambium/ir";
import { type ModelSpec, sizesAlong } from "@cambium/model";
import type { Recipe } from "@cambium/recipe";
import type { BackendFlags, FamilyFlags } from "./flags.js";
import type { Host } from "./host.js";
import { findModel, type ModelSource, modelBackend, readModel } from "./model-source.js";

/** A field is undefined if resolving it failed; the mistake is then in `mistakes`. */
export interface Beginning {
  readonly source: ModelSource | undefined;
  readonly model: ModelSpec | undefined;
  /** Also undefined if none was asked for. */
  readonly tokenizer: Tokenizer | undefined;
  readonly computing: Computing | undefined;
}

export interface Computing {
  readonly backend: Backend;
  readonly chosen: NonNullable<Recipe["backend"]>;
}

/** @param text whether to load the model's tokenizer */
export async function beginning(
  path: string,
  flags: BackendFlags & FamilyFlags,
  host: Host,
  mistakes: Mistakes,
  { text }: { readonly text: boolean } = { text: true },
): Promise<Beginning> {
  const importer = host.importer(process.cwd());
  const source = await mistakes.check(() => findModel(path));
  const model = source && (await mistakes.check(() => readModel(source, flags, host)));
  const vocab = () => sizesAlong(model as ModelSpec, ["vocab"]).vocab;
  const tokenizer = text && source && model && (await mistakes.check(() => findTokenizer(source.path, vocab())));
  const chosen = await mistakes.check(() => modelBackend(source, flags, importer));
  const backend = chosen && (await mistakes.check(() => resolveBackend(chosen.name, importer)));
  return { source, model, tokenizer: tokenizer || undefined, computing: backend && chosen && { backend, chosen } };
}
