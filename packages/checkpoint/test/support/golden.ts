// The folder of the files written by the Python originals.

export const golden = new URL("../golden/", import.meta.url).pathname;
