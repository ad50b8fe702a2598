// Where threads begin. From the sources as from what is built, two folders up is the package.
export const tokenizeScript = new URL("../../dist/tokenize-worker.js", import.meta.url);
export const guardScript = new URL("../../dist/pattern-worker.js", import.meta.url);
