// Results as pages. A separate entry, because the chart library takes a third of a second to load.
export { renderHistoryPage } from "./history-page.js";
export { renderBenchPage } from "./page.js";
