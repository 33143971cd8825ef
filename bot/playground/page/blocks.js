// Block Kit, drawn as Slack draws it. A type the page does not know is named instead of left out.
import { BUTTONS } from "./buttons.js";
import { Element, Input } from "./elements.js";
import { classes, html, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Markdown } from "./markdown.js";
import { TextObject } from "./objects.js";
import { Link } from "./people.js";
import { Picture } from "./picture.js";
import { RichText } from "./rich_text.js";

function Section({ block, source }) {
  return html`
    <div class="section">
      <div class="section-body">
        ${block.text && html`<div class="section-text"><${TextObject} text=${block.text} /></div>`}
        ${
          block.fields &&
          html`<div class="fields">
          ${block.fields.map((field) => html`<div><${TextObject} text=${field} /></div>`)}
        </div>`
        }
      </div>
      ${
        block.accessory &&
        html`<div class="accessory"><${Element} key=${keyIn(block, block.accessory)} element=${block.accessory} block=${block}
          source=${source} /></div>`
      }
    </div>
  `;
}

const Context = ({ block }) => html`
  <div class="context">
    ${block.elements.map((element) =>
      element.type === "image"
        ? html`<${Picture} image=${element} look="context-image" />`
        : html`<span><${TextObject} text=${element} /></span>`,
    )}
  </div>
`;

/** Elements stay the same by their action id while blocks around them change; what they hold is the block's, too. */
const keyIn = ({ block_id }, { type, action_id }) =>
  Object.hasOwn(BUTTONS, type) ? action_id : `${block_id}/${action_id}`;

const Actions = ({ block, source }) => html`
  <div class="actions">
    ${block.elements.map(
      (element) =>
        html`<${Element} key=${keyIn(block, element)} element=${element} block=${block} source=${source} />`,
    )}
  </div>
`;

const Image = ({ block }) => html`
  <figure class="image">
    ${block.title && html`<figcaption><${TextObject} text=${block.title} /></figcaption>`}
    <${Picture} image=${block} look="picture" />
  </figure>
`;

const CELLS = {
  __proto__: null,
  raw_text: ({ text }) => text,
  raw_number: ({ text, value }) => text ?? String(value),
  rich_text: ({ elements }) => html`<${RichText} elements=${elements} />`,
};

function Table({ block }) {
  const [head, ...body] = block.rows;
  const look = (at) => {
    const setting = block.column_settings?.[at];
    return classes(setting?.align && `align-${setting.align}`, setting?.is_wrapped && "wrapped");
  };
  const draw = (cell) => CELLS[cell.type]?.(cell) ?? cell.type;
  return html`
    <div class="table-wrap table-block">
      <table>
        <thead>
          <tr>${head.map((cell, at) => html`<th scope="col" class=${look(at)}>${draw(cell)}</th>`)}</tr>
        </thead>
        <tbody>
          ${body.map((row) => html`<tr>${row.map((cell, at) => html`<td class=${look(at)}>${draw(cell)}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>
  `;
}

const STATES = { pending: "Pending", in_progress: "In progress", complete: "Done", error: "Failed" };

const TaskMark = ({ status }) => html`
  <span class=${`task-mark ${status}`} role="img" aria-label=${STATES[status] ?? status}>
    ${status === "complete" && html`<${Icon} name="check" />`}${status === "error" && html`<${Icon} name="close" />`}
  </span>
`;

function TaskCard({ block: task }) {
  const more = task.details || task.output || task.sources?.length;
  const [open, setOpen] = useState(false);
  const title = html`<${TaskMark} status=${task.status} /><span class="task-title">${task.title}</span>`;
  if (!more) return html`<div class="task-card"><div class="task-line">${title}</div></div>`;
  return html`
    <div class="task-card">
      <button type="button" class="task-line" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        ${title}<${Icon} name="chevron" />
      </button>
      ${
        open &&
        html`<div class="task-more">
        ${task.details && html`<${RichText} elements=${task.details.elements} />`}
        ${task.output && html`<div class="task-output"><${RichText} elements=${task.output.elements} /></div>`}
        ${
          task.sources?.length > 0 &&
          html`<div class="task-sources">
          ${task.sources.map(({ url, text }) => html`<${Link} url=${url}>${text || url}<//>`)}
        </div>`
        }
      </div>`
      }
    </div>
  `;
}

function Plan({ block: plan }) {
  const [open, setOpen] = useState(true);
  const done = plan.tasks.filter(({ status }) => status === "complete").length;
  return html`
    <div class="plan">
      <button type="button" class="plan-head" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        <${Icon} name="chevron" /><b>${plan.title}</b><span>${done} of ${plan.tasks.length}</span>
      </button>
      ${open && plan.tasks.map((task) => html`<${TaskCard} key=${task.task_id} block=${task} />`)}
    </div>
  `;
}

const BLOCKS = {
  __proto__: null,
  section: Section,
  header: ({ block }) => html`<h3 class="header"><${TextObject} text=${block.text} /></h3>`,
  divider: () => html`<hr class="divider" />`,
  context: Context,
  actions: Actions,
  context_actions: Actions,
  image: Image,
  input: Input,
  markdown: ({ block }) => html`<${Markdown} text=${block.text} />`,
  rich_text: ({ block }) => html`<${RichText} elements=${block.elements} />`,
  table: Table,
  task_card: TaskCard,
  plan: Plan,
};

const Unknown = ({ block }) => html`
  <div class="placeholder">A <code>${block.type}</code> block, which this page does not draw</div>
`;

/**
 * What makes a block the same one from one update to the next: of a field its id, of buttons what they say to the app,
 * of others their kind. Ids of all but fields are no help: an app may leave them to the server, which gives new ones
 * each time, or change them itself, as Slack advises. A button drawn anew for that would lose the focus, and a press
 * that has begun.
 */
function likenessOf({ type, block_id, elements, element, accessory }) {
  if (element) return `${type}/${block_id}/${element.action_id}`;
  const acting = [accessory, ...(elements ?? [])].filter((each) => each?.action_id);
  return [type, ...acting.flatMap(({ action_id: id, value }) => [id, value ?? ""])].join("/");
}

/** Of blocks that are alike the first one stays the first. */
function keysOf(blocks) {
  const seen = new Map();
  return blocks.map((block) => {
    const likeness = likenessOf(block);
    const nth = seen.get(likeness) ?? 0;
    seen.set(likeness, nth + 1);
    return `${likeness}/${nth}`;
  });
}

/** One block that cannot be drawn leaves the others as they are, and is tried again when it changes. */
function Guarded({ block, children }) {
  this.componentDidCatch = (error) => {
    console.error(error);
    this.setState({ failed: block });
  };
  if (this.state?.failed !== block) return children;
  return html`<div class="placeholder">A <code>${block.type}</code> block that could not be drawn</div>`;
}

/** `source` says where clicks belong: {channel, ts} of a message, {view} of a modal, or {app} of a Home. */
export function Blocks({ blocks, source }) {
  const keys = keysOf(blocks);
  return html`
    <div class="blocks">
      ${blocks.map((block, at) => {
        const Kind = BLOCKS[block.type] ?? Unknown;
        return html`<${Guarded} key=${keys[at]} block=${block}><${Kind} block=${block} source=${source} /><//>`;
      })}
    </div>
  `;
}
