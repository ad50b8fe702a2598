// A graph as text: one line per node, `%3: f32[8,256] = matmul(%1, %2) {transB=true}`.
import { formatType } from "./dtype.js";
import type { Attrs, AttrValue, Graph, Value } from "./graph.js";

/** The readable form. Inputs and outputs have their names; a scope is printed where it changes. */
export function printGraph(graph: Graph): string {
  const lines = graph.inputs.map(({ name, value }) => `${define(value)} = input "${name}"`);
  let scope: string | undefined;
  for (const node of graph.nodes) {
    if (node.scope !== scope) {
      scope = node.scope;
      lines.push(`# ${scope ?? ""}`.trimEnd());
    }
    const inputs = node.inputs.map(({ id }) => `%${id}`).join(", ");
    lines.push(`${node.outputs.map(define).join(", ")} = ${node.op.name}(${inputs})${printAttrs(node.attrs)}`);
  }
  for (const { name, value, replaces } of graph.outputs) {
    lines.push(`output "${name}" = %${value.id}${replaces === undefined ? "" : ` replaces "${replaces}"`}`);
  }
  return `${lines.join("\n")}\n`;
}

function define(value: Value): string {
  return `%${value.id}: ${formatType(value.type)}`;
}

function printAttrs(attrs: Attrs): string {
  const entries = Object.entries(attrs).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? "" : ` {${entries.map(([name, value]) => `${name}=${printAttr(value)}`).join(", ")}}`;
}

function printAttr(value: AttrValue): string {
  if (typeof value !== "object") return String(value);
  if (!("data" in value)) return `[${(value as readonly number[]).join(",")}]`;
  const shown = Array.from(value.data.slice(0, 8), (x) => Number(x.toPrecision(7)));
  return `${formatType(value)}(${shown.join(" ")}${value.data.length > 8 ? " …" : ""})`;
}
