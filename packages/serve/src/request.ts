// The request of `POST /v1/completions`: the fields of OpenAI's API, all validated at once.
import { isJsonObject, type JsonValue } from "@cambium/files";
import { CambiumError, type Reason } from "@cambium/ir";
import { closest } from "@cambium/plugin";

export interface CompletionRequest {
  readonly prompts: readonly Prompt[];
  /** Answers begin with the prompt. */
  readonly echo: boolean;
  /** If given, log-likelihoods are returned, with this many likeliest tokens at each position. */
  readonly logprobs?: number;
  /** If undefined, 16 or as many as the context has room for. */
  readonly maxTokens?: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  /** If undefined, a new seed for each request. */
  readonly seed?: number;
  /** Texts before which an answer ends. */
  readonly stop: readonly string[];
  readonly stream: boolean;
  /** Whether a stream's last event has the token counts. */
  readonly streamUsage: boolean;
}

/** A text, or its token ids. */
export type Prompt = string | readonly number[];

const most = { prompts: 4096, logprobs: 5, stops: 16 };

const isWhole = (value: JsonValue): value is number => Number.isSafeInteger(value);
const isText = (value: JsonValue): value is string => typeof value === "string";
const isIds = (value: JsonValue): value is number[] => Array.isArray(value) && value.every(isWhole);

interface Field {
  readonly expected: string;
  fits(value: JsonValue): boolean;
}

const flag: Field = { expected: "true or false", fits: (value) => typeof value === "boolean" };
const number = (expected: string, holds: (value: number) => boolean): Field => ({
  expected,
  fits: (value) => typeof value === "number" && holds(value),
});
const whole = (least: number, largest = Number.MAX_SAFE_INTEGER): Field => {
  const expected = `a whole number ${largest < Number.MAX_SAFE_INTEGER ? `from ${least} to ${largest}` : `≥ ${least}`}`;
  return number(expected, (value) => isWhole(value) && value >= least && value <= largest);
};
/** A field of the API that is not supported: only its neutral value is accepted. */
const idle = (value: JsonValue): Field => ({
  expected: `${JSON.stringify(value)}; other values are not supported`,
  fits: (given) => JSON.stringify(given) === JSON.stringify(value),
});

const fields = {
  prompt: {
    expected: `a text, a list of token ids, or a list of up to ${most.prompts} of either`,
    fits: (value) =>
      isText(value) ||
      (Array.isArray(value) &&
        value.length > 0 &&
        (isIds(value) || (value.length <= most.prompts && (value.every(isText) || value.every(isIds))))),
  },
  model: { expected: "a text", fits: isText },
  echo: flag,
  logprobs: whole(0, most.logprobs),
  max_tokens: whole(0),
  temperature: number("a number ≥ 0", (value) => value >= 0),
  top_k: whole(1),
  top_p: number("a number > 0 and ≤ 1", (value) => value > 0 && value <= 1),
  seed: number("a whole number", isWhole),
  stop: {
    expected: `a text of at least one character, or a list of up to ${most.stops}`,
    fits: (value) => {
      const texts = Array.isArray(value) ? value : [value];
      return texts.length <= most.stops && texts.every((text) => isText(text) && text !== "");
    },
  },
  stream: flag,
  stream_options: {
    expected: '{"include_usage": true or false}',
    fits: (value) =>
      isJsonObject(value) &&
      Object.entries(value).every(([key, one]) => key === "include_usage" && typeof one === "boolean"),
  },
  user: { expected: "a text", fits: isText },
  n: idle(1),
  best_of: idle(1),
  presence_penalty: idle(0),
  frequency_penalty: idle(0),
  logit_bias: idle({}),
  suffix: idle(""),
} satisfies Record<string, Field>;

type Name = keyof typeof fields;

/** @throws CambiumError `E_REQUEST` with every reason found */
export function readRequest(body: JsonValue): CompletionRequest {
  if (!isJsonObject(body)) throw refused([{ message: "the body does not fit", expected: "a JSON object" }]);
  // null counts as absent.
  const given = Object.entries(body).filter(([, value]) => value !== null);
  const reasons = given.flatMap(([name, value]) => mistakesIn(name, value));
  const value = <T extends JsonValue>(name: Name) => body[name] as T | null | undefined;
  if ((value("prompt") ?? undefined) === undefined)
    reasons.unshift({ where: "prompt", message: "is missing", expected: fields.prompt.expected });
  if (reasons.length > 0) throw refused(reasons);

  const prompt = value<string | number[] | string[] | number[][]>("prompt") ?? "";
  const stop = value<string | string[]>("stop") ?? [];
  const optional = <K extends string>(key: K, name: Name) => {
    const one = value<number>(name) ?? undefined;
    return one === undefined ? {} : ({ [key]: one } as Record<K, number>);
  };
  return {
    prompts: isText(prompt) || isIds(prompt) ? [prompt] : prompt,
    echo: value<boolean>("echo") ?? false,
    temperature: value<number>("temperature") ?? 1,
    stop: isText(stop) ? [stop] : stop,
    stream: value<boolean>("stream") ?? false,
    streamUsage: value<{ include_usage?: boolean }>("stream_options")?.include_usage ?? false,
    ...optional("logprobs", "logprobs"),
    ...optional("maxTokens", "max_tokens"),
    ...optional("topK", "top_k"),
    ...optional("topP", "top_p"),
    ...optional("seed", "seed"),
  };
}

/** The error of an invalid request. */
export function refused(reasons: readonly Reason[]): CambiumError {
  return new CambiumError("E_REQUEST", "the request cannot be answered", { reasons });
}

function mistakesIn(name: string, value: JsonValue): Reason[] {
  if (!Object.hasOwn(fields, name)) {
    const near = closest(name, Object.keys(fields));
    const hint = near === undefined ? `fields: ${Object.keys(fields).join(", ")}` : `did you mean "${near}"?`;
    return [{ where: shortened(name), message: "is not a field of a completion", hint }];
  }
  const { expected, fits } = fields[name as Name];
  return fits(value) ? [] : [{ where: name, message: "does not fit", expected, got: shown(value) }];
}

/** As JSON: `"4"` is not the number it should be. */
function shown(value: JsonValue): string {
  // The prompt may be megabytes long; its start is enough for a message.
  const isLong = typeof value === "string" || Array.isArray(value);
  return shortened(JSON.stringify(isLong ? value.slice(0, 80) : value));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
