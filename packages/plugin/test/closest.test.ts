// Suggestions for misspelt names.
import { closest } from "@cambium/plugin";
import { expect, test } from "vitest";

test("only near names are suggested", () => {
  expect(closest("layres", ["layers", "hidden"])).toBe("layers");
  expect(closest("contxt", ["context", "content"])).toBe("context");
  expect(closest("wholly", ["layers", "hidden"])).toBeUndefined();
  expect(closest("lambada", ["piqa", "lambada_openai"])).toBe("lambada_openai");
  expect(closest("la", ["piqa", "lambada_openai"])).toBeUndefined();
});
