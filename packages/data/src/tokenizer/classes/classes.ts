// What transformers makes of a tokenizer.json. It loads one whole only if it finds no class for it: most classes take
// the vocabulary alone and build the rest from options of tokenizer_config.json.
import { CambiumError } from "@cambium/ir";
import { isObject, type Json, tokenText } from "../tokenizer-json.js";
import { others, rows, typesOf, wrong } from "./generated/table.js";

/** What a class builds; a part that is missing is taken from tokenizer.json. */
interface Built {
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly decoder?: unknown;
  /** Flags of the model. */
  readonly model: Json;
  /** The tokens before a text, none or `<s>` for BOS. */
  readonly before?: readonly string[];
}

export interface ClassRow {
  /** The first is what it builds without options. */
  readonly builds: readonly Built[];
  /** The class's own BOS and unknown token, if tokenizer_config.json has none. */
  readonly bos?: string;
  readonly unk?: string;
  /** What it builds with options: an index of `builds`. */
  readonly variants: readonly { readonly when: Json; readonly builds: number }[];
}

/** What a model's config.json says about its tokenizer. */
export interface ModelHints {
  readonly modelType?: string;
  readonly tokenizerClass?: string;
}

/** The stand-in for BOS and the unknown token in the table. */
const [bos, unknown] = ["<s>", "<unk>"];

/**
 * The tokenizer.json that transformers ends with.
 * @param config tokenizer_config.json
 * @returns `json` itself if nothing changes
 * @throws CambiumError `E_TOKENIZER` if the two files disagree in what a class decides that is not followed here
 */
export function asLoaded(json: Json, config: Json, model: ModelHints, where: string): Json {
  const name = className(json, config, model);
  if (name === undefined) return json;
  const row = rows[name];
  if (row !== undefined) return builtBy(row, json, config);
  if (others.includes(name)) checkOptions(name, json, config, where);
  return json;
}

/** The class that AutoTokenizer takes; undefined for the general one, which loads tokenizer.json whole. */
function className(json: Json, config: Json, { modelType, tokenizerClass }: ModelHints): string | undefined {
  const autoMap = config["auto_map"];
  if (Array.isArray(autoMap) || (isObject(autoMap) && autoMap["AutoTokenizer"] != null)) return undefined;
  const given = config["tokenizer_class"] ?? tokenizerClass;
  const declared = typeof given === "string" ? given.replace(/Fast$/, "") : undefined;
  const registered = Object.keys(typesOf).find((name) => typesOf[name]?.includes(modelType ?? ""));
  const isWrong = wrong.includes(modelType ?? "");
  if (declared === "LlamaTokenizer" && !isWrong && (hasBytes(json["pre_tokenizer"]) || hasBytes(json["decoder"])))
    return undefined;
  if (declared === undefined) return registered || undefined;
  if (registered === undefined || registered === declared) return declared;
  return registered === "" ? undefined : isWrong ? registered : declared;
}

function hasBytes(part: unknown): boolean {
  return JSON.stringify(part ?? null).includes('"type":"ByteLevel"');
}

function builtBy({ builds, variants, ...row }: ClassRow, json: Json, config: Json): Json {
  const [variant] = variants
    .filter(({ when }) => Object.entries(when).every(([name, value]) => config[name] === value))
    .toSorted((a, b) => Object.keys(b.when).length - Object.keys(a.when).length);
  const { model, before, ...parts } = builds[variant?.builds ?? 0] as Built;
  const own = { bos: tokenText(config["bos_token"]) ?? row.bos, unk: tokenText(config["unk_token"]) ?? row.unk };
  const flags = model["unk_token"] === unknown ? { ...model, unk_token: own.unk ?? null } : model;
  const made = { ...json, ...parts, model: { ...(json["model"] as Json), ...flags } };
  if (before === undefined) return made;
  const pieces = before.map((token) => ({ SpecialToken: { id: token === bos ? own.bos : token, type_id: 0 } }));
  const single = [...pieces, { Sequence: { id: "A", type_id: 0 } }];
  return { ...made, post_processor: { type: "TemplateProcessing", single } };
}

/** @throws CambiumError `E_TOKENIZER` with every option that says something else than tokenizer.json. */
function checkOptions(name: string, json: Json, config: Json, where: string): void {
  const text = JSON.stringify([json["normalizer"], json["pre_tokenizer"]]);
  const either = (on: RegExp, off: RegExp) => (on.test(text) ? true : off.test(text) ? false : undefined);
  const isOn = {
    add_prefix_space: either(
      /"add_prefix_space":true|"prepend_scheme":"(?:always|first)"/,
      /"add_prefix_space":false|"prepend_scheme":"never"/,
    ),
    do_lower_case: either(/"lowercase":true/, /"lowercase":false/),
  };
  const reasons = Object.entries(isOn)
    .filter(([option, value]) => value !== undefined && typeof config[option] === "boolean" && config[option] !== value)
    .map(([option, value]) => ({
      where: option,
      message: `differs from tokenizer.json, and ${name} of transformers would follow it`,
      expected: String(value),
      got: String(config[option]),
    }));
  if (reasons.length === 0) return;
  throw new CambiumError("E_TOKENIZER", "tokenizer_config.json and tokenizer.json say different things", {
    where,
    reasons,
    hint: "save the tokenizer again with transformers (save_pretrained), or remove the option from tokenizer_config.json",
  });
}
