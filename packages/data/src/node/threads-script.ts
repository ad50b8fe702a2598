// The script that threads run. The package is two folders up, both from the sources and from the build.
export const tokenizeScript = new URL("../../dist/tokenize-worker.js", import.meta.url);
export const guardScript = new URL("../../dist/pattern-worker.js", import.meta.url);
