// Older messages, asked for when somebody scrolls to where they would be.

const under = new Set();

/**
 * Ask for what came before the first message known of a channel, or of its thread `root`, and put it into the world.
 * While one answer is awaited, or when none comes, it does nothing: the reader scrolls again.
 */
export async function loadEarlier(world, channel, root) {
  const room = world.room(channel);
  const first = root ? room.thread(root)[0] : room.roots[0];
  const query = new URLSearchParams({ channel, ...(root && { thread: root }), ...(first && { before: first }) });
  const path = `/local/messages?${query}`;
  if (under.has(path)) return;
  under.add(path);
  try {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    const { messages, older } = await response.json();
    if (world.room(channel) !== room) return; // the world was loaded anew meanwhile
    if (root) room.prependReplies(root, messages);
    else room.prepend(messages, older);
    world.tell({ type: "earlier" });
  } catch (error) {
    console.warn(error);
  } finally {
    under.delete(path);
  }
}
