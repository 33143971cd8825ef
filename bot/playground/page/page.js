// Entry: follow the workspace and draw it.
import { App } from "./app.js";
import { follow } from "./feed.js";
import { html, render, useEffect, useState } from "./html.js";
import { World } from "./world.js";

function Page({ world }) {
  const [status, setStatus] = useState("");
  useEffect(() => follow(world, setStatus), [world]);
  return html`<${App} world=${world} status=${status} />`;
}

render(html`<${Page} world=${new World()} />`, document.body);
