// What another page of Cambium is made of: markup, the style sheet, the mark, charts. The entry `@cambium/report/page-parts`.
export type { Spec } from "vega";
export { renderChart, type Size } from "./charts/render.js";
export { type Html, html, trusted } from "./html.js";
export { mark } from "./sections/mark.js";
export { styles } from "./styles.js";
