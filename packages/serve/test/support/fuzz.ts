// Random and damaged requests: the server must answer each or refuse it with a reason, and keep running.
import { connect } from "node:net";
import fc from "fast-check";
import type { Small } from "./server.js";

const odd = fc.oneof(fc.jsonValue(), fc.double(), fc.maxSafeInteger(), fc.string({ unit: "binary", maxLength: 20 }));
/** Mostly valid values, now and then anything. */
const mostly = (...kinds: fc.Arbitrary<unknown>[]) =>
  fc.oneof(...kinds.map((arbitrary) => ({ weight: 15, arbitrary })), { weight: 1, arbitrary: odd });
const unit = (max: number) => fc.double({ min: Number.MIN_VALUE, max, noNaN: true });
const ids = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 40 });
const text = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });

/** Bodies that are valid or nearly so. */
const body = fc.record(
  {
    prompt: mostly(
      text,
      ids,
      fc.array(ids, { minLength: 1, maxLength: 3 }),
      fc.array(text, { minLength: 1, maxLength: 3 }),
    ),
    ...{ max_tokens: mostly(fc.nat(6)), echo: mostly(fc.boolean()), logprobs: mostly(fc.nat(5), fc.constant(null)) },
    temperature: mostly(unit(2), fc.constantFrom(0, 5e-324, 1e308)),
    stop: mostly(fc.string({ unit: "binary", minLength: 1, maxLength: 3 }), fc.array(text, { maxLength: 3 })),
    ...{ seed: mostly(fc.maxSafeInteger()), top_k: mostly(fc.integer({ min: 1, max: 300 })), top_p: mostly(unit(1)) },
    ...{ stream: mostly(fc.boolean()), stream_options: mostly(fc.record({ include_usage: fc.boolean() })) },
    ...{ n: mostly(fc.constant(1)), user: mostly(text) },
  },
  { requiredKeys: ["prompt"] },
);
const bytesOf = (text: string) => Buffer.from(text);
/** Bodies with some bytes changed. */
const damaged = fc
  .tuple(body, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([value, changes]) => {
    const bytes = bytesOf(JSON.stringify(value));
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });

export type Fuzzed = { readonly body: Buffer } | { readonly bytes: Buffer };

export const fuzzed: fc.Arbitrary<Fuzzed> = fc.oneof(
  { weight: 6, arbitrary: body.map((value) => ({ body: bytesOf(JSON.stringify(value)) })) },
  { weight: 3, arbitrary: damaged.map((bytes) => ({ body: bytes })) },
  { weight: 1, arbitrary: odd.map((value) => ({ body: bytesOf(JSON.stringify(value) ?? "") })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom("POST /v1/completions HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n", ""),
        fc.uint8Array({ maxLength: 200 }),
      )
      .map(([head, rest]) => ({ bytes: Buffer.concat([bytesOf(head), rest]) })),
  },
);

/** @throws Error unless the server answers, or refuses with a reason */
export async function checkAnswer(served: Small, request: Fuzzed): Promise<void> {
  if ("bytes" in request) {
    const answer = await sent(served.serving.url, request.bytes);
    if (/^HTTP\/1.1 5/.test(answer)) throw new Error(answer);
    return;
  }
  const response = await served.post("", { body: request.body });
  const text = await response.text();
  if (response.status !== 200 && response.status !== 400) throw new Error(`${response.status}: ${text}`);
  if (response.status === 400 && !JSON.parse(text).error.message) throw new Error(text);
  if (/"(server_error|E_\w+)"/.test(text) && response.status === 200) throw new Error(text);
}

/** Sends raw bytes and returns everything received until the connection closes. */
function sent(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    let all = "";
    socket.on("data", (part) => {
      all += part;
    });
    socket.on("close", () => done(all));
    socket.on("error", () => done(all));
  });
}
