// Mistakes on the command line: the typed error in one screen, exit code 2, no stack trace.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expectMistake } from "./bad-input.js";
import { cambium, golden, stack } from "./support.js";

describe("command lines", () => {
  const model = join(golden, "mha-untied");
  const cases: [string, string[], RegExp][] = [
    ["an unknown command", ["rnu"], /Did you mean run/],
    ["an unknown command unlike any other", ["xyzzy"], /unknown command 'xyzzy'[\s\S]*--help/],
    ["an option without its value", ["run", "x.yaml", "--out"], /argument missing/],
    ["too many arguments", ["report", "a", "b"], /too many arguments/],
    ["a folder for a recipe", ["run", tmpdir()], /E_NOT_A_FILE/],
    ["kernels without a graph", ["inspect", model, "--wgsl"], /--wgsl without --graph/],
    [
      "kernels without a backend",
      ["inspect", model, "--graph", "step", "--trace", "t.json"],
      /--trace without --backend/,
    ],
    [
      "a time limit in another form",
      ["launch", "x.yaml", "--engine", "torch", "--print", "slurm", "--time", "1h"],
      /--time does not fit[\s\S]*12:30:00/,
    ],
    ["no corpus to train on", ["train", model, "--tokens", "1k"], /--corpus/],
    [
      "tokens that are not a number",
      ["train", model, "--corpus", "moby-dick", "--tokens", "many"],
      /--tokens[\s\S]*1\.2M/,
    ],
    [
      "a learning rate of 0",
      ["train", model, "--corpus", "moby-dick", "--tokens", "1k", "--lr", "0"],
      /--lr[\s\S]*> 0/,
    ],
    [
      "an unknown schedule",
      ["train", model, "--corpus", "m", "--tokens", "1", "--schedule", "x"],
      /constant, cosine, linear or wsd/,
    ],
    [
      "fewer tokens than a step",
      ["train", model, "--corpus", "m", "--tokens", "64", "--context", "32"],
      /--tokens: one optimizer step/,
    ],
    [
      "a model to train that is not there",
      ["train", "/nowhere", "--corpus", "m", "--tokens", "1k"],
      /E_NOT_FOUND[\s\S]*nowhere/,
    ],
    ["a top-p above 1", ["generate", model, "--tokens", "1", "--backend", "reference", "--top-p", "2"], /\(0, 1\]/],
    [
      "more than the context holds",
      ["generate", model, "--tokens", "1", "--backend", "reference", "-n", "999"],
      /at most \d+ new tokens/,
    ],
    ["a factor that is not a number", ["grow", model, "/nowhere", "--factor", "two"], /--factor/],
    ["a factor below 1", ["grow", model, "/nowhere", "--operator", stack, "--factor", "0.5"], /--factor/],
    ["half a layer", ["grow", model, "/nowhere", "--operator", stack, "--factor", "1.3"], /whole number of layers/],
    [
      "fewer layers than there are",
      ["grow", model, "/nowhere", "--operator", stack, "--layers", "1"],
      /cannot remove layers/,
    ],
    [
      "an option unknown to the operator",
      ["grow", model, "/nowhere", "--operator", stack, "--set", "colour=red"],
      /colour/,
    ],
    [
      "an option without a value",
      ["grow", model, "/nowhere", "--operator", stack, "--set", "colour"],
      /--set[\s\S]*key=value/,
    ],
    [
      "an operator that is not there",
      ["grow", model, "/nowhere", "--operator", "stakc"],
      /npm install @cambium\/operator-stakc/,
    ],
    [
      "a checkpoint to grow that is not there",
      ["grow", "/nowhere", "/nowhere/else", "--operator", stack],
      /E_NOT_FOUND[\s\S]*nowhere/,
    ],
    [
      "a graph longer than the context",
      ["inspect", model, "--graph", "loss", "--context", "9999"],
      /at most \d+ tokens/,
    ],
    ["an unknown option", ["run", "x.yaml", "--outt", "y"], /--out/],
    ["a missing argument", ["run"], /recipe/],
    ["a missing option of a command's command", ["data", "prepare", "moby-dick"], /--out/],
    ["all documents held out", ["data", "prepare", "moby-dick", "--out", "x", "--held-out", "1"], /below 1/],
    ["a recipe that is not there", ["run", "none.yaml"], /none\.yaml/],
    ["both prompt and tokens", ["generate", model, "--prompt", "x", "--tokens", "1"], /not both/],
    ["neither prompt nor tokens", ["generate", model], /--prompt and --tokens/],
    ["tokens that are not ids", ["generate", model, "--tokens", "a,b"], /5,17,9/],
    ["a token outside the vocabulary", ["generate", model, "--tokens", "64", "--backend", "reference"], /0 to 63/],
    ["a prompt without a tokenizer", ["generate", model, "--prompt", "x", "--backend", "reference"], /no tokenizer/],
    ["no new tokens", ["generate", model, "--tokens", "1", "-n", "0"], /--max-new-tokens/],
    ["a temperature below 0", ["generate", model, "--tokens", "1", "-t", "-1"], /--temperature/],
    [
      "a backend option without a value",
      ["generate", model, "--tokens", "1", "--backend", "reference", "--backend-option", "x"],
      /key=value/,
    ],
    [
      "an option unknown to the backend",
      ["generate", model, "--tokens", "1", "--backend", "reference", "--backend-option", "x=1"],
      /cannot take these options[\s\S]*x/,
    ],
    ["a report on a folder that is not a run", ["report", tmpdir()], /not a run/],
    ["something that is not there", ["inspect", "/nowhere/at/all"], /nothing at this path/],
    ["an unknown graph", ["inspect", model, "--graph", "backward"], /loss or step/],
    ["a file of an unknown kind", ["inspect", new URL(import.meta.url).pathname], /bad-commands\.test\.ts/],
  ];
  test.each(cases)("%s", async (_, args, mentions) => {
    await expectMistake(args, "E_", mentions);
  });

  test("an error is JSON with --json", async () => {
    const { errors } = await cambium(["report", tmpdir(), "--json"]);
    expect(JSON.parse(errors)).toMatchObject({ error: { code: "E_RUN_NOT_FOUND", message: expect.any(String) } });
    const { errors: usage } = await cambium(["rnu", "--json"]);
    expect(JSON.parse(usage)).toMatchObject({ error: { code: "E_USAGE", hint: "Did you mean run?" } });
  });
});
