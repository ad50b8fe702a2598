// The options of a generation, and their validation.
import { CambiumError, type Reason } from "@cambium/ir";
import { contextLength, type ModelSpec, sizesAlong } from "@cambium/model";
import type { Sampling } from "./sampling.js";

export interface GenerateOptions extends Sampling {
  /** Token ids; at least one. */
  readonly prompt: readonly number[];
  readonly maxNewTokens: number;
  /** The draw for a token depends only on the seed and the token's position. */
  readonly seed: string;
  /** Ids that end the generation; default: the config's. */
  readonly stop?: readonly number[];
  /** Called with each new token and the logits [vocab] it was chosen from, and awaited. */
  readonly onToken?: (token: number, index: number, logits: ArrayLike<number>) => void | Promise<void>;
  /** Ends the generation between two tokens, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws CambiumError `E_GENERATE` with every invalid option */
export function checkGenerateOptions(model: ModelSpec, options: GenerateOptions): void {
  const { prompt, maxNewTokens, temperature, topK, topP } = options;
  const { vocab } = sizesAlong(model, ["vocab"]);
  const longest = contextLength(model);
  const reasons: Reason[] = [];
  const want = (holds: boolean, where: string, expected: string, got: unknown) => {
    if (!holds) reasons.push({ where, message: "is invalid", expected, got: String(got) });
  };
  const strange = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocab);
  want(prompt.length > 0, "prompt", "at least one token", "none");
  want(strange === undefined, "prompt", `token ids from 0 to ${vocab - 1}`, strange);
  want(Number.isInteger(maxNewTokens) && maxNewTokens > 0, "maxNewTokens", "an integer ≥ 1", maxNewTokens);
  want(Number.isFinite(temperature) && temperature >= 0, "temperature", "a number ≥ 0", temperature);
  want(topK === undefined || (Number.isInteger(topK) && topK > 0), "topK", "an integer ≥ 1", topK);
  want(topP === undefined || (topP > 0 && topP <= 1), "topP", "a number in (0, 1]", topP);
  const room = longest - prompt.length + 1;
  if (maxNewTokens > room) {
    reasons.push({
      where: "prompt",
      message: "prompt and new tokens do not fit the model's context",
      expected: `at most ${longest} tokens, the last new one not counted`,
      got: `${prompt.length} in the prompt and ${maxNewTokens} new`,
      hint: room > 0 ? `at most ${room} new tokens after this prompt` : `at most ${longest} tokens of prompt`,
    });
  }
  if (reasons.length > 0) throw new CambiumError("E_GENERATE", "the generation options are invalid", { reasons });
}
