// The HTTP side of a request: access, bodies within bounds, errors as responses.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CambiumError } from "@cambium/ir";
import type { Share } from "./allowance.js";
import { failure } from "./api.js";

/** Most bytes of a body: enough for 64 prompts of 8,192 tokens, or a batch of long texts. */
export const largestBody = 8_000_000;

/** The status of each refusal; any other error is 500. */
const statuses: Readonly<Record<string, number>> = {
  E_REQUEST: 400,
  E_JSON: 400,
  E_UNAUTHORIZED: 401,
  E_FOREIGN_HOST: 403,
  E_NOT_SERVED: 404,
  E_METHOD: 405,
  E_BODY_SIZE: 413,
  E_BODY_TYPE: 415,
  E_BUSY: 503,
};

export function statusOf(error: unknown): number {
  return (error instanceof CambiumError && statuses[error.code]) || 500;
}

/** Who may send requests. */
export interface Access {
  /** The token required after `Authorization: Bearer`. */
  readonly token?: string;
  /** Whether only this machine can reach the server. */
  readonly local: boolean;
}

/** @throws CambiumError `E_UNAUTHORIZED`, `E_FOREIGN_HOST` */
export function checkAccess({ headers }: IncomingMessage, { token, local }: Access): void {
  if (token !== undefined) {
    const [, given = ""] = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "") ?? [];
    const digest = (text: string) => createHash("sha256").update(text).digest();
    if (timingSafeEqual(digest(given), digest(token))) return;
    throw new CambiumError("E_UNAUTHORIZED", "the server requires its token", {
      expected: "Authorization: Bearer TOKEN",
      got: headers.authorization === undefined ? "no token" : "another token",
    });
  }
  // Against DNS rebinding: a web page could resolve its own name to this machine and read the answers.
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (!local || isLocal(host.replace(/^\[|\]$/g, ""))) return;
  throw new CambiumError("E_FOREIGN_HOST", "without a token only requests to this machine's own names are answered", {
    expected: "a request to 127.0.0.1 or localhost",
    got: host.slice(0, 80) || "no host",
  });
}

/** @throws CambiumError `E_TOKEN_NEEDED` if others can reach the server and there is no token */
export function checkExposed(host: string, token: string | undefined): void {
  if (isLocal(host) || token !== undefined) return;
  throw new CambiumError("E_TOKEN_NEEDED", "a server that others can reach needs a token", {
    where: host,
    hint: "--token-file FILE with a token in the file, or leave out --host",
  });
}

/** Whether a name or an address is this machine's own, out of reach for others. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The body's text. @throws CambiumError `E_BODY_TYPE`, `E_BODY_SIZE`, `E_BUSY`, `E_REQUEST` if it is not UTF-8 */
export async function readBody(request: IncomingMessage, share: Share): Promise<string> {
  const type = request.headers["content-type"] ?? "none";
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new CambiumError("E_BODY_TYPE", "the request does not say that its body is JSON", {
      expected: "Content-Type: application/json",
      got: type.slice(0, 80),
      hint: "with curl: -H 'Content-Type: application/json'",
    });
  if (encoding !== "identity")
    throw new CambiumError("E_BODY_TYPE", "compressed bodies are not accepted", { got: encoding.slice(0, 80) });
  const parts: Buffer[] = [];
  let bytes = Number(request.headers["content-length"] ?? 0);
  if (bytes <= largestBody) {
    bytes = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > largestBody) break;
      share.takeBody(part.length);
      parts.push(part);
    }
  }
  if (bytes > largestBody)
    throw new CambiumError("E_BODY_SIZE", "the body is too large", {
      expected: `at most ${largestBody} bytes`,
      hint: "send fewer prompts per request",
    });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    throw new CambiumError("E_REQUEST", "the body is not UTF-8");
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(response.req.method === "HEAD" ? undefined : text);
}

/** Sends an error: as the response or, if a stream has started, as its last event. */
export function sendFailure(response: ServerResponse, error: unknown): void {
  const status = statusOf(error);
  const body = failure(error, status);
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(body)}\n\n`);
    return;
  }
  if (status === 401) response.setHeader("www-authenticate", "Bearer");
  if (status === 405) response.setHeader("allow", (error as CambiumError).details.expected ?? "");
  if (status === 503) response.setHeader("retry-after", "1");
  // Do not wait for the rest of a body that was not read to its end.
  if (!response.req.complete) response.setHeader("connection", "close");
  sendJson(response, status, body);
}
