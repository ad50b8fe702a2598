// Where the thread that makes rows begins. It is built on its own; this file is as deep in src/ as its bundle in dist/.

export const rowScript = new URL("../../dist/node/row-worker.js", import.meta.url);
