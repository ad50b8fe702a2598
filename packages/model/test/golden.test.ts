// Models against Hugging Face's in float32. The tolerance is a few times the oracle's own rounding, which is below 3e-6
// of the largest entry in every fixture (`rounding` in golden.json).
import { checkGraph, differentiate, evaluate, gradientName, hostTensor } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import { logitsGraph, lossGraph, parameterTable } from "../src/index.js";
import { distance, fixtureNames, readConfig, readTensors } from "./support/golden.js";

it("finds the fixtures", () => {
  const llama = ["gqa-tied", "headdim", "mha-untied", "odd", "rope-linear", "rope-llama3"];
  expect(fixtureNames.sort()).toEqual([...llama, "mistral", "qwen2", "qwen3", "qwen3-tied"].sort());
});

const tolerance = 1e-5;

describe.each(fixtureNames)("%s", (fixture) => {
  const config = readConfig(fixture);
  const parameters = readTensors(fixture, "model.safetensors");
  const golden = readTensors(fixture, "golden.safetensors");
  const held = (name: string) => golden[name] as NonNullable<(typeof golden)[string]>;
  const tokens = held("tokens");
  const [batch, length] = tokens.shape as [number, number];
  const size = { batch, context: length - 1 };

  it("has the parameters of the checkpoint", () => {
    const table = Object.fromEntries(parameterTable(config).map(({ name, shape }) => [name, shape]));
    expect(table).toEqual(Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape])));
  });

  it("computes the logits", () => {
    const graph = logitsGraph(config, size);
    checkGraph(graph);
    const ids = tokens.data.filter((_, i) => i % length < size.context) as Int32Array;
    const { logits } = evaluate(graph, { ...parameters, tokens: hostTensor("i32", [batch, size.context], ids) });
    expect(logits?.type.shape).toEqual(held("logits").shape);
    expect(distance(logits?.data ?? [], held("logits").data)).toBeLessThan(tolerance);
  });

  it("computes the loss and the gradient of every parameter", () => {
    const names = Object.keys(parameters);
    const graph = differentiate(lossGraph(config, size), { of: "loss", by: names });
    checkGraph(graph);
    const results = evaluate(graph, { ...parameters, tokens });
    expect(distance(results.loss?.data ?? [], held("loss").data)).toBeLessThan(tolerance);
    const far = names
      .map((name) => ({ name, distance: distance(results[gradientName(name)]?.data ?? [], held(`grad.${name}`).data) }))
      .filter((result) => !(result.distance < tolerance));
    expect(far).toEqual([]);
  });
});
