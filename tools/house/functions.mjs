// The length of functions. Lines inside template literals (the text of kernels) do not count.
import ts from "typescript";

/** @returns {{ name: string, lines: number }[]} every function of a file */
export function functionsOf(tree) {
  const found = [];
  const lineOf = (position) => tree.getLineAndCharacterOfPosition(position).line;
  const linesOf = (node) => lineOf(node.end) - lineOf(node.getStart(tree));
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body)
      found.push({ name: nameOf(node), lines: linesOf(node) + 1 - textIn(node) });
    ts.forEachChild(node, visit);
  };
  /** Lines that a node's outermost template literals span beyond their first. */
  const textIn = (node) => {
    if (ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)) return linesOf(node);
    let lines = 0;
    ts.forEachChild(node, (child) => {
      lines += textIn(child);
    });
    return lines;
  };
  visit(tree);
  return found;
}

/** The function's own name, or the name of what it is assigned or passed to. */
function nameOf(node) {
  if (node.name) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const { parent } = node;
  if (parent.name) return parent.name.getText();
  return ts.isCallExpression(parent) ? `${parent.expression.getText().split("\n")[0]}(…)` : "a function";
}
