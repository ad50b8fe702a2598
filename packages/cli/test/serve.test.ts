// cambium serve, the built command: prints its address, answers, requires its token, and exits with 0 at Ctrl-C.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSources, writeModelDirectory } from "@cambium/checkpoint";
import { initParameters, llama, modelSpec, writeHfModel } from "@cambium/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cambium } from "./support.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "cambium-serve-"));
const model = join(folder, "model");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const spec = modelSpec(llama, { layers: 1, vocab: 256, hidden: 8, intermediate: 8, heads: 2, contextLength: 48 });
  const tensors = hostSources(initParameters(spec, { seed: "serve", scheme: "hf" }), "f32");
  await writeModelDirectory(model, { configJson: writeHfModel(spec, { dtype: "f32" }), tensors });
});

test("answers requests with the token until Ctrl-C, which also ends a running stream and exits with 0", async () => {
  const token = join(folder, "token.txt");
  writeFileSync(token, "longer-than-eight\n");
  const args = ["serve", model, "--backend", "reference", "--port", "0", "--token-file", token, "--json"];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let [out, errors] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const first = once(child.stdout, "data");
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  await first;
  const { event, url, model: name, context } = JSON.parse(out.split("\n")[0] ?? "");
  expect([event, name, context]).toEqual(["listening", "model", 48]);
  const post = (body: object, authorization = "Bearer longer-than-eight") =>
    fetch(`${url}/v1/completions`, {
      ...{ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", authorization } },
    });
  expect((await post({ prompt: "a" }, "")).status).toBe(401);
  const answer = await (await post({ prompt: "a", max_tokens: 2, echo: true, logprobs: 1 })).json();
  expect(answer).toMatchObject({ usage: { prompt_tokens: 1, completion_tokens: 2 } });
  const stream = await post({ prompt: Array(200).fill("a"), max_tokens: 40, stream: true });
  child.kill("SIGINT");
  expect(await stream.text()).toContain("the server is ending");
  expect([(await ended)[0], errors]).toEqual([0, "Ending\n"]);
  const events = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.map(({ status }) => status)).toEqual([undefined, 401, 200, 200]);
  expect(events[2]).toMatchObject({ prompts: 1, promptTokens: 1, completionTokens: 2, closed: false });
});

test("every mistake is reported before any weight is read", async () => {
  const token = join(folder, "short.txt");
  writeFileSync(token, "a b");
  const wrong = await cambium(["serve", join(folder, "nowhere"), "--host", "0.0.0.0", "--backend", "nothing-such"]);
  expect(wrong.code).toBe(2);
  for (const part of ["E_TOKEN_NEEDED", "--token-file", "nowhere", "nothing-such"])
    expect(wrong.errors).toContain(part);
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const port = String((other.address() as AddressInfo).port);
  const taken = await cambium(["serve", join(folder, "nowhere"), "--port", port]);
  other.close();
  expect(taken.errors).toMatch(/E_LISTEN[\s\S]*nowhere/);
  const short = await cambium(["serve", model, "--token-file", token]);
  expect([short.code, short.errors]).toEqual([2, expect.stringContaining("at least 8")]);
});
