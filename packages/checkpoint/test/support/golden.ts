// Where the files written by the Python originals lie.

export const golden = new URL("../golden/", import.meta.url).pathname;
