// Names from untrusted files cannot control the terminal.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters, styleText } from "node:util";
import { writeSafetensors } from "@cambium/checkpoint";
import { afterAll, describe, expect, test, vi } from "vitest";
import { reportFailure } from "../src/failure.js";
import { StatusLine } from "../src/status-line.js";
import { visible } from "../src/terminal.js";
import { cambium } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-terminal-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sequences that clear the screen, rename the window, write to the clipboard, hide, reverse or overwrite text. */
const hostile = [
  "\u001b[2J",
  "\u001b]0;owned\u0007",
  "\u001b]52;c;Zm9v\u001b\\",
  "\u009b8m",
  "\u202etxt",
  "a\rb",
  "\u001b[8m",
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
const live = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test.each(hostile)("%j is escaped", (name) => {
  expect(visible(name)).not.toMatch(live);
  expect(JSON.parse(visible(JSON.stringify({ name })))).toEqual({ name });
});

test("bold, tabs and line ends stay", () => {
  const text = `${styleText("bold", "a", { validateStream: false })}\tb\r\nc\n`;
  expect(visible(text)).toBe(text);
  expect(stripVTControlCharacters(text)).toBe("a\tb\r\nc\n");
});

describe("names from files", () => {
  test.each(hostile)("a tensor called %j", async (name) => {
    const path = join(folder, "model.safetensors");
    await writeSafetensors(path, [
      {
        name,
        dtype: "F32",
        shape: [1],
        async *chunks() {
          yield new Uint8Array(4);
        },
      },
    ]);
    const { code, output } = await cambium(["inspect", path]);
    expect(code).toBe(0);
    expect(output).not.toMatch(live);
  });

  test.each(hostile)("a recipe's field %j, in the error and its location", async (name) => {
    const path = join(folder, "recipe.yaml");
    writeFileSync(path, `${JSON.stringify(name)}: 1\nname: 1\n`);
    const { code, errors } = await cambium(["inspect", path]);
    expect([code, errors]).toEqual([2, expect.stringContaining("E_RECIPE")]);
    expect(errors).not.toMatch(live);
  });

  test.each(hostile)("a model type %j", async (type) => {
    writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: type, num_hidden_layers: 1 }));
    const { errors } = await cambium(["inspect", folder, "--graph", "loss"]);
    expect(errors).toMatch(/E_/);
    expect(errors).not.toMatch(live);
  });
});

test("a progress line is escaped too", () => {
  const written: string[] = [];
  const stream = { isTTY: false, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const line = new StatusLine(stream);
  const now = performance.now.bind(performance);
  performance.now = () => now() + 60_000;
  line.show(() => hostile.join(" "));
  performance.now = now;
  expect(written).toHaveLength(1);
  expect(written[0]).not.toMatch(live);
});

test("only terminal.ts writes to the console", () => {
  const source = new URL("../src/", import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const direct = files.filter((name) =>
    /console\.(log|error|warn)\(/.test(readFileSync(new URL(name, source), "utf8")),
  );
  expect(direct).toEqual(["terminal.ts"]);
});

test.each([
  ["null", null],
  ["undefined", undefined],
  ["a text", "no\u001b[2J"],
  ["an object that does not convert to a string", { toString: 0 }],
  ["an object without a prototype", Object.create(null)],
])("%s, thrown by a plugin, is the plugin's mistake", (_, value) => {
  const written = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const code = reportFailure(value, false);
  const errors = written.mock.calls.join("\n");
  written.mockRestore();
  expect(code).toBe(2);
  expect(errors).toContain("E_PLUGIN_THREW");
  expect(errors).not.toMatch(live);
});
