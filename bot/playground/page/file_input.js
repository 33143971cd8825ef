// The file_input: files are uploaded at once, and the view holds their ids.
import { act, problemOf } from "./api.js";
import { asUpload, attachments, Attachments, choose } from "./attachments.js";
import { useDesk } from "./desk.js";
import { useHeld } from "./held.js";
import { classes, html, useState } from "./html.js";
import { Icon } from "./icons.js";
import { Problem } from "./objects.js";
import { pathOf } from "./picture.js";

const MOST_FILES = 10;

const endingOf = (name) => name.split(".").at(-1).toLowerCase();

/** A held file as the page shows it: those just uploaded know their bytes, others where they are. */
const shown = (file) => ({
  key: file.id,
  name: file.name,
  size: file.size,
  image: file.image ?? file.mimetype.startsWith("image/"),
  url: file.url ?? pathOf(file.url_private),
});

export function FileInput({ element, block, source, names }) {
  const { me } = useDesk();
  const { value, problem, put } = useHeld(source, block, element);
  const [trouble, setTrouble] = useState(null);
  const [uploading, setUploading] = useState(false);
  const [over, setOver] = useState(false);
  const held = value ?? [];
  const most = element.max_files ?? MOST_FILES;
  const endings = element.filetypes?.map((ending) => ending.toLowerCase());

  const hold = (files) =>
    put(
      files,
      files.map(({ id }) => id),
    );

  function refusal(chosen) {
    if (held.length + chosen.length > most) return `At most ${most} ${most === 1 ? "file" : "files"} can be added.`;
    const strange = endings && chosen.find(({ name }) => !endings.includes(endingOf(name)));
    return strange ? `${strange.name} cannot be added: only ${endings.join(", ")}.` : null;
  }

  const remove = ({ key }) => hold(held.filter(({ id }) => id !== key));
  const accept = (endings ?? []).map((ending) => `.${ending}`).join(",");

  async function add(chosen) {
    const refused = refusal(chosen);
    setTrouble(refused);
    if (refused || !chosen.length || uploading) return;
    setUploading(true);
    const read = await attachments(chosen);
    const answer = read.problem
      ? { ok: false, message: read.problem }
      : await act(me, "upload", { files: read.files.map(asUpload) });
    setUploading(false);
    if (!answer.ok) setTrouble(problemOf(answer));
    else hold([...held, ...read.files.map((file, at) => ({ ...file, id: answer.files[at] }))]);
  }

  return html`
    <span class="element wide">
      <span
        class=${classes("drop-zone", over && "over")}
        onDragOver=${(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave=${() => setOver(false)}
        onDrop=${(event) => {
          event.preventDefault();
          setOver(false);
          add([...event.dataTransfer.files]);
        }}
      >
        ${held.length > 0 && html`<${Attachments} files=${held.map(shown)} onRemove=${remove} />`}
        ${
          held.length < most &&
          html`<button type="button" class=${classes("button small", uploading && "flying")} ...${names}
          data-focus=${element.focus_on_load} aria-labelledby=${undefined} aria-label=${`Add files${endings ? ` (${endings.join(", ")})` : ""}`}
          onClick=${() => choose(add, { many: most > 1, accept })}
          ><span><${Icon} name="upload" /> ${most === 1 ? "Upload a file" : "Upload files"}</span></button>`
        }
        ${endings && held.length < most && html`<small>${endings.join(", ")}</small>`}
      </span>
      <${Problem} text=${trouble ?? problem} />
    </span>
  `;
}
