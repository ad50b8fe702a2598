// Completions: log-likelihoods match the logits, streams match whole answers, stop texts end them.
import { NewText, Scorer } from "@cambium/inference";
import { afterAll, beforeAll, expect, test } from "vitest";
import { events, model, type Small, serveSmall, tokenizer, weights } from "./support/server.js";

let small: Small;
beforeAll(async () => {
  small = await serveSmall();
});
afterAll(() => small[Symbol.asyncDispose]());

test("an echoed prompt has the scorer's log-likelihoods, and the greedy next token is the likeliest", async () => {
  const prompts = [[67, 97, 108, 108], [5, 200], Array.from({ length: 48 }, (_, i) => (i * 37) % 256)];
  const asked = { prompt: prompts, max_tokens: 1, temperature: 0, echo: true, logprobs: 3, seed: 1234 };
  const { choices, usage } = await small.ask(asked);
  expect(usage).toEqual({ prompt_tokens: 54, completion_tokens: 3, total_tokens: 57 });
  using scorer = await Scorer.open(small.device, model, weights);
  const sequences = prompts.map((ids) => ({ ids: [...ids, 0], scored: ids.length }));
  const scores = await scorer.score(sequences, { top: 3 });
  for (const [i, ids] of prompts.entries()) {
    const { logprobs, index } = choices[i] as (typeof choices)[0];
    const { token_logprobs: logs = [], top_logprobs: tops = [] } = logprobs ?? {};
    expect([index, logs.length, logs[0], tops[0]]).toEqual([i, ids.length + 1, null, null]);
    const { logLikelihoods, likeliest } = scores[i] as (typeof scores)[0];
    for (const [at, log] of logLikelihoods.slice(0, -1).entries()) expect(logs[at + 1]).toBeCloseTo(log, 5);
    expect(logs.at(-1)).toBeCloseTo(likeliest.at(-1)?.[0]?.logLikelihood ?? 1, 5);
    for (const [at, top] of tops.slice(1).entries()) {
      const best = likeliest[at]?.map(({ logLikelihood }) => logLikelihood) ?? [];
      const given = Object.values(top ?? {}).sort((a, b) => b - a);
      for (const [k, log] of best.entries()) expect(given[k]).toBeCloseTo(log, 5);
      // The actual token is among them.
      expect(given).toContain(logs[at + 1]);
    }
  }
  // Generation gives the same token with the same log-likelihood.
  const { choices: stepwise } = await small.ask({ ...asked, max_tokens: 1, temperature: 1e-9 });
  expect(stepwise.map(({ text }) => text)).toEqual(choices.map(({ text }) => text));
  for (const [i, { logprobs }] of stepwise.entries())
    for (const [at, log] of (logprobs?.token_logprobs ?? []).entries())
      if (log !== null) expect(log).toBeCloseTo(choices[i]?.logprobs?.token_logprobs[at] ?? 1, 5);
});

test("a text equals its ids; a seed gives the same tokens alone, among others, whole and streamed", async () => {
  const asked = { max_tokens: 12, temperature: 1.2, seed: 7, logprobs: 1, echo: true };
  const text = await small.ask({ ...asked, prompt: "Call me" });
  expect(await small.ask({ ...asked, prompt: [...tokenizer.encode("Call me")] })).toMatchObject({
    choices: text.choices,
  });
  const list = await small.ask({ ...asked, prompt: ["Once", "Call me", "é🐋"] });
  expect(list.choices[1]).toMatchObject({ ...text.choices[0], index: 1 });
  const stream = await (await small.post({ ...asked, prompt: ["Once", "Call me", "é🐋"], stream: true })).text();
  for (const whole of list.choices) {
    const parts = events(stream).flatMap(({ choices }) => choices.filter(({ index }) => index === whole.index));
    expect(parts.map((part) => part.text).join("")).toBe(whole.text);
    expect(parts.map((part) => part.finish_reason).filter((reason) => reason !== null)).toEqual([whole.finish_reason]);
    for (const key of ["tokens", "token_logprobs", "text_offset", "top_logprobs"] as const)
      expect(parts.flatMap(({ logprobs }): unknown[] => [...(logprobs?.[key] ?? [])])).toEqual(whole.logprobs?.[key]);
  }
  expect((await small.ask({ ...asked, prompt: "Call me", seed: 8 })).choices).not.toEqual(text.choices);
});

test("max_tokens of 0", async () => {
  const { choices } = await small.ask({ prompt: "Call me", max_tokens: 0, echo: true, logprobs: 0 });
  expect(choices[0]).toMatchObject({ text: "Call me", finish_reason: "length" });
  expect(choices[0]?.logprobs?.tokens).toEqual([..."Call me"]);
  expect(choices[0]?.logprobs?.text_offset).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(await small.ask({ prompt: "Call me", max_tokens: 0 })).toMatchObject({
    choices: [{ text: "", logprobs: null }],
  });
  const full = Array(49).fill(65);
  expect(
    (await small.ask({ prompt: full, max_tokens: 0, echo: true, logprobs: 1 })).choices[0]?.logprobs?.tokens,
  ).toHaveLength(49);
});

test("an answer ends before a stop text, whole and streamed, and at an end token", async () => {
  const asked = { prompt: "Call me", max_tokens: 40, temperature: 1, seed: 3 };
  const { text = "" } = (await small.ask(asked)).choices[0] ?? {};
  const stop = [text.slice(9, 12), "never there"];
  const cut = text.slice(0, text.indexOf(stop[0] as string));
  const whole = await small.ask({ ...asked, stop, logprobs: 0 });
  expect(whole.choices[0]).toMatchObject({ text: cut, finish_reason: "stop" });
  expect(whole.choices[0]?.logprobs?.text_offset.every((offset) => offset < [...cut].length)).toBe(true);
  const stream = events(await (await small.post({ ...asked, stop, stream: true })).text());
  expect(stream.map(({ choices }) => choices[0]?.text).join("")).toBe(cut);
  await using ending = await serveSmall({ endTokens: [text.search(/[ -~]/)].map((at) => text.charCodeAt(at)) });
  expect((await ending.ask(asked)).choices[0]).toMatchObject({ finish_reason: "stop" });
});

test("text is complete and never has half characters", () => {
  const text = "naïve 🐋 東京 �x";
  const spelled = new NewText(tokenizer, [...tokenizer.encode("é")]);
  const parts = [...tokenizer.encode(text), 0xff, 0xfe].map((id) => spelled.push(id));
  expect(parts.filter((part) => /[\uD800-\uDBFF]$|\uFFFD$/.test(part))).toEqual([]);
  expect(parts.join("") + spelled.end()).toBe(`${text}\uFFFD\uFFFD`);
});
