// Commands on golden checkpoints: tokens, growth, inspection, help.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SafetensorsFile } from "@cambium/checkpoint";
import { describe, expect, test, vi } from "vitest";
import { main } from "../src/program.js";

const golden = new URL("../../model/test/golden/", import.meta.url).pathname;
const stack = new URL("../../../operators/stack/dist/index.js", import.meta.url).pathname;

async function output(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...words: unknown[]) => void lines.push(words.join(" ")));
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean(lines.push(String(text))));
  try {
    expect(await main(args)).toBe(0);
    return lines.join("\n");
  } finally {
    log.mockRestore();
    write.mockRestore();
  }
}

describe("generate", () => {
  test.each(["mha-untied", "gqa-tied"])("gives the tokens of transformers, greedily: %s", async (name) => {
    const { prompt, newTokens } = JSON.parse(readFileSync(join(golden, name, "generate.json"), "utf8")) as {
      prompt: number[];
      newTokens: number[];
    };
    const args = [
      "--tokens",
      prompt.join(),
      "--max-new-tokens",
      String(newTokens.length),
      "--temperature",
      "0",
      "--json",
    ];
    const text = await output("generate", join(golden, name), ...args, "--backend", "reference");
    expect(JSON.parse(text)).toMatchObject({ tokens: newTokens });
  });
});

describe("grow", () => {
  test("stacks a checkpoint: every tensor is its source's bytes, the configuration says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cambium-grow-"));
    const [source, target] = [join(golden, "gqa-tied"), join(folder, "grown")];
    await output("grow", source, target, "--operator", stack, "--factor", "2");
    const { num_hidden_layers: layers, ...rest } = JSON.parse(
      readFileSync(join(target, "config.json"), "utf8"),
    ) as Record<string, unknown>;
    const { num_hidden_layers: before, ...same } = JSON.parse(
      readFileSync(join(source, "config.json"), "utf8"),
    ) as Record<string, unknown>;
    expect([before, layers]).toEqual([2, 4]);
    expect(rest).toMatchObject(same);
    await using small = await SafetensorsFile.open(join(source, "model.safetensors"));
    await using large = await SafetensorsFile.open(join(target, "model.safetensors"));
    for (const name of large.tensors.keys()) {
      const from = name.replace(/layers\.(\d+)\./, (_, layer) => `layers.${Number(layer) % 2}.`);
      expect(Buffer.from(await large.readBytes(name)).equals(Buffer.from(await small.readBytes(from))), name).toBe(
        true,
      );
    }
    rmSync(folder, { recursive: true });
  });

  test("a dry run prints the plan and writes nothing", async () => {
    const target = join(tmpdir(), `cambium-none-${process.pid}`);
    const text = await output("grow", join(golden, "odd"), target, "--operator", stack, "--factor", "3", "--dry-run");
    expect(text).toMatch(/R_c\s+3\/5/);
    expect(() => readFileSync(join(target, "config.json"))).toThrow();
  });
});

describe("inspect", () => {
  test("a checkpoint, its tensors, and the graph of its train step", async () => {
    expect(JSON.parse(await output("inspect", join(golden, "odd"), "--json"))).toMatchObject({
      config: { layers: 2, hiddenSize: 72 },
    });
    expect(await output("inspect", join(golden, "odd", "model.safetensors"))).toContain("model.embed_tokens.weight");
    expect(await output("inspect", join(golden, "odd"), "--graph", "step", "--context", "4")).toMatch(
      /= adamw\([\s\S]*replaces "model\.norm\.weight"/,
    );
  });
});

test.each(["run", "train", "grow", "generate", "inspect", "report", "doctor"])(
  "%s has help with examples",
  async (command) => {
    expect(await output(command, "--help")).toMatch(/Usage: cambium[\s\S]*Examples:/);
  },
);
