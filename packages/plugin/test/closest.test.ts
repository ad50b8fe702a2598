// Did you mean: near names only.
import { closest } from "@cambium/plugin";
import { expect, test } from "vitest";

test("did you mean: near names only", () => {
  expect(closest("layres", ["layers", "hidden"])).toBe("layers");
  expect(closest("contxt", ["context", "content"])).toBe("context");
  expect(closest("wholly", ["layers", "hidden"])).toBeUndefined();
});
