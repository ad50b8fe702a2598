// The server's routes: completions, the model's name, health.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { ModelSpec } from "@cambium/model";
import type { Allowance, Share } from "./allowance.js";
import { type AnswerHead, choice, joined, usage } from "./api.js";
import { type Answering, type AnswerPart, complete } from "./complete.js";
import { type Access, checkAccess, readBody, sendFailure, sendJson } from "./http.js";
import { type Job, jobsOf } from "./prompts.js";
import { type CompletionRequest, readRequest } from "./request.js";

/** The served model. */
export interface Served extends Answering {
  readonly model: ModelSpec;
  /** Its name in responses. */
  readonly name: string;
}

/** Conditions under which a request is answered. */
export interface Bounds {
  readonly access: Access;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
  /** Whether the limit on concurrent requests is reached. */
  readonly busy: boolean;
  readonly allowance: Allowance;
}

/** A finished request. */
export interface RequestReport {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly seconds: number;
  /** Only for completions. */
  readonly counts?: Counts;
  /** Whether the client closed the connection before the end. */
  readonly closed: boolean;
  /** The error, if the request failed. */
  readonly error?: unknown;
}

export interface Counts {
  readonly prompts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

interface Route {
  readonly methods: readonly string[];
  /** Answered without a token, for health checks. */
  readonly open?: true;
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    served: Served,
    work: { readonly signal: AbortSignal; readonly share: Share },
  ): Promise<Counts | undefined>;
}

const routes: Readonly<Record<string, Route>> = {
  "/health": {
    methods: ["GET", "HEAD"],
    open: true,
    answer: async (_, response) => {
      sendJson(response, 200, { status: "ok" });
      return undefined;
    },
  },
  "/v1/models": {
    methods: ["GET", "HEAD"],
    answer: async (_, response, { name }) => {
      sendJson(response, 200, {
        object: "list",
        data: [{ id: name, object: "model", created: 0, owned_by: "cambium" }],
      });
      return undefined;
    },
  },
  "/v1/completions": { methods: ["POST"], answer: completions },
};

/** Answers a request; never rejects. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
  { access, signal, busy, allowance }: Bounds,
): Promise<RequestReport> {
  const begin = performance.now();
  const share = allowance.share();
  const gone = new AbortController();
  // Not AbortSignal.any: with a source signal that lives as long as the server it leaks memory.
  const work = new AbortController();
  const stop = () => work.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  response.on("close", () => {
    if (response.writableFinished) return;
    gone.abort(new CambiumError("E_CLOSED", "the client closed the connection"));
    work.abort(gone.signal.reason);
  });
  const [path = ""] = (request.url ?? "").split("?");
  const method = request.method ?? "";
  const report = (more: Partial<RequestReport>): RequestReport => ({
    ...{ method, path, status: response.statusCode, closed: gone.signal.aborted },
    ...{ seconds: (performance.now() - begin) / 1000, ...more },
  });
  try {
    const route = routeTo(path, method);
    if (!route.open) checkAccess(request, access);
    if (busy) throw new CambiumError("E_BUSY", "too many concurrent requests", { hint: "try again later" });
    const counts = await route.answer(request, response, served, { signal: work.signal, share });
    return report({ ...(counts && { counts }) });
  } catch (error) {
    if (gone.signal.aborted) return report({});
    sendFailure(response, error);
    return report({ error });
  } finally {
    signal.removeEventListener("abort", stop);
    share.release();
  }
}

function routeTo(path: string, method: string): Route {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!route)
    throw new CambiumError("E_NOT_SERVED", "there is nothing at this path", {
      expected: Object.keys(routes).join(", "),
      got: path.slice(0, 80),
    });
  if (route.methods.includes(method)) return route;
  throw new CambiumError("E_METHOD", "this path does not accept the method", {
    expected: route.methods.join(", "),
    got: method,
  });
}

async function completions(
  incoming: IncomingMessage,
  response: ServerResponse,
  served: Served,
  { signal, share }: { readonly signal: AbortSignal; readonly share: Share },
): Promise<Counts> {
  const request = readRequest(parseJson(await readBody(incoming, share), "the body"));
  const jobs = jobsOf(request, served.model, served.tokenizer);
  share.takeAnswer(request, jobs);
  const head: AnswerHead = {
    id: `cmpl-${randomUUID()}`,
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model: served.name,
  };
  const promptTokens = jobs.reduce((sum, { ids }) => sum + ids.length, 0);
  const completionTokens = await (request.stream ? streamed : whole)(
    { request, jobs, served, head, promptTokens },
    response,
    signal,
  );
  return { prompts: jobs.length, promptTokens, completionTokens };
}

interface Asked {
  readonly request: CompletionRequest;
  readonly jobs: readonly Job[];
  readonly served: Served;
  readonly head: AnswerHead;
  readonly promptTokens: number;
}

/** @returns the number of new tokens */
async function whole(
  { request, jobs, served, head, promptTokens }: Asked,
  response: ServerResponse,
  signal: AbortSignal,
) {
  const parts: AnswerPart[][] = jobs.map(() => []);
  const tokens = await complete(request, jobs, served, (part) => void parts[part.index]?.push(part), signal);
  const choices = parts.map((some, index) => choice(joined(some, index), request.logprobs !== undefined));
  sendJson(response, 200, { ...head, choices, usage: usage(promptTokens, tokens) });
  return tokens;
}

/** The answers as server-sent events, one per part. @returns the number of new tokens */
async function streamed(
  { request, jobs, served, head, promptTokens }: Asked,
  response: ServerResponse,
  signal: AbortSignal,
) {
  const send = async (value: unknown) => {
    if (!response.headersSent)
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    const text = typeof value === "string" ? value : JSON.stringify(value);
    // Backpressure: a slow client holds up the computation.
    if (!response.write(`data: ${text}\n\n`)) await once(response, "drain", { signal });
  };
  const give = (part: AnswerPart) =>
    send({
      ...head,
      choices: [choice(part, request.logprobs !== undefined)],
      ...(request.streamUsage && { usage: null }),
    });
  const tokens = await complete(request, jobs, served, give, signal);
  if (request.streamUsage) await send({ ...head, choices: [], usage: usage(promptTokens, tokens) });
  await send("[DONE]");
  response.end();
  return tokens;
}
