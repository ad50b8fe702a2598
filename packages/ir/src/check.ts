// Well-formedness: what every graph must satisfy, checked between passes in tests and before a backend compiles.
import { formatType, sameType } from "./dtype.js";
import { CambiumError, type Reason } from "./errors.js";
import type { Graph, Value } from "./graph.js";

/**
 * Checks the rules: ids are unique; every value is defined before it is read; each node has as many inputs as its op
 * takes, and outputs of the inferred types; names of inputs and of outputs are unique; each replaced input exists, has the
 * output's type and is replaced once.
 * @param when what had just happened, for the message, e.g. `after pass "fold"`.
 * @throws CambiumError `E_GRAPH` with every broken rule.
 */
export function checkGraph(graph: Graph, when = ""): void {
  const reasons: Reason[] = [];
  const defined = new Map<number, Value>();
  const define = (value: Value, where: string) => {
    if (defined.has(value.id)) reasons.push({ where, message: `value %${value.id} is defined twice` });
    defined.set(value.id, value);
  };
  const use = (value: Value, where: string) => {
    const found = defined.get(value.id);
    if (!found) reasons.push({ where, message: `value %${value.id} is used before it is defined` });
    else if (!sameType(found.type, value.type)) {
      reasons.push({
        where,
        message: `value %${value.id} changes its type`,
        expected: formatType(found.type),
        got: formatType(value.type),
      });
    }
  };
  for (const { name, value } of graph.inputs) define(value, `input "${name}"`);
  graph.nodes.forEach((node, index) => {
    const where = `node ${index} (${node.op.name})`;
    for (const value of node.inputs) use(value, where);
    if (Array.isArray(node.op.inputs) && node.op.inputs.length !== node.inputs.length) {
      reasons.push({
        where,
        message: "has the wrong number of inputs",
        expected: `${node.op.inputs.length}`,
        got: `${node.inputs.length}`,
      });
    }
    for (const value of node.outputs) define(value, where);
    try {
      const types = node.op.infer(
        node.inputs.map(({ type }) => type),
        node.attrs,
      );
      const expected = types.map(formatType).join(", ");
      const got = node.outputs.map(({ type }) => formatType(type)).join(", ");
      if (expected !== got) reasons.push({ where, message: "outputs differ from the inferred types", expected, got });
    } catch (error) {
      reasons.push({ where, message: error instanceof Error ? error.message : String(error) });
    }
  });
  for (const { name, value } of graph.outputs) use(value, `output "${name}"`);
  duplicates(graph.inputs.map(({ name }) => name)).forEach((name) =>
    reasons.push({ message: `two inputs are named "${name}"` }),
  );
  duplicates(graph.outputs.map(({ name }) => name)).forEach((name) =>
    reasons.push({ message: `two outputs are named "${name}"` }),
  );
  const replaced = graph.outputs.flatMap((output) => (output.replaces === undefined ? [] : [output.replaces]));
  duplicates(replaced).forEach((name) => reasons.push({ message: `input "${name}" is replaced twice` }));
  for (const output of graph.outputs) {
    if (output.replaces === undefined) continue;
    const input = graph.inputs.find(({ name }) => name === output.replaces);
    if (!input || !sameType(input.value.type, output.value.type)) {
      reasons.push({ where: `output "${output.name}"`, message: `replaces "${output.replaces}", which does not fit` });
    }
  }
  if (reasons.length > 0) {
    throw new CambiumError("E_GRAPH", `the graph is not well-formed${when && ` ${when}`}`, { reasons });
  }
}

function duplicates(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}
