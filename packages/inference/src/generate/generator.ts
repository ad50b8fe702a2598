// Text generation: reads the prompt in chunks, then decodes token by token. Weights and caches stay on the device.
import type { Device, DeviceTensor } from "@cambium/backend";
import { type HostTensor, hostTensor, Random } from "@cambium/ir";
import { cacheNames, cacheShapes, contextLength, decodeGraph, type ModelSpec } from "@cambium/model";
import { Executables } from "../executables.js";
import { powerOfTwo } from "../sizes.js";
import { deviceWeights, type Weights } from "../weights.js";
import { checkGenerateOptions, type GenerateOptions } from "./options.js";
import { sampleToken } from "./sampling.js";

export interface Generation {
  /** The new tokens, including a stop token. */
  readonly tokens: number[];
  /** Whether a stop token or `maxNewTokens` ended it. */
  readonly finish: "stop" | "length";
}

/** Prompts up to this length are read by the one-token graph, which is needed anyway. */
const shortPrompt = 4;
const longestChunk = 512;
const shortestCache = 64;

/**
 * A model ready to generate, for one or many prompts. Shapes are static, so cache length and prompt chunk are rounded
 * up to powers of two, and each pair is compiled once.
 */
export class TextGenerator {
  readonly #executables: Executables;

  private constructor(
    private readonly device: Device,
    private readonly model: ModelSpec,
    weights: Readonly<Record<string, DeviceTensor>>,
    private readonly uploaded: readonly DeviceTensor[],
  ) {
    this.#executables = new Executables(device, { fixed: weights });
  }

  /**
   * Uploads parameters that are not on the device yet (f16 and bf16 as f32). Device tensors stay the caller's and must
   * outlive the generator.
   * @throws CambiumError `E_PARAMETERS` with every missing parameter
   */
  static async open(device: Device, model: ModelSpec, parameters: Weights): Promise<TextGenerator> {
    const { weights, uploaded } = await deviceWeights(device, model, parameters);
    return new TextGenerator(device, model, weights, uploaded);
  }

  /**
   * Continues a prompt. Greedy at temperature 0; otherwise the same seed gives the same tokens.
   * @throws CambiumError `E_GENERATE` with every reason found; `E_NOT_FINITE` if a logit is NaN or +∞
   */
  async generate(options: GenerateOptions): Promise<Generation> {
    const { model } = this;
    checkGenerateOptions(model, options);
    const { prompt, maxNewTokens } = options;
    const stop = new Set(options.stop ?? model.family.endTokens(model.config));
    const random = new Random(`${options.seed}/generate`);
    const context = Math.min(contextLength(model), powerOfTwo(prompt.length + maxNewTokens - 1, shortestCache));
    const tokens: number[] = [];
    const caches = new Map<string, DeviceTensor>();
    try {
      await this.#uploadEmpty(caches, context);
      let logits = await this.#read(prompt, context, caches, options.signal);
      for (;;) {
        const position = prompt.length + tokens.length;
        const token = sampleToken(logits, options, random.uniform(position));
        tokens.push(token);
        await options.onToken?.(token, tokens.length - 1, logits);
        if (stop.has(token)) return { tokens, finish: "stop" };
        if (tokens.length === maxNewTokens) return { tokens, finish: "length" };
        options.signal?.throwIfAborted();
        logits = await this.#step([token], position, 1, context, caches);
      }
    } finally {
      for (const cache of caches.values()) cache.dispose();
    }
  }

  /** Frees the executables and what `open` uploaded. */
  dispose(): void {
    this.#executables.dispose();
    for (const tensor of this.uploaded) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Reads the prompt into the caches and returns the logits after its last token. */
  async #read(
    prompt: readonly number[],
    context: number,
    caches: Map<string, DeviceTensor>,
    signal: AbortSignal | undefined,
  ): Promise<ArrayLike<number>> {
    const chunk = prompt.length <= shortPrompt ? 1 : Math.min(longestChunk, powerOfTwo(prompt.length, 1));
    let logits: ArrayLike<number> = [];
    for (let position = 0; position < prompt.length; position += chunk) {
      signal?.throwIfAborted();
      logits = await this.#step(prompt.slice(position, position + chunk), position, chunk, context, caches);
    }
    return logits;
  }

  /** Runs `ids`, at most `chunk` of them, from `position` on. @returns the logits [vocab] after the last one */
  async #step(
    ids: readonly number[],
    position: number,
    chunk: number,
    context: number,
    caches: Map<string, DeviceTensor>,
  ): Promise<ArrayLike<number>> {
    const executable = await this.#executables.get(`${context} ${chunk}`, () =>
      decodeGraph(this.model, { batch: 1, context, chunk }),
    );
    const token = hostTensor("i32", [1, chunk]);
    token.data.set(ids);
    const inputs = {
      ...Object.fromEntries(caches),
      token,
      position: hostTensor("i32", [], [position]),
      ...(chunk > 1 && { last: hostTensor("i32", [], [ids.length - 1]) }),
    };
    const { outputs, fetched } = await executable.run(inputs, { fetch: ["logits"] });
    for (const [name, tensor] of Object.entries(outputs)) caches.set(name, tensor);
    return ((await fetched).logits as HostTensor).data;
  }

  async #uploadEmpty(caches: Map<string, DeviceTensor>, context: number): Promise<void> {
    for (const [layer, shape] of cacheShapes(this.model, { batch: 1, context }).entries()) {
      const zeros = hostTensor("f32", shape);
      for (const name of Object.values(cacheNames(layer))) caches.set(name, await this.device.upload(zeros));
    }
  }
}

/** Opens a `TextGenerator`, continues one prompt, and disposes it. */
export async function generate(
  device: Device,
  model: ModelSpec,
  parameters: Weights,
  options: GenerateOptions,
): Promise<Generation> {
  checkGenerateOptions(model, options);
  const generator = await TextGenerator.open(device, model, parameters);
  try {
    return await generator.generate(options);
  } finally {
    generator.dispose();
  }
}
