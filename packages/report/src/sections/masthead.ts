// The head of the page: which run, on what, and whether it is finished.
import type { RunManifest } from "@cambium/run-format";
import * as format from "../format.js";
import { type Html, html, trusted } from "../html.js";

/** A stem in cross-section: heartwood rings, and the one green ring in which it grows. */
const mark = trusted(
  '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><g fill="none" stroke="currentColor">' +
    '<circle cx="15.2" cy="16.6" r="1.6" fill="currentColor" stroke="none"/><circle cx="15.4" cy="16.4" r="4.6"/>' +
    '<circle cx="15.7" cy="16.2" r="7.8"/><circle cx="16" cy="16" r="14.6" stroke-width="1.6"/></g>' +
    '<circle cx="15.9" cy="16.1" r="11.4" fill="none" stroke="var(--grown)" stroke-width="2.6"/></svg>',
);

export function masthead({ name, state, data, backend }: RunManifest): Html {
  const tokens = `${format.count(data.trainTokens)} training and ${format.count(data.heldOutTokens)} held-out tokens`;
  return html`<header class="masthead">
  <p class="brand">${mark}<span>Cambium</span> <span class="kind">growth report</span></p>
  <h1>${name}</h1>
  <p class="facts"><span class="state ${state}">${state === "done" ? "Finished" : "In progress"}</span>
    <span>${data.corpus}, ${data.tokenizer}: ${tokens}</span> <span>${backend.name} on ${backend.device}</span></p>
</header>`;
}
