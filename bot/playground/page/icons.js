// Line icons, drawn on a 24 by 24 grid.
import { html } from "./html.js";

const PATHS = {
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.6 7.2",
  back: "M15 5l-7 7 7 7",
  block: "M4 5h16v14H4zM10 9l-3 3 3 3M14 9l3 3-3 3",
  bold: "M7 5h6a3.5 3.5 0 0 1 0 7H7zM7 12h7a3.5 3.5 0 0 1 0 7H7z",
  bolt: "M13 3L5 13.5h6L10.5 21 19 10h-6z",
  calendar: "M4 6h16v14H4zM4 10h16M8.5 3.5V7M15.5 3.5V7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevron: "M6 9l6 6 6-6",
  clock: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 7v5l3.5 2",
  close: "M6 6l12 12M18 6L6 18",
  code: "M8.5 7L3 12l5.5 5M15.5 7l5.5 5-5.5 5",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  edit: "M4 20l1-4L16.5 4.5l3 3L8 19l-4 1z",
  eye: "M2.5 12C5 7.5 8.2 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.7 6.5-9.5 6.5S5 16.5 2.5 12zM15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  forward: "M9 5l7 7-7 7",
  hash: "M9 4L7 20M17 4l-2 16M4 9h16.5M3.5 15H20",
  home: "M4 11l8-7 8 7v9h-5.5v-5h-5v5H4z",
  italic: "M10 5h7M7 19h7M14 5l-4 14",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  message: "M4 5h16v11H11l-4.5 4v-4H4z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  plus: "M12 5v14M5 12h14",
  quote: "M5 5v14M9 8h11M9 12h11M9 16h7",
  send: "M4.5 4.5l16 7.5-16 7.5 2.5-7.5zM7 12h7",
  slash: "M4 4h16v16H4zM14 8l-4 8",
  smile: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM9 9.5v.5M15 9.5v.5M8 14c1 1.6 2.4 2.4 4 2.4s3-.8 4-2.4",
  stop: "M7 7h10v10H7z",
  strike: "M4 12h16M8 8.5C8 6.5 9.8 5 12 5s3.6 1 4 2.7M16 15.5c0 2-1.8 3.5-4 3.5s-3.8-1.2-4.2-3",
  terminal: "M3.5 5h17v14h-17zM7 9.5l3 2.5-3 2.5M12.5 15H17",
  thread: "M4 5h16v11H11l-4.5 4v-4H4zM8 9.2h8M8 12h5",
  thumbdown: "M7 4h10l2.5 8.5H14l.8 5.2c.2 1.6-1.8 2.3-2.6 1L8.5 13H7M7 4H3.5v9H7z",
  thumbup: "M7 20h10l2.5-8.5H14l.8-5.2c.2-1.6-1.8-2.3-2.6-1L8.5 11H7M7 20H3.5v-9H7z",
  trash: "M5 7h14M10 7V4.5h4V7M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  upload: "M12 16V5M7.5 9L12 4.5 16.5 9M5 20h14",
  warning: "M12 4l9 16H3zM12 10v4.5M12 17.2v.01",
};

/** An icon beside a label or inside a labelled button; it says nothing by itself. */
export const Icon = ({ name }) => html`
  <svg class=${`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>
`;
