// The logo at the top of every page.
import { trusted } from "../html.js";

/** A stem in cross-section: heartwood rings, and the green ring in which it grows. */
export const mark = trusted(
  '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><g fill="none" stroke="currentColor">' +
    '<circle cx="15.2" cy="16.6" r="1.6" fill="currentColor" stroke="none"/><circle cx="15.4" cy="16.4" r="4.6"/>' +
    '<circle cx="15.7" cy="16.2" r="7.8"/><circle cx="16" cy="16" r="14.6" stroke-width="1.6"/></g>' +
    '<circle cx="15.9" cy="16.1" r="11.4" fill="none" stroke="var(--grown)" stroke-width="2.6"/></svg>',
);
