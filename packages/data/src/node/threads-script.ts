// Where the threads that tokenize begin. From the sources as from what is built, two folders up is the package.
export const tokenizeScript = new URL("../../dist/tokenize-worker.js", import.meta.url);
