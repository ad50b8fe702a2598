// Walks and rewrites expressions: their parts, the base tensors that they read, substitution.
import type { Expr, ExprKind, Given } from "./expr.js";

type Rebuild<K extends ExprKind> = (expr: Extract<Expr, { kind: K }>, map: (part: Expr) => Expr) => Expr;

/** How each kind is rebuilt from rewritten parts; a leaf stays as it is. */
const rebuild: { readonly [K in ExprKind]: Rebuild<K> } = {
  copy: (expr) => expr,
  zeros: (expr) => expr,
  const: (expr) => expr,
  normal: (expr) => expr,
  take: (expr, map) => ({
    ...expr,
    of: map(expr.of),
    ...(isExpr(expr.scale) && { scale: map(expr.scale) }),
  }),
  concat: (expr, map) => ({ ...expr, parts: expr.parts.map(map) }),
  scale: (expr, map) => ({ ...expr, of: map(expr.of) }),
  sum: (expr, map) => ({ ...expr, terms: expr.terms.map(map) }),
  affine: (expr, map) => ({ ...expr, x: map(expr.x), y: map(expr.y) }),
  matmul: (expr, map) => ({ ...expr, left: map(expr.left), right: map(expr.right) }),
  given: (expr, map) => (expr.by.kind === "fit" ? { ...expr, by: { ...expr.by, init: map(expr.by.init) } } : expr),
};

/** Whether a take's scale is an expression. */
export function isExpr(scale: number | readonly number[] | Expr | undefined): scale is Expr {
  return typeof scale === "object" && "kind" in scale;
}

/** `expr` with each of its direct parts replaced by `map(part)`. */
export function mapParts(expr: Expr, map: (part: Expr) => Expr): Expr {
  return (rebuild[expr.kind] as Rebuild<ExprKind>)(expr as never, map);
}

/** Calls `visit` on `expr` and everything in it, outside first. */
export function walk(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  mapParts(expr, (part) => {
    walk(part, visit);
    return part;
  });
}

/** The base tensors that `expr` reads, each once, in order of first use. */
export function sourcesOf(expr: Expr): string[] {
  const names = new Set<string>();
  walk(expr, (part) => {
    if (part.kind === "copy") names.add(part.source);
  });
  return [...names];
}

/**
 * The `given` expressions in `exprs`, each name once, in order of first use; those inside a fit's start come before it.
 */
export function givenOf(exprs: Readonly<Record<string, Expr>>): readonly Given[] {
  const found = new Map<string, Given>();
  const visit = (expr: Expr): Expr => {
    mapParts(expr, visit);
    if (expr.kind === "given" && !found.has(expr.name)) found.set(expr.name, expr);
    return expr;
  };
  Object.values(exprs).forEach(visit);
  return [...found.values()];
}

/** `expr` with every base tensor replaced by `of(name)`. */
export function substitute(expr: Expr, of: (source: string) => Expr): Expr {
  return expr.kind === "copy" ? of(expr.source) : mapParts(expr, (part) => substitute(part, of));
}
