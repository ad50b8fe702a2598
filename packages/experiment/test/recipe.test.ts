// Recipes: defaults, quantities, and mistakes that are named with their place, all at once.
import { readFileSync } from "node:fs";
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { closest, parseQuantity, parseRecipe, recipeJsonSchema } from "../src/index.js";
import { minimal } from "./support.js";

function failure(text: string): CambiumError {
  try {
    parseRecipe(text, "r.yaml");
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
  throw new Error("the recipe was accepted");
}

describe("a recipe", () => {
  test("fills in its defaults", () => {
    const { backend: _, ...rest } = minimal;
    const recipe = parseRecipe(stringify(rest), "r.yaml");
    expect(recipe).toMatchObject({
      seed: 0,
      backend: { name: "onnx", options: {} },
      compare: ["scratch"],
      train: {
        schedule: "constant",
        warmup: 0,
        accumulation: 1,
        optimizer: { beta1: 0.9, beta2: 0.95, weightDecay: 0.1, clip: 1 },
      },
    });
  });

  test("is its own resolved form", () => {
    const recipe = parseRecipe(stringify(minimal), "r.yaml");
    expect(parseRecipe(stringify(recipe), "r.yaml")).toEqual(recipe);
  });

  test("names every mistake with line and column", () => {
    const text = stringify(minimal).replace("layers:", "layerz:").replace("lr:", "lrr:");
    const { code, details } = failure(text);
    expect(code).toBe("E_RECIPE");
    const line = (word: string) => text.split("\n").findIndex((row) => row.includes(word)) + 1;
    const reasons = (details.reasons ?? []).map(({ where, hint }) => `${where} ${hint ?? ""}`);
    expect(reasons).toContain(`r.yaml:${line("layerz")}:3 did you mean "layers"?`);
    expect(reasons).toContain(`r.yaml:${line("lrr")}:3 did you mean "lr"?`);
  });

  test("refuses what is no YAML, twice the same key, and an alias bomb", () => {
    expect(failure("a: [").details.reasons?.[0]?.where).toMatch(/^r\.yaml:\d+:\d+$/);
    expect(failure("name: a\nname: b").code).toBe("E_RECIPE");
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcdefg"[i]}`)}]`),
    ];
    expect(failure(bomb.join("\n")).code).toBe("E_RECIPE");
  });

  test("never fails otherwise than by E_RECIPE", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => stringify(value)),
        ),
        (text) => {
          try {
            parseRecipe(text, "fuzz.yaml");
          } catch (error) {
            expect(error).toBeInstanceOf(CambiumError);
            expect((error as CambiumError).code).toBe("E_RECIPE");
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("is refused, never misread, when one field is changed to anything", () => {
    const paths: (readonly string[])[] = Object.entries(minimal).flatMap(([key, value]) =>
      typeof value === "object" && !Array.isArray(value) ? Object.keys(value).map((inner) => [key, inner]) : [[key]],
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const recipe = structuredClone(minimal) as unknown as Record<string, Record<string, unknown>>;
        if (path.length === 1) (recipe as Record<string, unknown>)[path[0] as string] = value;
        else (recipe[path[0] as string] as Record<string, unknown>)[path[1] as string] = value;
        try {
          parseRecipe(stringify(recipe), "fuzz.yaml");
        } catch (error) {
          expect(error).toBeInstanceOf(CambiumError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("has a published JSON Schema that is current", () => {
    const published = readFileSync(new URL("../recipe.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(recipeJsonSchema())));
  });

  test("the quickstart parses", () => {
    const path = new URL("../../../recipes/quickstart.yaml", import.meta.url);
    expect(parseRecipe(readFileSync(path, "utf8"), "quickstart.yaml").name).toBe("quickstart");
  });
});

test("quantities read as people write them", () => {
  expect(["300k", "1.2M", "10B", "7", "1e3", "2.5k"].map(parseQuantity)).toEqual([3e5, 1.2e6, 1e10, 7, 1e3, 2500]);
  expect(["", "k", "1.5", "-3", "1 000", "1e999", "1.0001k"].map(parseQuantity)).toEqual(Array(7).fill(null));
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), (n) => parseQuantity(`${n}k`) === n * 1000));
});

test("did you mean: near names only", () => {
  expect(closest("layres", ["layers", "hidden"])).toBe("layers");
  expect(closest("contxt", ["context", "content"])).toBe("context");
  expect(closest("wholly", ["layers", "hidden"])).toBeUndefined();
});
