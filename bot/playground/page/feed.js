// Keeps a World current: one EventSource, and a fresh snapshot whenever the stream (re)opens.

const RETRY_MS = 1000;

/**
 * Follow the server until the page closes. `report` hears "live", "lost" or "refused".
 *
 * The stream is opened before the snapshot is asked for and its events are held until the snapshot is there:
 * nothing can fall between the two. Taking a snapshot at every opening, rather than trusting a replay, also makes
 * a restarted server no special case.
 */
export function follow(world, report) {
  let source;
  let held = null;

  function open() {
    source = new EventSource("/local/feed");
    source.onopen = refetch;
    source.onmessage = receive;
    source.onerror = lost;
  }

  function receive({ data, lastEventId }) {
    const event = JSON.parse(data);
    if (event.type === "reset") refetch();
    else if (held) held.push([Number(lastEventId), event]);
    else world.apply(event);
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
      world.load(state);
      for (const [seq, event] of mine) if (seq > state.seq) world.apply(event);
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
