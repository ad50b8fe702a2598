// Texts as scored sequences: every token is scored once, from the context that the rules give it.
import { bytesTokenizer, type Tokenizer } from "@cambium/data";
import { encodeContinuation, encodeRolling } from "@cambium/inference";
import fc from "fast-check";
import { expect, test } from "vitest";

const bytes = bytesTokenizer({ eosId: 256 });
/** As Llama's: a token of its own before every text. */
const prefixed: Tokenizer = { ...bytes, bosId: 255, prefix: [255] };
const text = (ids: readonly number[]) => bytes.decode(ids.filter((id) => id < 256));

test("a rolling text scores each token once, in windows as long as the model's context", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 9 }), (whole, longest) => {
      const windows = encodeRolling(bytes, whole, longest);
      const ids = [...bytes.encode(whole)];
      expect(windows.flatMap(({ ids: window, scored }) => window.slice(-scored))).toEqual(ids);
      const all = [256, ...ids];
      for (const [i, { ids: window, scored }] of windows.entries()) {
        const end = Math.min(all.length, (i + 1) * longest + 1);
        expect(scored).toBe(end - 1 - i * longest);
        expect(window).toEqual(all.slice(Math.max(0, end - longest - 1), end));
      }
    }),
  );
});

test("what the tokenizer puts before every text is scored as part of a rolling text", () => {
  expect(encodeRolling(prefixed, "ab", 8)).toEqual([{ ids: [255, 255, 97, 98], scored: 3 }]);
});

test("without a token to begin with, the first token is not scored", () => {
  expect(encodeRolling(bytesTokenizer(), "abc", 8)).toEqual([{ ids: [97, 98, 99], scored: 2 }]);
});

test("white space at the end of a context belongs to the continuation", () => {
  const { ids, scored } = encodeContinuation(bytes, "Call me \n", "Ishmael", 64);
  expect([text(ids), text(ids.slice(-scored))]).toEqual(["Call me \nIshmael", " \nIshmael"]);
  expect(encodeContinuation(prefixed, "a", "b", 64)).toEqual({ ids: [255, 97, 98], scored: 1 });
});

test("an empty context is the token that begins a text, once", () => {
  expect(encodeContinuation(prefixed, "", "b", 64)).toEqual({ ids: [255, 98], scored: 1 });
  expect(encodeContinuation(bytes, "", "b", 64)).toEqual({ ids: [256, 98], scored: 1 });
});

test("of what is too long the end is kept, with one token before the first that is scored", () => {
  const long = encodeContinuation(bytes, "0123456789", "ab", 4);
  expect([text(long.ids), long.scored]).toEqual(["789ab", 2]);
  const longer = encodeContinuation(bytes, "0", "abcdefgh", 4);
  expect([text(longer.ids), longer.scored]).toEqual(["defgh", 4]);
});
