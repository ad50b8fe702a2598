// Brands: instances of our classes have a symbol that every copy of this package shares. A plugin that is linked into a
// project may bring its own copy, and `instanceof` must work for instances from either.

/** Whether `value` carries `brand`: for `static [Symbol.hasInstance]` of a class whose prototype has that symbol. */
export function isBranded(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}
