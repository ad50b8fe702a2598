// Texts as scored sequences: every token is scored once, with the context that the rules give it.
import { bytesTokenizer, type Tokenizer } from "@cambium/data";
import { encodeContinuation, encodeRolling } from "@cambium/inference";
import fc from "fast-check";
import { expect, test } from "vitest";

const bytes = bytesTokenizer({ eosId: 256 });
/** Like Llama's tokenizer: a start token before every text. */
const prefixed: Tokenizer = { ...bytes, bosId: 255, prefix: [255] };
const text = (ids: readonly number[]) => bytes.decode(ids.filter((id) => id < 256));

test("a rolling text scores each token once, in windows of the model's context length", () => {
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

test("the tokenizer's prefix is scored as part of a rolling text", () => {
  expect(encodeRolling(prefixed, "ab", 8)).toEqual([{ ids: [255, 255, 97, 98], scored: 3 }]);
});

test("without a start token, the first token is not scored", () => {
  expect(encodeRolling(bytesTokenizer(), "abc", 8)).toEqual([{ ids: [97, 98, 99], scored: 2 }]);
});

test("white space at the end of a context belongs to the continuation", () => {
  const { ids, scored } = encodeContinuation(bytes, "Call me \n", "Ishmael", 64);
  expect([text(ids), text(ids.slice(-scored))]).toEqual(["Call me \nIshmael", " \nIshmael"]);
  expect(encodeContinuation(prefixed, "a", "b", 64)).toEqual({ ids: [255, 97, 98], scored: 1 });
});

test("an empty context becomes the start token, once", () => {
  expect(encodeContinuation(prefixed, "", "b", 64)).toEqual({ ids: [255, 98], scored: 1 });
  expect(encodeContinuation(bytes, "", "b", 64)).toEqual({ ids: [256, 98], scored: 1 });
});

test("of a sequence that is too long the end is kept, with one token before the first scored one", () => {
  const long = encodeContinuation(bytes, "0123456789", "ab", 4);
  expect([text(long.ids), long.scored]).toEqual(["789ab", 2]);
  const longer = encodeContinuation(bytes, "0", "abcdefgh", 4);
  expect([text(longer.ids), longer.scored]).toEqual(["defgh", 4]);
});
