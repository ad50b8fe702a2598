// cambium init: it writes a valid recipe for the given text, and overwrites nothing.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRecipe } from "@cambium/run";
import { afterAll, expect, test } from "vitest";
import { cambium, json } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-init-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (name: string, bytes: number): string => {
  const path = join(folder, name);
  writeFileSync(path, "It was the best of times. ".repeat(Math.ceil(bytes / 26)).slice(0, bytes));
  return path;
};

test.each([
  ["a page.txt", 3000, "a-page"],
  ["book.txt", 300_000, "book"],
  ["library.md", 3_000_000, "library"],
])("%s of %i bytes", async (file, bytes, name) => {
  const recipe = join(folder, `${name}.yaml`);
  expect(await json("init", text(file, bytes), "--out", recipe)).toEqual({ recipe, name, bytes });
  const { data, model, train, growth } = await loadRecipe(recipe);
  expect(data.corpus).toBe(`./${file}`);
  // A step fits many times into the tokens, and a batch into what is held out.
  expect(train.tokens / (train.batch * model.context)).toBeGreaterThan(200);
  expect(bytes * data.heldOut).toBeGreaterThan(train.batch * model.context + 1);
  expect(growth).toMatchObject([{ operator: "stack", at: train.tokens / 4 }]);
});

test("a recipe in another folder finds the text, and an invalid one is refused as run would refuse it", async () => {
  mkdirSync(join(folder, "recipes"));
  const recipe = join(folder, "recipes", "r.yaml");
  await json("init", text("t.txt", 5000), "--out", recipe, "--name", "mine");
  expect((await loadRecipe(recipe)).data.corpus).toBe("../t.txt");
  const odd = ["init", join(folder, "t.txt"), "--out", join(folder, "odd.yaml"), "--name", "../mine"];
  expect(await cambium(odd)).toMatchObject({ code: 2, errors: expect.stringContaining("E_RECIPE") });
  expect(existsSync(join(folder, "odd.yaml"))).toBe(false);
});

test("an existing file is left alone", async () => {
  const recipe = join(folder, "mine.yaml");
  writeFileSync(recipe, "precious");
  const ended = await cambium(["init", text("u.txt", 5000), "--out", recipe]);
  expect(ended).toMatchObject({ code: 2, errors: expect.stringMatching(/E_EXISTS[\s\S]*--out/) });
  expect(readFileSync(recipe, "utf8")).toBe("precious");
});
