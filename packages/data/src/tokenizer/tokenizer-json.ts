// Reads and checks tokenizer.json and tokenizer_config.json, and writes the text that the original reads.
import { CambiumError, type Reason } from "@cambium/ir";
import { unknownParts } from "./parts.js";

/** The largest vocabulary a file may claim; every known one is below 300,000. */
const largestVocabulary = 1 << 24;

/** The unknown token of a tokenizer that has none; without one the original would drop unknown characters. */
const noToken = "\0no token";

/** The text of a file, and its path for errors. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** A token of `added_tokens`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it is left out of decoded text. */
  readonly special: boolean;
  /** Whether its text is the token only where no letter is beside it. */
  readonly isSingleWord: boolean;
  /** Whether it is looked for in the normalized text, and so is normalized itself. */
  readonly isNormalized: boolean;
}

/** @throws CambiumError `E_TOKENIZER` for a text that is not a JSON object. */
export function parseObject({ path: where, text }: TextFile): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CambiumError("E_TOKENIZER", "this is not JSON", { where, got: (cause as Error).message, cause });
  }
  if (isObject(value)) return value;
  throw new CambiumError("E_TOKENIZER", "this is not a tokenizer", { where, expected: "a JSON object" });
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The ids of a tokenizer by their text. */
export interface Vocabulary {
  /** One more than the largest id, which may differ from the number of tokens. */
  readonly size: number;
  readonly added: readonly AddedToken[];
  /** The id of a token, of the model or added. */
  idOf(token: string): number | undefined;
  /** Whether some token has that id. */
  has(id: number): boolean;
}

/** @throws CambiumError `E_TOKENIZER` with every reason found. */
export function readVocabulary(json: Json, where: string): Vocabulary {
  const reasons = unknownParts(json);
  const ids = new Map<string, number>();
  const isToken = (place: string, token: unknown, id: unknown): boolean => {
    if (typeof token === "string" && isId(id)) return true;
    const expected = `0 to ${largestVocabulary - 1}`;
    if (typeof token !== "string") add(reasons, { where: place, message: "is missing", expected: "a string" });
    else add(reasons, { where: place, message: "is not a token id", expected, got: JSON.stringify(id) ?? "nothing" });
    return false;
  };
  const take = (place: string, token: unknown, id: unknown): void => {
    if (isToken(place, token, id)) ids.set(token as string, id as number);
  };
  const model = isObject(json["model"]) ? json["model"] : {};
  const { vocab, dropout } = model;
  if (Array.isArray(vocab)) {
    if (vocab.length === 0) add(reasons, { where: "model.vocab", message: "is empty" });
    vocab.forEach((entry, id) => {
      take(`model.vocab[${id}]`, Array.isArray(entry) ? entry[0] : undefined, id);
    });
  } else if (isObject(vocab)) {
    for (const [token, id] of Object.entries(vocab)) take(`model.vocab[${JSON.stringify(token)}]`, token, id);
  } else add(reasons, { where: "model.vocab", message: "is missing", expected: "an object or a list of tokens" });
  if (typeof dropout === "number" && dropout > 0) {
    const hint = "set it to null: the same text is then always the same tokens";
    add(reasons, { where: "model.dropout", message: "leaves out merges at random", got: String(dropout), hint });
  }
  const added = numbered(addedTokens(json["added_tokens"] ?? [], reasons, isToken), ids, reasons);
  if (reasons.length > 0) {
    throw new CambiumError("E_TOKENIZER", "this tokenizer.json cannot be used", { where, reasons });
  }
  const known = new Set(ids.values());
  const size = [...known].reduce((most, id) => Math.max(most, id + 1), 0);
  return { size, added, idOf: (token) => ids.get(token), has: (id) => known.has(id) };
}

function addedTokens(
  list: unknown,
  reasons: Reason[],
  check: (place: string, token: unknown, id: unknown) => boolean,
): AddedToken[] {
  if (!Array.isArray(list)) {
    add(reasons, { where: "added_tokens", message: "is not a list" });
    return [];
  }
  return list.map((token: unknown, i) => {
    const { id, content, special, single_word: single, normalized } = isObject(token) ? token : {};
    check(`added_tokens[${i}].${typeof content === "string" ? "id" : "content"}`, content, id);
    const flags = { special: special === true, isSingleWord: single === true, isNormalized: normalized === true };
    return { id: id as number, content: content as string, ...flags };
  });
}

/**
 * With the ids that the original gives them, which are not always those of the file: the model's own for a token that it
 * has, else one more than the largest so far, from the number of the model's tokens on. They are put in `ids`.
 */
function numbered(added: readonly AddedToken[], ids: Map<string, number>, reasons: Reason[]): AddedToken[] {
  const own = new Map(ids);
  let [next, hasGaps] = [own.size, false];
  return added.map((token, i) => {
    const known = ids.get(token.content);
    if (known === undefined && hasGaps) {
      const hint = "number the tokens of model.vocab from 0 on without gaps";
      add(reasons, { where: `added_tokens[${i}].id`, message: "depends on the version of the original", hint });
    }
    hasGaps ||= (own.get(token.content) ?? 0) >= own.size;
    const id = known ?? next;
    ids.set(token.content, id);
    next = Math.max(next, id + 1);
    return { ...token, id };
  });
}

/** Keeps the first ten reasons; a broken vocabulary could give many thousand. */
function add(reasons: Reason[], reason: Reason): void {
  if (reasons.length < 10) reasons.push(reason);
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < largestVocabulary;
}

/** A tokenizer.json for the original to read, and the id of characters without a token. */
export interface Readable {
  readonly text: string;
  /** Set only if the original would drop characters silently. */
  readonly unknownId: number | undefined;
}

/**
 * Keeps the parts of `json` that decide the ids of a bare text: nothing is added around it, truncated or padded. BPE
 * without an unknown token gets one. Added tokens are then put into the vocabulary too, since the original would
 * otherwise number them from the vocabulary's size.
 */
export function readableJson(json: Json, { size, added }: Vocabulary): Readable {
  const model = json["model"] as Json;
  const { type, vocab, unk_token: unknown, merges } = model;
  const parts = { version: "1.0", normalizer: null, pre_tokenizer: null, decoder: null, added_tokens: [], ...json };
  const cut = { truncation: null, padding: null, post_processor: null };
  const alone = { ...parts, ...cut };
  const drops = (type === "BPE" || (type === undefined && merges !== undefined)) && typeof unknown !== "string";
  if (!drops) return { text: JSON.stringify(alone), unknownId: undefined };
  const words = { ...(vocab as Json), ...Object.fromEntries(added.map(({ content, id }) => [content, id])) };
  const whole = { ...model, vocab: { ...words, [noToken]: size }, unk_token: noToken };
  return { text: JSON.stringify({ ...alone, model: whole }), unknownId: size };
}

/**
 * The tokens that the post-processor's template puts before a text, by name. `add_bos_token` of tokenizer_config.json
 * does not count: transformers ignores it if there is a tokenizer.json.
 */
export function tokensBefore(json: Json): readonly string[] {
  return templateTokens(json["post_processor"]);
}

function templateTokens(processor: unknown): readonly string[] {
  if (!isObject(processor)) return [];
  const { type, processors, single, cls } = processor;
  if (type === "Sequence" && Array.isArray(processors)) return processors.flatMap(templateTokens);
  if ((type === "BertProcessing" || type === "RobertaProcessing") && Array.isArray(cls))
    return typeof cls[0] === "string" ? [cls[0]] : [];
  if (type !== "TemplateProcessing" || !Array.isArray(single)) return [];
  const text = single.findIndex((piece) => isObject(piece) && "Sequence" in piece);
  return single.slice(0, Math.max(text, 0)).flatMap((piece) => {
    const special = isObject(piece) && isObject(piece["SpecialToken"]) ? piece["SpecialToken"]["id"] : undefined;
    return typeof special === "string" ? [special] : [];
  });
}

/** Special tokens are given as text or as `{ content }`. */
export function tokenText(value: unknown): string | undefined {
  const text = isObject(value) ? value["content"] : value;
  return typeof text === "string" ? text : undefined;
}
