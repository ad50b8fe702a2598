// The contract of a model family: everything Cambium needs to train, grow, generate from and exchange its models.
import { CambiumError } from "@cambium/ir";
import { type Fields, fieldReasons, type PluginContract } from "@cambium/plugin";
import type { Hidden, Pass } from "./graphs/pass.js";
import type { HfWriteOptions, Json } from "./hf/json.js";
import type { ParameterSpec, Sizes } from "./parameters.js";

/** Major version of the family contract; a family made for another major is refused. */
export const familyContractVersion = 1;

/** Two ways of drawing initial weights; see `Family.std`. */
export type InitScheme = "hf" | "paper";

/**
 * A model family as a value. `Config` is plain data that survives JSON; only the family reads it.
 * Everything here is a pure function of its arguments.
 */
export interface Family<Config extends object = object, Input extends object = object> {
  /** The name in recipes and plans, e.g. `llama`. */
  readonly name: string;
  /** The version of the package that defines it. */
  readonly version: string;
  /** One line for lists. */
  readonly summary: string;
  /** `familyContractVersion` it was built against. */
  readonly contract: number;
  readonly hf: {
    /** Values of `model_type` in config.json that stand for this family. */
    readonly modelTypes: readonly string[];
    /** Values of `architectures`, for a config.json without `model_type`. */
    readonly architectures: readonly string[];
    /** The config that a parsed config.json describes. @throws CambiumError `E_CONFIG` with every reason found. */
    parse(json: Json): Config;
    /** The config.json of `config`, ready for `JSON.stringify`. Unknown keys of `options.source` are kept. */
    write(config: Config, options?: HfWriteOptions): Record<string, unknown>;
  };
  /**
   * A complete config from the fields in a recipe or JSON, with defaults filled in. A complete config is returned
   * unchanged.
   * @throws CambiumError `E_CONFIG` with every reason found, unknown fields included.
   */
  config(input: Input): Config;
  /** Every parameter in the order of the forward pass: embedding, layers from the bottom, last norm, head. */
  parameters(config: Config): readonly ParameterSpec[];
  readonly sizes: {
    /** The sizes of the axes that the family names. */
    read(config: Config): Sizes;
    /** `config` with these sizes instead. */
    grown(config: Config, sizes: Partial<Sizes>): Config;
    /** The config of a model whose layer t is like layer `from[t]` of `config`. */
    deepened(config: Config, from: readonly number[]): Config;
  };
  /**
   * The longest sequence that can be computed, tokens. A sliding window that the family does not implement limits it.
   */
  contextLength(config: Config): number;
  /** Token ids that end a text; empty if the config names none. */
  endTokens(config: Config): readonly number[];
  /**
   * The forward pass: the normed residual stream after the last layer, f32 [rows, hidden], and the output projection
   * [vocab, hidden]. Absent if models of the family can be grown on disk but not computed.
   */
  forward?(config: Config, pass: Pass): Hidden;
  /**
   * Standard deviation of the initial entries of a parameter without a `neutral` value: `hf` as in Hugging Face,
   * `paper` as in the code of "Stacking Your Transformers" (Du et al. 2024).
   */
  std(config: Config, spec: ParameterSpec, scheme: InitScheme): number;
  /**
   * eps of the norms over the residual stream, for operators that rescale the stream. Absent if it cannot be changed.
   */
  readonly eps?: {
    read(config: Config): number;
    changed(config: Config, eps: number): Config;
  };
}

/** A model: a family and its config. Plans, stages, trainers and graphs carry it. JSON: `{ family: NAME, config }`. */
export interface ModelSpec<Config extends object = object> {
  readonly family: Family<Config>;
  readonly config: Config;
}

/** Finds a family by its name. @throws CambiumError `E_FAMILY` if there is none. */
export type FamilyResolver = (name: string) => Family;

/**
 * A family as packages export it: adds the contract's version. As JSON, the family is its name.
 * @example
 * export default defineFamily({ name: "llama", version, summary, hf, config, parameters, sizes, … });
 */
export function defineFamily<Config extends object, Input extends object>(
  family: Omit<Family<Config, Input>, "contract">,
): Family<Config, Input> {
  const made = { ...family, contract: familyContractVersion };
  return Object.defineProperty(made, "toJSON", { value: () => family.name });
}

/** Resolves names among `families`. */
export function familyResolver(families: readonly Family[]): FamilyResolver {
  return (name) => {
    const found = families.find((family) => family.name === name);
    if (found) return found;
    throw new CambiumError("E_FAMILY", `there is no model family "${name}" here`, {
      expected: families.map((family) => family.name).join(", "),
      hint: `npm install cambium-family-${name}`,
    });
  };
}

const fields: Fields<Family> = {
  name: "string",
  version: "string",
  summary: "string",
  contract: "number",
  hf: "object",
  config: "function",
  parameters: "function",
  sizes: "object",
  contextLength: "function",
  endTokens: "function",
  forward: "function?",
  std: "function",
  eps: "object?",
};

/** What plugin resolution needs to know about families. */
export const familyPlugin: PluginContract<Family> = {
  kind: "family",
  version: familyContractVersion,
  define: "defineFamily",
  problems: (value) => fieldReasons(fields, value),
};
