// What the app published as a person's Home.
import { Blocks } from "./blocks.js";
import { View } from "./held.js";
import { html, useMemo } from "./html.js";

const NO_ERRORS = {};

export function Home({ view }) {
  const around = useMemo(() => ({ values: view.state?.values ?? {}, errors: NO_ERRORS }), [view]);
  const source = { app: view.app_id };
  return html`<${View.Provider} value=${around}><${Blocks} blocks=${view.blocks} source=${source} /><//>`;
}
