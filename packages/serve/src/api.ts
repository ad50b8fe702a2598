// Responses in the shapes of OpenAI's API.
import { CambiumError, type Reason } from "@cambium/ir";
import type { AnswerPart } from "./complete.js";

/** The fields that all parts of an answer share. */
export interface AnswerHead {
  readonly id: string;
  readonly object: "text_completion";
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export function usage(prompt: number, completion: number): Usage {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** An answer, or a part of one, as an element of `choices`. */
export function choice({ index, text, tokens, finish }: AnswerPart, withLogprobs: boolean) {
  const logprobs = withLogprobs && {
    tokens: tokens.map((token) => token.text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top }) => top),
    text_offset: tokens.map(({ offset }) => offset),
  };
  return { index, text, logprobs: logprobs || null, finish_reason: finish ?? null };
}

/** Joins the parts of one prompt's answer. */
export function joined(parts: readonly AnswerPart[], index: number): AnswerPart {
  const finish = parts.at(-1)?.finish;
  return {
    index,
    text: parts.map(({ text }) => text).join(""),
    tokens: parts.flatMap(({ tokens }) => tokens),
    ...(finish && { finish }),
  };
}

export interface Failure {
  readonly error: {
    readonly message: string;
    readonly type: "invalid_request_error" | "server_error";
    /** The wrong field, if there is exactly one. */
    readonly param: string | null;
    readonly code: string;
    readonly reasons?: readonly Reason[];
  };
}

/** An error as the client sees it. The text of a bug goes only to the log. */
export function failure(error: unknown, status: number): Failure {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  if (!(error instanceof CambiumError))
    return { error: { message: "a bug in the server; see its log", type, param: null, code: "E_DEFECT" } };
  const { code, details } = error;
  const { reasons = [] } = details;
  return {
    error: {
      message: error.format().replace(/^E_\w+: /, ""),
      ...{ type, param: reasons.length === 1 ? (reasons[0]?.where ?? null) : null, code },
      ...(reasons.length > 0 && { reasons }),
    },
  };
}
