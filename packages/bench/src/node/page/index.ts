// Results as pages. An entry of its own, since charts take a third of a second to load.
export { renderHistoryPage } from "./history-page.js";
export { renderBenchPage } from "./page.js";
