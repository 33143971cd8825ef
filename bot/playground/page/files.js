// Files in messages: pictures small, texts folded, everything else as a card.
import { sizeOf } from "./attachments.js";
import { Code } from "./code.js";
import { html, memo, useEffect, useState } from "./html.js";
import { Icon } from "./icons.js";
import { pathOf } from "./picture.js";

const PICTURES = /^image\/(?:png|jpeg|gif|webp|svg\+xml|avif|bmp)$/;

/** A text of more bytes than this is not loaded to be shown. */
const MOST_SHOWN_BYTES = 200_000;
const FOLDED_LINES = 5;

const LANGUAGES = { __proto__: null, sh: "bash", js: "javascript", ts: "typescript", yml: "yaml" };

const Download = ({ file }) => html`
  <a class="icon-button" href=${pathOf(file.url_private_download)} download=${file.name} title="Download"
    aria-label=${`Download ${file.name}`}><${Icon} name="download" /></a>
`;

const about = (file) => `${file.pretty_type} · ${sizeOf(file.size)}`;

const Card = ({ file }) => html`
  <div class="file-card">
    <span class=${`file-mark kind-${/^[a-z0-9]+$/.test(file.filetype) ? file.filetype : "binary"}`}><${Icon} name="file" /></span>
    <a class="file-name" href=${pathOf(file.url_private)} target="_blank" rel="noopener noreferrer">
      <b>${file.name}</b><small>${about(file)}</small>
    </a>
    <${Download} file=${file} />
  </div>
`;

function Shown({ file }) {
  const [open, setOpen] = useState(true);
  const [broken, setBroken] = useState(false);
  if (broken) return html`<${Card} file=${file} />`;
  return html`
    <figure class="file-picture">
      <figcaption>
        <button type="button" aria-expanded=${open} onClick=${() => setOpen(!open)}>${file.name}<${Icon} name="chevron" /></button>
      </figcaption>
      ${
        open &&
        html`<span class="file-frame">
        <a href=${pathOf(file.url_private)} target="_blank" rel="noopener noreferrer">
          <img src=${pathOf(file.url_private)} alt=${file.name} loading="lazy" onError=${() => setBroken(true)} />
        </a>
        <span class="file-tools"><${Download} file=${file} /></span>
      </span>`
      }
    </figure>
  `;
}

/** The texts of files, once asked for: what is in a file never changes. */
const texts = new Map();

function textOf(file) {
  if (!texts.has(file.id)) {
    const asked = fetch(pathOf(file.url_private)).then((response) => {
      if (!response.ok) throw new Error(`${file.id} answered ${response.status}`);
      return response.text();
    });
    texts.set(file.id, asked);
    asked.catch(() => texts.delete(file.id));
  }
  return texts.get(file.id);
}

function Snippet({ file }) {
  const [text, setText] = useState(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let gone = false;
    textOf(file).then(
      (loaded) => gone || setText(loaded),
      () => gone || setFailed(true),
    );
    return () => (gone = true);
  }, [file.id]);
  if (failed) return html`<${Card} file=${file} />`;
  return html`
    <div class="snippet">
      <header>
        <a class="file-name" href=${pathOf(file.url_private)} target="_blank" rel="noopener noreferrer"><b>${file.name}</b></a>
        <small>${about(file)}</small>
        <${Download} file=${file} />
      </header>
      ${
        text !== null &&
        html`<${Code} code=${text.replace(/\n$/, "")} language=${LANGUAGES[file.filetype] ?? file.filetype} folded=${FOLDED_LINES}
        long=${FOLDED_LINES + 3} />`
      }
    </div>
  `;
}

function kindOf(file) {
  if (PICTURES.test(file.mimetype)) return Shown;
  return file.mode === "snippet" && file.size <= MOST_SHOWN_BYTES ? Snippet : Card;
}

export const Files = memo(({ files }) => html`
  <div class="files">
    ${files.map((file) => html`<${kindOf(file)} key=${file.id} file=${file} />`)}
  </div>
`);
