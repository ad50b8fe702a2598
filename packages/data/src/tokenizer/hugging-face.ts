// Any Hugging Face `tokenizer.json`, by way of @huggingface/tokenizers; what it takes on trust is checked here.
import { createHash } from "node:crypto";
import { CambiumError, type Reason } from "@cambium/ir";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { checkIds } from "./ids.js";
import type { Tokenizer } from "./tokenizer.js";

/** The largest vocabulary a file may claim; every known one is below 300,000. */
const MAX_VOCAB = 1 << 24;

/** Of a file without a type, the library guesses which. Others, like WordLevel, it would take for something else. */
const MODELS = ["BPE", "WordPiece", "Unigram"];

/** Stands for the unknown where a tokenizer has no token for it; in no vocabulary, so that it gets no id. */
const NO_TOKEN = "\0no token";

/** A file that was read: its text, and its path for errors. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface TokenizerFiles {
  /** As people know the tokenizer. */
  readonly name: string;
  /** tokenizer.json */
  readonly tokenizer: TextFile;
  /** tokenizer_config.json, which says which tokens begin and end a text. */
  readonly config?: TextFile;
}

/** Tokens that begin and end a text, where tokenizer_config.json does not say, or says otherwise. */
export interface SpecialTokens {
  readonly bosToken?: string;
  readonly eosToken?: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * A tokenizer from its files. As with the original, a special token spelled out in a text is that token. Unlike it,
 * `encode` leaves no character out: what the vocabulary can neither spell nor call unknown is `E_TOKENIZER_UNKNOWN`.
 * @throws CambiumError `E_TOKENIZER` with every reason found.
 */
export function huggingFaceTokenizer(files: TokenizerFiles, special: SpecialTokens = {}): Tokenizer {
  const { tokenizer, config: configFile } = files;
  const json = parseObject(tokenizer);
  const config = configFile === undefined ? {} : parseObject(configFile);
  const vocabSize = checkShape(json, tokenizer.path);
  const library = build(json, config, tokenizer.path);
  const specialId = (text: string | undefined): number | undefined => {
    const id = text === undefined ? undefined : library.token_to_id(text);
    if (text === undefined || id !== undefined) return id;
    throw new CambiumError("E_TOKENIZER", "a special token is not in the vocabulary", {
      where: configFile?.path ?? tokenizer.path,
      got: JSON.stringify(text),
    });
  };
  const bosId = specialId(special.bosToken ?? tokenText(config["bos_token"]));
  const eosId = specialId(special.eosToken ?? tokenText(config["eos_token"]));
  const identity = { kind: "hugging-face", bosId, eosId, tokenizer: tokenizer.text, config: configFile?.text };
  return {
    name: files.name,
    vocabSize,
    ...(bosId === undefined ? {} : { bosId }),
    ...(eosId === undefined ? {} : { eosId }),
    fingerprint: createHash("sha256").update(JSON.stringify(identity)).digest("hex"),
    encode(text) {
      const wellFormed = text.replace(/\p{Surrogate}/gu, "\uFFFD");
      const ids = library.encode(wellFormed, { add_special_tokens: false }).ids;
      if (!ids.some(isMissing)) return Int32Array.from(ids);
      const letters = [...new Set(wellFormed)];
      const unknown = letters.filter((letter) =>
        library.encode(letter, { add_special_tokens: false }).ids.some(isMissing),
      );
      throw new CambiumError("E_TOKENIZER_UNKNOWN", "the vocabulary cannot spell all of the text", {
        where: tokenizer.path,
        got: JSON.stringify(unknown.slice(0, 10).join(" ")),
        hint: "use a tokenizer that falls back to bytes, or give this one a token for the unknown (model.unk_token)",
      });
    },
    decode(list) {
      checkIds(list, vocabSize, "decode");
      const known = Array.from(list).filter((id) => library.id_to_token(id) !== undefined);
      if (known.length === 0) return "";
      return library.decode(known, {
        skip_special_tokens: true,
        clean_up_tokenization_spaces: config["clean_up_tokenization_spaces"] === true,
      });
    },
  };
}

function parseObject({ path: where, text }: TextFile): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CambiumError("E_TOKENIZER", "this is not JSON", { where, got: (cause as Error).message, cause });
  }
  if (isObject(value)) return value;
  throw new CambiumError("E_TOKENIZER", "this is no tokenizer", { where, expected: "a JSON object" });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The size of the vocabulary: one more than the largest id, which need not be the count of tokens. */
function checkShape(json: Json, where: string): number {
  const reasons: Reason[] = [];
  let largest = -1;
  const take = (place: string, id: unknown): void => {
    if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < MAX_VOCAB) largest = Math.max(largest, id);
    else if (reasons.length < 10) {
      reasons.push({ where: place, message: "not a token id", expected: `0 to ${MAX_VOCAB - 1}`, got: String(id) });
    }
  };
  const model = isObject(json["model"]) ? json["model"] : {};
  const { type, vocab } = model;
  if (type !== undefined && !MODELS.includes(String(type))) {
    reasons.push({ where: "model.type", message: "not supported", expected: MODELS.join(" or "), got: String(type) });
  }
  if (Array.isArray(vocab)) take("model.vocab", vocab.length - 1);
  else if (isObject(vocab))
    for (const [token, id] of Object.entries(vocab)) take(`model.vocab[${JSON.stringify(token)}]`, id);
  else reasons.push({ where: "model.vocab", message: "missing", expected: "an object or a list of tokens" });
  const added = json["added_tokens"] ?? [];
  if (!Array.isArray(added)) reasons.push({ where: "added_tokens", message: "not a list" });
  else {
    for (const [i, token] of added.entries()) {
      take(`added_tokens[${i}].id`, isObject(token) ? token["id"] : undefined);
      if (!isObject(token) || typeof token["content"] !== "string") {
        reasons.push({ where: `added_tokens[${i}].content`, message: "missing", expected: "a string" });
      }
    }
  }
  if (reasons.length > 0) {
    throw new CambiumError("E_TOKENIZER", "this is no tokenizer.json", { where, reasons });
  }
  return largest + 1;
}

/** The library's id for a token that has none is undefined, though its types deny it. */
function isMissing(id: number | undefined): boolean {
  return id === undefined;
}

function build(json: Json, config: Json, where: string): Library {
  const parts = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
  const model = json["model"] as Json;
  // Without a token for the unknown, the library would leave characters out and say nothing.
  const unknown = Array.isArray(model["vocab"]) ? {} : { unk_token: model["unk_token"] ?? NO_TOKEN };
  try {
    const library = new Library({ ...parts, ...json, model: { ...model, ...unknown } }, config);
    // Some faults show only when it is used.
    library.encode("a b", { add_special_tokens: false });
    return library;
  } catch (cause) {
    throw new CambiumError("E_TOKENIZER", "this tokenizer cannot be used", {
      where,
      got: cause instanceof Error ? cause.message : String(cause),
      hint: "it may use a part that @huggingface/tokenizers does not know",
      cause,
    });
  }
}

/** Special tokens are given as text or as `{ content }`. */
function tokenText(value: unknown): string | undefined {
  const text = isObject(value) ? value["content"] : value;
  return typeof text === "string" ? text : undefined;
}
