// Where a reader is in a long column: at its end while it grows, else at the message before their eyes.
import { useLayoutEffect, useRef, useState } from "./html.js";

const AT_END_PX = 60;

/** How far from the reader rows are added, before they are needed. */
const NEAR_PX = 900;

/** The first row in sight, and how far below the top of the scroller it stands. */
function markIn(scroller) {
  const top = scroller.getBoundingClientRect().top;
  for (const element of scroller.querySelectorAll("[data-ts]")) {
    const row = element.getBoundingClientRect();
    if (row.bottom > top) return { element, below: row.top - top };
  }
  return null;
}

/**
 * Keep a scroller at its end as its content grows, unless the reader has scrolled up: then what they look at stays
 * where it is, whatever comes or goes around it. `onLook({top, end, atEnd})` hears after each move and drawing whether
 * the reader is near the top or the end of what is drawn, and whether they follow what comes.
 */
export function useReader(onLook) {
  const scroller = useRef();
  const content = useRef();
  const reader = useRef({ atEnd: true, top: 0, mark: null });
  const [away, setAway] = useState(false);

  function settle() {
    const { atEnd, mark } = reader.current;
    const { current } = scroller;
    if (atEnd) current.scrollTop = current.scrollHeight;
    else if (mark?.element.isConnected) {
      const now = mark.element.getBoundingClientRect().top - current.getBoundingClientRect().top;
      if (Math.abs(now - mark.below) >= 1) current.scrollTop += now - mark.below;
    }
    reader.current.top = current.scrollTop;
  }

  function look() {
    const { scrollHeight, scrollTop, clientHeight } = scroller.current;
    if (!clientHeight) return; // behind another pane on a phone
    const end = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    onLook({ top: scrollTop < NEAR_PX, end, atEnd: reader.current.atEnd });
  }

  function onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = scroller.current;
    const nearEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    // Content that grew since the last scroll also leaves the end behind; only moving up is the reader's wish.
    if (nearEnd || scrollTop < reader.current.top) {
      reader.current.atEnd = nearEnd;
      setAway(!nearEnd);
    }
    reader.current.top = scrollTop;
    reader.current.mark = nearEnd ? null : markIn(scroller.current);
    look();
  }

  function toEnd() {
    reader.current.atEnd = true;
    setAway(false);
    settle();
  }

  useLayoutEffect(() => {
    settle();
    look();
  });

  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => scroller.current && settle());
    observer.observe(content.current);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);

  return { scroller, content, away, toEnd, onScroll };
}
