// Text that an arm's final model writes, for the report.
import { createHash } from "node:crypto";
import type { Device } from "@cambium/backend";
import { encodeAs, type Tokenizer } from "@cambium/data";
import type { PreparedData } from "@cambium/data/node";
import type { EngineSession } from "@cambium/engine";
import { generate } from "@cambium/inference";
import { Mistakes } from "@cambium/ir";
import { contextLength, type ModelSpec } from "@cambium/model";
import type { SampleRecord } from "@cambium/run-format";
import { disposeAll, uploadAll } from "@cambium/train";

/** Tokens of held-out text that serve as a prompt if the recipe gives none. */
const promptTokens = 32;

/** How the text samples of an arm's final model are made; no stage's bits depend on it. */
export interface SampleSettings {
  /** Empty: the beginning of the held-out text. */
  readonly prompts: readonly string[];
  /** New tokens of each; 0 for none. */
  readonly tokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** @throws CambiumError for prompts that the tokenizer refuses, which would otherwise be found after the training. */
export async function checkPrompts(
  { prompts, tokens }: Pick<SampleSettings, "prompts" | "tokens">,
  tokenizer: Tokenizer,
): Promise<void> {
  const mistakes = new Mistakes();
  for (const [i, prompt] of tokens === 0 ? [] : prompts.entries())
    await mistakes.check(() => encodeAs(`samples.prompts[${i}]`, tokenizer, prompt));
  mistakes.throwIfAny();
}

/** Identifies the settings that decide the samples of a given model. */
export function samplesKey({ seed, ...samples }: SampleSettings): string {
  return createHash("sha256").update(JSON.stringify({ samples, seed })).digest("hex").slice(0, 12);
}

/** @throws CambiumError from generating. */
export async function sampleTexts(
  model: ModelSpec,
  { prompts, tokens, temperature, seed }: SampleSettings,
  data: PreparedData,
  device: Device,
  session: EngineSession,
): Promise<SampleRecord[]> {
  const { tokenizer, heldOut } = data;
  if (tokens === 0) return [];
  const uploaded = session.parameters
    ? {}
    : await uploadAll(device, Object.entries((await session.state()).parameters));
  using _uploaded = { [Symbol.dispose]: () => disposeAll(uploaded) };
  const parameters = session.parameters ?? uploaded;
  const longest = contextLength(model);
  const opening = () => tokenizer.decode(heldOut.read(0, Math.min(promptTokens, heldOut.length)));
  const samples: SampleRecord[] = [];
  for (const prompt of prompts.length > 0 ? prompts : [opening()]) {
    const half = Math.max(1, Math.floor(longest / 2));
    const ids = [...tokenizer.prefix, ...tokenizer.encode(prompt)].slice(-half);
    if (ids.length === 0) continue;
    // The last new token is never read, so it needs no place in the context.
    const maxNewTokens = Math.min(tokens, longest - ids.length + 1);
    const options = { prompt: ids, maxNewTokens, temperature, seed: `${seed}` };
    const result = await generate(device, model, parameters, options);
    // A model's vocabulary may be padded beyond its tokenizer's.
    const known = result.tokens.filter((id) => id < tokenizer.vocabSize);
    samples.push({ prompt, text: tokenizer.decode(known) });
  }
  return samples;
}
