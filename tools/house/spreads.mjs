// Calls that spread a list into their arguments: with some hundred thousand entries they fail with "Maximum call stack
// size exceeded". `append`, `extent`, `lowest` and `highest` of @cambium/ir take lists of any length.
import ts from "typescript";

const extremes = /^Math\.(max|min|hypot)$/;
const takers = new Set(["push", "unshift", "concat", "splice", "fromCharCode", "fromCodePoint"]);

/** @returns {{ line: number, call: string }[]} every such call of a file */
export function spreadsOf(tree) {
  const found = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.arguments.some(ts.isSpreadElement) && takesLists(node.expression)) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      found.push({ line, call: node.expression.getText(tree).split("\n").at(-1).trim() });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function takesLists(callee) {
  if (!ts.isPropertyAccessExpression(callee)) return false;
  return extremes.test(callee.getText()) || takers.has(callee.name.text);
}
