// Which layers in a checkpoint belong to a tower beside the decoder: an encoder of images or sound, a resampler, a codec.
import { isJsonObject, type JsonObject } from "@cambium/files";

/** A part of config.json, besides `text_config`, that counts layers of its own. */
interface Tower {
  readonly key: string;
  readonly part: JsonObject;
  /** Whether a tensor of that name, or with that prefix, is this tower's. */
  readonly has: (name: string) => boolean;
}

const COUNTS =
  /^(?:num_(?:hidden_)?(?:layers|blocks)|n_layers?|depth|depths|layers|encoder_layers|num_encoder_layers)$/;

/** What tensors call a tower whose key in config.json is another word. */
const OTHER_WORDS: Readonly<Record<string, RegExp>> = {
  vision: /visual|image|img|(?:^|[._])vi[ts](?:[._]|$)/,
  audio: /speech|sound/,
};

/** The towers of a config, by the key in config.json: `vision_config`, `audio_config`, `codec_config` … */
export function towersOf(config: JsonObject): Tower[] {
  return Object.entries(config).flatMap(([key, part]): Tower[] => {
    const word = /^(?<word>\w+)_config$/.exec(key)?.groups?.word;
    if (word === undefined || word === "text" || !isJsonObject(part)) return [];
    const sense = Object.keys(OTHER_WORDS).find((one) => word.includes(one));
    if (sense !== undefined) {
      const words = OTHER_WORDS[sense] as RegExp;
      return [{ key, part, has: (name) => name.includes(sense) || words.test(name) }];
    }
    if (!Object.keys(part).some((field) => COUNTS.test(field))) return [];
    const own = new RegExp(`(?:^|[._])${word}`);
    return [{ key, part, has: (name) => own.test(name) }];
  });
}

/** Parts of config.json that count as many layers although no tensor is named after them: the decoder may be theirs. */
export function rivalsOf(config: JsonObject, names: readonly string[], count: number): string[] {
  return towersOf(config).flatMap(({ key, part, has }) =>
    part.num_hidden_layers === count && !names.some(has) ? [`${key}.num_hidden_layers`] : [],
  );
}
