// Keeps a World current: a snapshot, then one EventSource that goes on where it was cut off.

const RETRY_MS = 1000;

/**
 * Follow the server until the page closes. `report` hears "live", "lost" or "refused".
 *
 * The stream is opened before the snapshot is asked for and its events are held until the snapshot is there: nothing
 * can fall between the two. When the connection was lost the stream goes on after the last event; a server that no
 * longer has what came next, or is another one, says `reset`: then everything is loaded anew.
 */
export function follow(world, report) {
  let source;
  let held = null;
  let last = 0;

  function open() {
    source = new EventSource(last ? `/local/feed?after=${last}` : "/local/feed");
    source.onopen = opened;
    source.onmessage = receive;
    source.onerror = lost;
  }

  function opened() {
    if (!last || held) refetch();
    else report("live");
  }

  function receive({ data, lastEventId }) {
    const event = JSON.parse(data);
    if (event.type === "reset") refetch();
    else if (held) held.push([Number(lastEventId), event]);
    else take(Number(lastEventId), event);
  }

  function take(seq, event) {
    last = seq;
    world.apply(event);
  }

  async function refetch() {
    const mine = (held = []);
    try {
      const response = await fetch("/local/state");
      if (response.status === 403) return refused();
      if (!response.ok) throw new Error(`/local/state answered ${response.status}`);
      const state = await response.json();
      if (mine !== held) return; // a newer opening has taken over
      held = null;
      last = state.seq;
      world.load(state);
      for (const [seq, event] of mine) if (seq > last) take(seq, event);
      report("live");
    } catch (error) {
      console.warn(error);
      if (mine === held) again();
    }
  }

  function lost() {
    report("lost");
    // The browser reconnects by itself except after an answer that is no stream; then we do.
    if (source.readyState === EventSource.CLOSED) again();
  }

  function again() {
    source.close();
    report("lost");
    setTimeout(async () => {
      const response = await fetch("/local/state", { method: "HEAD" }).catch(() => null);
      if (response?.status === 403) refused();
      else open();
    }, RETRY_MS);
  }

  function refused() {
    source.close();
    report("refused");
  }

  open();
}
