// The HTTP side: every refusal with its reason, tokens, clients that disconnect, an orderly shutdown.
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Small, serveSmall } from "./support/server.js";

let small: Small;
beforeAll(async () => {
  small = await serveSmall();
});
afterAll(() => small[Symbol.asyncDispose]());

const reasonsOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; reasons?: { where: string }[] } };
  return [error.code, ...(error.reasons ?? []).map(({ where }) => where)];
};

describe("a request is refused", () => {
  const cases: [what: string, body: unknown, status: number, reasons: string[]][] = [
    ["that is not JSON", '{"prompt": "a"', 400, ["E_JSON"]],
    ["that is nested too deep", `{"prompt": ${"[".repeat(2000)}`, 400, ["E_JSON"]],
    ["that names a field twice", '{"prompt": "a", "prompt": "b"}', 400, ["E_JSON", "the body:1:17"]],
    ["that is a list", "[1]", 400, ["E_REQUEST", undefined as never]],
    [
      "with all its mistakes",
      { max_tokens: 1.5, stop: [""], colour: 1 },
      400,
      ["E_REQUEST", "prompt", "max_tokens", "stop", "colour"],
    ],
    [
      "for unsupported values",
      { prompt: "a", n: 2, best_of: 3, suffix: "b" },
      400,
      ["E_REQUEST", "n", "best_of", "suffix"],
    ],
    [
      "with values out of range",
      { prompt: "a", temperature: -1, top_p: 0, logprobs: 6 },
      400,
      ["E_REQUEST", "temperature", "top_p", "logprobs"],
    ],
    ["with prompts of two kinds", { prompt: ["a", 1] }, 400, ["E_REQUEST", "prompt"]],
    ["without a prompt in the list", { prompt: [] }, 400, ["E_REQUEST", "prompt"]],
    ["with ids outside the vocabulary", { prompt: [[1], [2, 256], [-1]] }, 400, ["E_REQUEST", "prompt.1", "prompt.2"]],
    ["that the context has no room for", { prompt: "a", max_tokens: 49 }, 400, ["E_REQUEST", "prompt"]],
    ["with a prompt beyond the context", { prompt: Array(50).fill(1) }, 400, ["E_REQUEST", "prompt"]],
  ];
  test.each(cases)("%s", async (_, body, status, reasons) => {
    const response = await small.post(body);
    expect([response.status, ...(await reasonsOf(response))]).toEqual([status, ...reasons]);
  });

  test("for a text that spells a number, in quotes", async () => {
    const { error } = (await (await small.post({ prompt: "a", max_tokens: "4" })).json()) as { error: object };
    expect(error).toMatchObject({ reasons: [{ where: "max_tokens", got: '"4"' }] });
  });

  test("at another path, with another method or type, compressed, too large, to another host", async () => {
    const { url } = small.serving;
    const json = { "content-type": "application/json" };
    const get = await fetch(`${url}/v1/chat/completions`);
    expect([get.status, ...(await reasonsOf(get))]).toEqual([404, "E_NOT_SERVED"]);
    const method = await fetch(`${url}/v1/completions`);
    expect([method.status, method.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await small.post("{}", { headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await small.post("{}", { headers: { ...json, "content-encoding": "gzip" } })).status).toBe(415);
    // Nothing more is sent than the server reads: else it resets the connection, and its answer may be lost.
    const { host } = new URL(url);
    const head = `POST /v1/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
    expect(await raw(small, `${head}Content-Length: 8000001\r\n\r\n`)).toContain(" 413 ");
    const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${" ".repeat(bytes)}\r\n`;
    const chunks = `Transfer-Encoding: chunked\r\n\r\n${chunk(8_000_000)}${chunk(1)}`;
    expect(await raw(small, head + chunks)).toContain(" 413 ");
    expect(await raw(small, "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n")).toContain(" 403 ");
    expect((await small.post({ prompt: "a", max_tokens: 1 })).status).toBe(200);
  });
});

/** Sends bytes and returns everything received until the connection closes. */
function raw({ serving }: Small, text: string): Promise<string> {
  return new Promise((done) => {
    const { hostname, port } = new URL(serving.url);
    const socket = connect(Number(port), hostname, () => socket.end(text));
    let all = "";
    socket.on("data", (part) => {
      all += part;
    });
    socket.on("close", () => done(all));
    socket.on("error", () => done(all));
  });
}

test("answers /health and /v1/models", async () => {
  const { url } = small.serving;
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
  expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({ object: "list", data: [{ id: "small" }] });
});

test("a token is required if others can reach the server, and checked", async () => {
  await expect(serveSmall({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "E_TOKEN_NEEDED" });
  await using guarded = await serveSmall({ host: "0.0.0.0", token: "a secret word" });
  const { port } = new URL(guarded.serving.url);
  const models = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/v1/models`, { headers });
  for (const headers of [{}, { authorization: "Bearer another" }, { authorization: "a secret word" }])
    expect((await models(headers as Record<string, string>)).status).toBe(401);
  expect((await models({ authorization: "Bearer a secret word" })).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
});

test("bodies and answers beyond the memory for them are refused, and their share comes back", async () => {
  await using tight = await serveSmall({ memory: 40_000 });
  const large = await tight.post({ prompt: ["a", "b"], max_tokens: 40, logprobs: 5 });
  expect(large.status).toBe(400);
  expect(await reasonsOf(large)).toEqual(["E_REQUEST", "prompt"]);
  const body = await tight.post({ prompt: "a", user: "b".repeat(6_000) });
  expect([body.status, ...(await reasonsOf(body))]).toEqual([503, "E_BUSY"]);
  // Each takes a quarter of the memory.
  for (let i = 0; i < 9; i++) await tight.ask({ prompt: "a", max_tokens: 40, logprobs: 0 });
});

test("a port in use is refused", async () => {
  const port = Number(new URL(small.serving.url).port);
  await expect(serveSmall({ port })).rejects.toMatchObject({ code: "E_LISTEN" });
});

test("a client that disconnects frees its work, and others continue", async () => {
  const controller = new AbortController();
  const prompt = Array.from({ length: 200 }, (_, i) => [i, 1, 2]);
  const streams = small.post({ prompt, max_tokens: 40, stream: true }, { signal: controller.signal });
  const scores = small.post({ prompt, max_tokens: 40, echo: true, logprobs: 1 }, { signal: controller.signal });
  const reader = (await streams).body?.getReader();
  await reader?.read();
  const before = small.reports.length;
  controller.abort();
  await reader?.cancel().catch(() => {});
  await expect(scores).rejects.toThrow();
  expect((await small.post({ prompt: "a", max_tokens: 1 })).status).toBe(200);
  for (const end = performance.now() + 10_000; small.reports.length < before + 3 && performance.now() < end; )
    await sleep(5);
  expect(
    small.reports
      .slice(before)
      .map(({ closed }) => closed)
      .sort(),
  ).toEqual([false, true, true]);
});

test("ends running requests when it closes", async () => {
  const ending = await serveSmall();
  const prompt = Array.from({ length: 100 }, (_, i) => [i, 1, 2]);
  const response = await ending.post({ prompt, max_tokens: 40, stream: true });
  const whole = ending.post({ prompt, max_tokens: 40 }).then(
    ({ status }) => status,
    () => 503,
  );
  await sleep(20);
  await ending[Symbol.asyncDispose]();
  expect(await response.text()).toContain("E_BUSY");
  expect(await whole).toBe(503);
});
