// Any Hugging Face `tokenizer.json`, read by the original library in WebAssembly, so its ids are the original's.
import { CambiumError, type ErrorDetails, type Reason } from "@cambium/ir";
import { sha256Text } from "../sha256.js";
import { asLoaded } from "./classes/classes.js";
import { checkIds } from "./ids.js";
import { type OpenRustTokenizer, RustFailure, type RustTokenizer } from "./rust.js";
import type { Tokenizer } from "./tokenizer.js";
import type { SpecialTokens, TokenizerFiles } from "./tokenizer-files.js";
import {
  type AddedToken,
  parseObject,
  type Readable,
  readableJson,
  readVocabulary,
  tokensBefore,
  tokenText,
} from "./tokenizer-json.js";
import { ofToday } from "./unicode/today.js";
import { wordsOf } from "./words/words.js";

/**
 * A tokenizer from its files. As in the original, the text of a special token becomes that token. Unlike the original,
 * `encode` drops no character: a character without a token, in a vocabulary without an unknown token, is
 * `E_TOKENIZER_UNKNOWN`.
 * @throws CambiumError `E_TOKENIZER` with every reason found.
 */
export async function huggingFaceTokenizer(
  files: TokenizerFiles,
  open: OpenRustTokenizer,
  special: SpecialTokens = {},
): Promise<Tokenizer> {
  const { tokenizer, config: configFile } = files;
  const written = parseObject(tokenizer);
  const config = configFile === undefined ? {} : parseObject(configFile);
  const vocabulary = readVocabulary(written, tokenizer.path);
  const json = asLoaded(written, config, files.model ?? {}, configFile?.path ?? tokenizer.path);
  const idOf = (token: string): number => {
    const id = vocabulary.idOf(token);
    if (id !== undefined) return id;
    const [where, got] = [configFile?.path ?? tokenizer.path, JSON.stringify(token)];
    throw new CambiumError("E_TOKENIZER", "a special token is not in the vocabulary", { where, got });
  };
  const bosToken = special.bosToken ?? tokenText(config["bos_token"]);
  const eosToken = special.eosToken ?? tokenText(config["eos_token"]);
  const [bosId, eosId] = [bosToken, eosToken].map((token) => (token === undefined ? undefined : idOf(token)));
  const prefix = tokensBefore(json).map(idOf);
  const today = ofToday(json, vocabulary.added);
  const readable = readableJson(today.json, vocabulary);
  const rust = await opened(open, readable, tokenizer.path);
  if (json["normalizer"] != null) checkApart(rust, vocabulary.added, tokenizer.path);
  const words = await wordsOf(json, vocabulary, open);
  const silent = new Set(vocabulary.added.filter((token) => token.special).map(({ id }) => id));
  const text = { tokenizer: tokenizer.text, config: configFile?.text };
  const loaded = JSON.stringify(json) === JSON.stringify(written) ? {} : { loaded: readable.text };
  const identity = { kind: "tokenizers", bosId, eosId, prefix, ...text, ...loaded };
  return {
    name: files.name,
    vocabSize: vocabulary.size,
    portable: { kind: "hugging-face", files, special },
    ...(bosId === undefined ? {} : { bosId }),
    ...(eosId === undefined ? {} : { eosId }),
    prefix,
    fingerprint: sha256Text(JSON.stringify(identity)),
    encode(text, start = 0) {
      const wellFormed = text.replace(/\p{Surrogate}/gu, "\uFFFD");
      const ids = words && working(tokenizer.path, () => words(wellFormed));
      return ids ?? encode(rust, readable, today.text(wellFormed, tokenizer.path, start), tokenizer.path);
    },
    decode(list) {
      checkIds(list, vocabulary.size, "decode");
      const spelled = Array.from(list).filter((id) => vocabulary.has(id) && !silent.has(id));
      const text = spelled.length === 0 ? "" : working(tokenizer.path, () => rust.decode(Int32Array.from(spelled)));
      return config["clean_up_tokenization_spaces"] === true ? cleanedUp(text) : text;
    },
  };
}

async function opened(open: OpenRustTokenizer, { text }: Readable, where: string): Promise<RustTokenizer> {
  try {
    return await open(text);
  } catch (cause) {
    if (!(cause instanceof RustFailure)) throw cause;
    throw new CambiumError("E_TOKENIZER", "this tokenizer.json cannot be read", {
      where,
      got: cause.message,
      hint: "open it with Python's tokenizers, which refuses the same files but for scripts newer than Unicode 14",
      cause,
    });
  }
}

/**
 * @throws CambiumError `E_TOKENIZER` for added tokens whose texts are the same once normalized: the original finds one of
 * them, and not the same one in every process.
 */
function checkApart(rust: RustTokenizer, added: readonly AddedToken[], where: string): void {
  const normalized = new Map(added.filter(({ isNormalized }) => isNormalized).map(({ id, content }) => [id, content]));
  if (normalized.size < 2) return;
  const reasons: Reason[] = [];
  for (const [id, content] of normalized) {
    const found = idsOrNone(rust, content);
    const other = normalized.get(found[0] as number);
    if (found.length !== 1 || found[0] === id || other === undefined) continue;
    const got = `${JSON.stringify(content)} and ${JSON.stringify(other)}`;
    reasons.push({ where: "added_tokens", message: "has two tokens that the normalizer makes one text", got });
  }
  if (reasons.length === 0) return;
  const hint = 'give one of the two another text, or set its "normalized" to false';
  throw new CambiumError("E_TOKENIZER", "this tokenizer.json cannot be used", { where, reasons, hint });
}

function idsOrNone(rust: RustTokenizer, text: string): Int32Array {
  try {
    return rust.encode(text);
  } catch (cause) {
    if (cause instanceof RustFailure) return new Int32Array();
    throw cause;
  }
}

/**
 * @throws CambiumError `E_TOKENIZER_UNKNOWN` for characters without a token; `E_TOKENIZER` if the original gives up, as
 * on a pattern that backtracks without end.
 */
function working<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RustFailure)) throw cause;
    const details = { where, got: cause.message, cause };
    if (/Unk(Token|Id)/.test(cause.message)) throw unknownText(details);
    throw new CambiumError("E_TOKENIZER", "the tokenizer failed on a text", details);
  }
}

/** @throws CambiumError `E_TOKENIZER_UNKNOWN`, with up to ten characters that the original would have dropped. */
function encode(rust: RustTokenizer, { unknownId }: Readable, wellFormed: string, where: string): Int32Array {
  const ids = working(where, () => rust.encode(wellFormed));
  if (unknownId === undefined || !ids.includes(unknownId)) return ids;
  const letters = [...new Set(wellFormed)].filter((letter) =>
    working(where, () => rust.encode(letter)).includes(unknownId),
  );
  throw unknownText({ where, got: JSON.stringify(letters.slice(0, 10).join(" ")) });
}

function unknownText(details: ErrorDetails): CambiumError {
  const hint = "use a tokenizer that falls back to bytes, or give this one an unknown token (model.unk_token)";
  return new CambiumError("E_TOKENIZER_UNKNOWN", "the text has characters without a token", { ...details, hint });
}

/** Removes the space before English punctuation, as transformers does with `clean_up_tokenization_spaces`. */
function cleanedUp(text: string): string {
  return [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].reduce(
    (cleaned, mark) => cleaned.replaceAll(` ${mark}`, mark),
    text.replaceAll(" ' ", "'"),
  );
}
