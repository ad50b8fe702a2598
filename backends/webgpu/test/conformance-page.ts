// The page's half of the conformance tests in a browser.
import backend from "../src/index.js";

export const open = () => backend.open();
