// The top of the page: the run's name, data and backend, and whether it is finished.
import type { RunManifest } from "@cambium/run-format";
import * as format from "../format.js";
import { type Html, html } from "../html.js";
import { mark } from "./mark.js";

export function masthead({ name, data, backend }: RunManifest, running: boolean): Html {
  const tokens = `${format.count(data.trainTokens)} training and ${format.count(data.heldOutTokens)} held-out tokens`;
  return html`<header class="masthead">
  <p class="brand">${mark}<span>Cambium</span> <span class="kind">growth report</span></p>
  <h1>${name}</h1>
  <p class="facts"><span class="state ${running ? "running" : "done"}">${running ? "In progress" : "Finished"}</span>
    <span>${data.corpus}, ${data.tokenizer}: ${tokens}</span> <span>${backend.name} on ${backend.device}</span></p>
</header>`;
}
