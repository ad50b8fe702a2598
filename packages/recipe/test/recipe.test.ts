// Recipes: defaults, quantities, and mistakes that are named with their place, all at once.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { checkRecipe, parseRecipe, type RecipeInput, recipeJsonSchema } from "../src/index.js";
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

/** The YAML blocks of a Markdown file. */
function yamlBlocks(path: URL): string[] {
  return [...readFileSync(path, "utf8").matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? "");
}

const root = new URL("../../../", import.meta.url);
const written = [
  "docs/recipes.md",
  // A folder that another branch left behind has none.
  ...readdirSync(new URL("operators/", root))
    .map((name) => `operators/${name}/README.md`)
    .filter((path) => existsSync(new URL(path, root))),
].flatMap((path) => yamlBlocks(new URL(path, root)).map((block) => [path, block] as const));

test.each(written)("recipes shown in %s are accepted", (_, block) => {
  parseRecipe(stringify({ ...minimal, train: { tokens: 1e9, batch: 2, lr: 1e-3 }, ...parse(block) }), "r.yaml");
});

describe("a recipe", () => {
  test("fills in its defaults", () => {
    const { backend: _, ...rest } = minimal;
    const recipe = parseRecipe(stringify(rest), "r.yaml");
    expect(recipe).toMatchObject({
      seed: 0,
      compare: ["scratch"],
      train: {
        schedule: { name: "constant" },
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

  // The place is the key's, or that of the nearest parent that is there.
  test.each<[what: string, text: string, ...places: string[]]>([
    ["a wrong value", "name: r\nseed: -1", '2:1 "seed"'],
    ["a value on a line of its own", "train:\n  lr:\n    -3", '2:3 "train.lr"'],
    ["a flow map", "model: { layers: 2, hidden: x, heads: 2 }", '1:21 "model.hidden"'],
    [
      "an entry of a list",
      "growth:\n  - { operator: stack, at: 1k }\n  - { operator: stack, at: soon }",
      '3:24 "growth.1.at"',
    ],
    ["an entry that is not a map", "growth:\n  - { operator: stack, at: 1k }\n  - stack", '3:5 "growth.1"'],
    ["a missing field of an entry", "growth:\n  - operator: stack", '2:5 "growth.0.at"'],
    ["a missing field of a map", "name: r\ntrain:\n  batch: 1", '2:1 "train.lr"'],
    ["a missing field of the recipe", "\n\nname: r", '3:1 "data"'],
    ["a quoted key", '"nmae": r', '1:1 unknown field "nmae"'],
    [
      "a key behind a comment and letters of three bytes",
      "# the whale — “白鯨”\nname: r # é\nseedd: 1",
      "3:1 unknown field",
    ],
    ["Windows line ends", "name: r\r\nseed: -1\r\n", '2:1 "seed"'],
    ["what an alias brought", "train: &t { lr: x }\nmodel: *t", '1:13 "train.lr"', '2:1 unknown field "model.lr"'],
    ["JSON", '{\n  "name": "r",\n  "seed": 1.5\n}', '3:3 "seed"'],
    ["an empty field", "name:\nseed: 1", '1:1 "name" is empty'],
  ])("places %s exactly", (_, text, ...places) => {
    const reasons = (failure(text).details.reasons ?? []).map(({ where, message }) => `${where} ${message}`);
    for (const place of places) expect(reasons).toContainEqual(expect.stringMatching(new RegExp(`^r\\.yaml:${place}`)));
  });

  test("takes a family beside a checkpoint, and fields that are there and undefined", () => {
    const { growth: _, ...rest } = minimal;
    const model = { from: "./m", context: 8, layers: undefined, family: "./my-family" };
    expect(checkRecipe({ ...rest, model }, String).model).toMatchObject({ from: "./m", family: "./my-family" });
    expect(() => checkRecipe({ ...rest, model: { ...model, layers: 2 } }, String)).toThrow();
  });

  test("names mistakes of type and of sense together, in the order of the file", () => {
    const { data, model, growth, train } = minimal;
    const text = stringify({
      name: "a/b",
      data: { ...data, field: "body" },
      model: { ...model, heads: 3, kvHeads: 2 },
      growth: [{ ...growth[0], layers: 4 }],
      train: { ...train, schedule: "cosin", minLr: 1 },
    });
    const reasons = (failure(text).details.reasons ?? []).map(({ message }) => message);
    expect(reasons).toEqual([
      '"name" does not fit',
      '"data.field" is set, but the corpus is plain text',
      "hidden is not a multiple of heads",
      "heads is not a multiple of kvHeads",
      "a growth has both a factor and layers",
      '"train.schedule" does not fit',
    ]);
  });

  test.each([
    [{ slope: 1e-3 }, '"growth.0.at.slope" does not fit'],
    [{ probe: { every: 0, budget: 1 } }, '"growth.0.at.probe.every" does not fit'],
  ])("of the forms of a field it takes the one that is meant: %o", (at, message) => {
    const text = stringify({ ...minimal, growth: [{ ...minimal.growth[0], at }] });
    expect((failure(text).details.reasons ?? []).map((reason) => reason.message)).toEqual([message]);
  });

  test("judges the parts of a corpus together", () => {
    const parts = [{ from: "./a", weight: 1 }, { from: "./b" }];
    const text = stringify({ ...minimal, data: { corpus: parts, field: "body", shuffle: false } });
    expect(
      (failure(text).details.reasons ?? []).map(({ where, message }) => [where?.replace(/.*:/, ""), message]),
    ).toEqual([
      [expect.anything(), "some parts have a weight, and this one has none"],
      [expect.anything(), '"data.field" is set, but the corpus is a list'],
      [expect.anything(), "parts are mixed by being shuffled"],
    ]);
    expect(
      checkRecipe({ ...minimal, data: { corpus: [{ from: "./a", epochs: 0.5 }] } }, String).data.corpus,
    ).toHaveLength(1);
  });

  test.each<[string, Partial<RecipeInput["train"]>, RegExp]>([
    ["a floor that nothing reaches", { minLr: 1e-4 }, /train\.minLr.*schedule is constant/],
    ["a floor above the peak", { schedule: "cosine", minLr: 1 }, /end above its peak/],
    ["a decay that nothing follows", { schedule: { name: "cosine", decay: 10 } }, /unknown.*schedule\.decay/],
    ["a warm-up beyond the end", { warmup: 321 }, /warm-up takes longer/],
    ["a warm-up into the decay", { schedule: { name: "wsd", decay: 200 }, warmup: 200 }, /decay.*out of range/],
  ])("refuses %s", (_, change, message) => {
    const { details } = failure(stringify({ ...minimal, train: { ...minimal.train, ...change } }));
    expect(details.reasons?.map((reason) => reason.message)).toEqual([expect.stringMatching(message)]);
    expect(details.reasons?.[0]?.where).toMatch(/^r\.yaml:\d+:[35]$/);
  });

  test("speaks of types as people do", () => {
    const expected = (change: object) => failure(stringify({ ...minimal, ...change })).details.reasons?.[0]?.expected;
    expect(expected({ seed: "one" })).toBe("a number");
    expect(expected({ seed: 1.5 })).toBe("a whole number");
    expect(expected({ growth: {} })).toBe("a list");
    expect(expected({ data: "moby-dick" })).toBe("fields");
    expect(expected({ backend: { name: "onnx", options: { threads: [1] } } })).toBe(
      "text or a number or true or false",
    );
    expect(expected({ train: { ...minimal.train, tokens: "many" } })).toMatch(/^a whole number above 0, such as/);
    expect(expected({ train: { ...minimal.train, warmup: -1 } })).toMatch(/^0, or a whole number above 0/);
    expect(expected({ compare: ["scratsh"] })).toBe("scratch");
    expect(failure(stringify({ ...minimal, backend: { nmae: "onnx" } })).details.reasons).toMatchObject([
      { message: '"backend.name" is missing' },
      { message: 'unknown field "backend.nmae"', hint: 'did you mean "name"?' },
    ]);
  });

  test("is refused in a moment, however it is stuffed", () => {
    const longest = 1 << 16;
    const fillings = ["[", "{a: ", "- ", "? ", "&a ", "!a ", '"', "#\n", "- a\n", "---\n"].map((piece) =>
      piece.repeat(longest / piece.length),
    );
    const manyKeys = Array.from({ length: 6000 }, (_, i) => `k${i}: 1`).join("\n");
    for (const text of [...fillings, manyKeys, " ".repeat(longest)]) {
      // A map of a mebibyte would take minutes and exceed the test's time limit.
      expect(failure(text).code).toBe("E_RECIPE");
    }
    expect(failure("x".repeat(longest + 1)).message).toMatch(/too large/);
  }, 120_000);

  test.each([
    "name: &a [*a]",
    "&a { name: *a }",
    "name: r\ntrain: &t { batch: [{ of: *t }] }",
    "growth: &g [[*g], *g]",
  ])("refuses a part that holds itself: %s", (text) => {
    expect(failure(text)).toMatchObject({ code: "E_RECIPE", summary: expect.stringContaining("holds itself") });
  });

  test("refuses text that is not YAML, duplicate keys, and an alias bomb", () => {
    expect(failure("a: [").details.reasons?.[0]?.where).toMatch(/^r\.yaml:\d+:\d+$/);
    expect(failure("name: a\nname: b").code).toBe("E_RECIPE");
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcdefg"[i]}`)}]`),
    ];
    expect(failure(bomb.join("\n")).code).toBe("E_RECIPE");
  });

  test("never fails with any error but E_RECIPE", () => {
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

  test("is parsed or refused, whatever tree a valid one is turned into", () => {
    const keys = fc.constantFrom(
      "name",
      "data",
      "model",
      "growth",
      "train",
      "lr",
      "at",
      "factor",
      "options",
      "__proto__",
      "<<",
    );
    const leaf = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("300k", "stack", "1e-3", Number.NaN, -0, 1e308),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    const edit = fc.record({ at: fc.nat(), value: tree, how: fc.constantFrom("replace", "add", "remove") });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), (edits, quoted) => {
        const recipe = structuredClone(minimal) as unknown as Record<string, unknown>;
        for (const { at, value, how } of edits) {
          const places = entries(recipe);
          const place = places[at % places.length];
          if (place === undefined) break;
          const { parent, key } = place;
          if (how === "remove") delete parent[key];
          else parent[how === "add" ? `${key}x` : key] = value;
        }
        const text = quoted ? JSON.stringify(recipe) : stringify(recipe);
        try {
          expect(parseRecipe(text, "fuzz.yaml").name).toMatch(/\w/);
        } catch (error) {
          expect(error).toMatchObject({ code: "E_RECIPE" });
        }
      }),
      { numRuns: 500 },
    );
  });

  test("is parsed or refused, wherever its text is torn and patched", () => {
    const text = stringify(minimal);
    const bits = fc.constantFrom(
      "",
      " ",
      "\n",
      ":",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "&a ",
      "*a",
      "!!set ",
      "%",
      "|",
      '"',
      "\t",
      "\u0000",
      "---\n",
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(20), bits, (start, length, patch) => {
        try {
          parseRecipe(text.slice(0, start) + patch + text.slice(start + length), "fuzz.yaml");
        } catch (error) {
          expect(error).toMatchObject({ code: "E_RECIPE" });
        }
      }),
      { numRuns: 1000 },
    );
  }, 120_000);

  test("has a published JSON Schema that is current", () => {
    const published = readFileSync(new URL("../recipe.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(recipeJsonSchema())));
  });

  test("the quickstart parses", () => {
    const path = new URL("../../../recipes/quickstart.yaml", import.meta.url);
    expect(parseRecipe(readFileSync(path, "utf8"), "quickstart.yaml").name).toBe("quickstart");
  });
});

/** Every field of the recipe, however deep. */
function entries(parent: Record<string, unknown>): { parent: Record<string, unknown>; key: string }[] {
  return Object.keys(parent).flatMap((key) => {
    const value = parent[key];
    const inner = typeof value === "object" && value !== null ? entries(value as Record<string, unknown>) : [];
    return [{ parent, key }, ...inner];
  });
}
