// The memory that running requests may hold together: bodies, and the parts of answers until they are sent.
import { CambiumError } from "@cambium/ir";
import type { Job } from "./prompts.js";
import { type CompletionRequest, refused } from "./request.js";

/** Bytes of memory per byte of a body: beside its text there are the parsed lists, where `1,` takes 8 bytes. */
const perBodyByte = 8;

/** Bytes that all requests together may hold. One answer may take up to half of them. */
export class Allowance {
  #used = 0;

  constructor(readonly most = 2 ** 30) {}

  /** A request's share. */
  share(): Share {
    let own = 0;
    const take = (bytes: number) => {
      if (this.#used + bytes > this.most)
        throw new CambiumError("E_BUSY", "running requests use all the memory set aside for them", {
          hint: "try again later",
        });
      own += bytes;
      this.#used += bytes;
    };
    return {
      takeBody: (bytes) => take(bytes * perBodyByte),
      takeAnswer: (request, jobs) => {
        const bytes = answerBytes(request, jobs);
        if (bytes > this.most / 2) throw tooLarge(bytes, this.most / 2);
        take(bytes);
      },
      release: () => {
        this.#used -= own;
        own = 0;
      },
    };
  }
}

export interface Share {
  /** @throws CambiumError `E_BUSY` */
  takeBody(bytes: number): void;
  /** @throws CambiumError `E_REQUEST` if the answer can never fit, `E_BUSY` if it does not fit now */
  takeAnswer(request: CompletionRequest, jobs: readonly Job[]): void;
  /** Gives everything back. */
  release(): void;
}

/** About how much memory the answer takes, as objects and as JSON. */
function answerBytes({ logprobs }: CompletionRequest, jobs: readonly Job[]): number {
  const perToken = logprobs === undefined ? 100 : 200 + 100 * logprobs;
  return jobs.reduce((sum, { ids, maxTokens }) => sum + (ids.length + maxTokens) * perToken, 0);
}

function tooLarge(bytes: number, most: number): CambiumError {
  const megabytes = (n: number) => `${(n / 1e6).toFixed(1)} MB`;
  return refused([
    {
      where: "prompt",
      message: "the answer would be too large",
      expected: `tokens and log-likelihoods of at most ${megabytes(most)}`,
      got: `about ${megabytes(bytes)}`,
      hint: "send fewer prompts per request, or ask for fewer logprobs",
    },
  ]);
}
