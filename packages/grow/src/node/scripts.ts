// Where the scripts of the worker threads are. They are built on their own; this file is as deep in src/ as its bundle in
// dist/.

export const rowScript = new URL("../../dist/node/row-worker.js", import.meta.url);
export const hashScript = new URL("../../dist/node/hash-worker.js", import.meta.url);
