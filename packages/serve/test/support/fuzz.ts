// Requests that nobody would send on purpose: whatever comes, the server answers or refuses with a reason, and lives.
import { connect } from "node:net";
import fc from "fast-check";
import type { Small } from "./server.js";

const odd = fc.oneof(fc.jsonValue(), fc.double(), fc.maxSafeInteger(), fc.string({ unit: "binary", maxLength: 20 }));
const ids = fc.array(fc.integer({ min: -1, max: 257 }), { maxLength: 52 });
const prompt = fc.oneof(fc.string({ unit: "binary", maxLength: 50 }), ids, fc.array(ids, { maxLength: 4 }), odd);
const small = fc.integer({ min: -1, max: 6 });

/** Bodies that are nearly right. */
const body = fc.record(
  {
    ...{ prompt, max_tokens: fc.oneof(small, odd), echo: fc.boolean(), logprobs: fc.oneof(small, odd) },
    temperature: fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(0, 5e-324, 1e308), odd),
    stop: fc.oneof(fc.string({ unit: "binary", maxLength: 3 }), fc.array(fc.string({ maxLength: 2 })), odd),
    ...{ seed: fc.oneof(fc.maxSafeInteger(), odd), top_k: fc.oneof(small, odd), top_p: fc.oneof(fc.double(), odd) },
    ...{
      stream: fc.boolean(),
      stream_options: fc.oneof(fc.record({ include_usage: fc.boolean() }), odd),
      n: odd,
      user: odd,
    },
  },
  { requiredKeys: ["prompt"] },
);
const bytesOf = (text: string) => Buffer.from(text);
/** Some of whose bytes are others. */
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

/** @throws Error for anything but an answer or a refusal with a reason */
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

/** Bytes as they are, and what comes back until the connection ends. */
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
