// Evaluation tasks of a recipe: each stage's final model is evaluated, with the results beside the stage; a stopped
// evaluation continues; and no stage's bits depend on it.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunDirectory, readRun } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

const questions = Array.from({ length: 12 }, (_, i) => ({
  question: `${i}?`,
  choices: { text: [`${i}`, "a"], label: ["A", "B"] },
  answerKey: "AB"[i % 2],
}));
const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const tasks = ["arc_easy", "wikitext"];

/** A project with rows of two tasks, whose recipe evaluates. */
function evaluating(evaluate: object = { tasks, data: "./rows" }) {
  const made = project();
  const rows = join(made.folder, "rows");
  mkdirSync(rows);
  writeFileSync(join(rows, "arc_easy.jsonl"), lines(questions));
  writeFileSync(
    join(rows, "wikitext.jsonl"),
    lines([{ page: " = A whale = \n It swims . \n" }, { page: " = B = \n" }]),
  );
  const write = (more: object) =>
    writeFileSync(made.recipe, stringify({ ...minimal, evaluate: { ...minimal.evaluate, ...more } }));
  const plain = readFileSync(made.recipe, "utf8");
  write(evaluate);
  return { ...made, rows, write, plain };
}

test("every stage's final model is evaluated; other rows are, without training; the bits are those without tasks", async () => {
  const { folder, recipe, out, rows, write, plain } = evaluating();
  const asked: string[] = [];
  const observer = {
    onEvaluation: (
      { stage }: { stage: { name: string } },
      { task, done, total }: { task: string; done: number; total: number },
    ) => {
      if (done === total) asked.push(`${stage.name} ${task}`);
    },
  };
  expect(await runRecipe(recipe, { out, importer, observer })).toMatchObject({ state: "done", cached: false });
  expect(asked).toEqual(["base", "target", "scratch"].flatMap((name) => tasks.map((task) => `${name} ${task}`)));
  const run = await readRun(out);
  for (const { evaluation } of run.stages.values()) {
    expect(Object.keys(evaluation?.tasks ?? {})).toEqual(tasks);
    expect(evaluation?.tasks["arc_easy"]).toMatchObject({ documents: 12, metrics: { acc: { better: "higher" } } });
    expect(evaluation?.tasks["wikitext"]?.metrics["word_perplexity"]?.value).toBeGreaterThan(1);
  }
  expect(await runRecipe(recipe, { out, importer, observer })).toMatchObject({ cached: true });
  // The run's own recipe finds the rows from where it lies.
  expect(await runRecipe(join(out, "recipe.yaml"), { importer, observer })).toMatchObject({ cached: true });
  expect(asked).toHaveLength(6);
  const bits = weights(out);

  writeFileSync(join(rows, "arc_easy.jsonl"), lines(questions.slice(0, 5)));
  write({ tasks: ["arc_easy"], data: "./rows", limit: 4 });
  expect(await runRecipe(recipe, { out, importer, observer })).toMatchObject({ state: "done", cached: false });
  expect(asked.slice(6)).toEqual(["base arc_easy", "target arc_easy", "scratch arc_easy"]);
  const again = await readRun(out);
  for (const { evaluation } of again.stages.values())
    expect(evaluation?.tasks).toMatchObject({ arc_easy: { documents: 4 } });
  expect([...again.stages.values()].map(({ evaluation }) => Object.keys(evaluation?.tasks ?? {}))).toEqual(
    Array(3).fill(["arc_easy"]),
  );
  writeFileSync(recipe, plain);
  const other = join(folder, "without");
  await runRecipe(recipe, { out: other, importer });
  expect(weights(other)).toEqual(bits);
  rmSync(folder, { recursive: true });
});

test("stopped while it evaluates, the same command goes on from the scores", async () => {
  const { folder, recipe, out } = evaluating();
  const stop = new AbortController();
  const observer = { onEvaluation: () => stop.abort() };
  expect(await runRecipe(recipe, { out, importer, observer, signal: stop.signal })).toMatchObject({
    state: "interrupted",
  });
  const directory = new RunDirectory(out);
  expect((await directory.read())?.state).toBe("running");
  expect(stages(out).every(({ manifest }) => manifest.state === "done")).toBe(true);
  const [base = ""] = (await directory.read())?.arms[0]?.stages ?? [];
  const scores = directory.stage(base).scores("arc_easy");
  const kept = readFileSync(scores, "utf8");
  expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done" });
  expect(readFileSync(scores, "utf8").startsWith(kept)).toBe(true);
  expect((await directory.read())?.state).toBe("done");
  rmSync(folder, { recursive: true });
});

test("missing tasks, rows and data are reported before anything is written", async () => {
  const { folder, recipe, out, rows, write } = evaluating({ tasks: ["arc_easy", "piqa", "arc_esay"], data: "./rows" });
  appendFileSync(join(rows, "arc_easy.jsonl"), '{"question": "Why?"}\n');
  const failure = await runRecipe(recipe, { out, importer }).catch((error) => error.message);
  for (const part of ["row 12", "piqa", "arc_esay"]) expect(failure).toContain(part);
  for (const [evaluate, field] of [
    [{ tasks }, "evaluate.data"],
    [{ data: "./rows" }, "there are no tasks"],
    [{ tasks: [{ name: "arc_easy", shots: 1 }], data: "./rows" }, "does not take these options"],
    [{ tasks: ["arc_easy", { name: "arc_easy" }], data: "./rows" }, "each task once"],
  ] as const) {
    write(evaluate);
    await expect(runRecipe(recipe, { out, importer })).rejects.toThrow(field);
  }
  expect(existsSync(out)).toBe(false);
  rmSync(folder, { recursive: true });
});
