// What elements hold, and how the local Slack is told of it.
import { act, problemOf } from "./api.js";
import { useDesk } from "./desk.js";
import { createContext, useContext, useState } from "./html.js";

const UNACKED = "That didn’t work. Try again.";

/** Sends one thing after the other. Of what waits under one key, only the last is sent. */
export class Outbox {
  #onPut;
  #waiting = new Map();
  #running = null;

  /** `onPut` is called whenever something is put. */
  constructor(onPut = () => {}) {
    this.#onPut = onPut;
  }

  put(key, send) {
    this.#onPut();
    this.#waiting.set(key, send);
    this.#running ??= this.#run();
  }

  /** Once all that was put is sent. */
  async settled() {
    await this.#running;
  }

  async #run() {
    while (this.#waiting.size) {
      const [[key, send]] = this.#waiting;
      this.#waiting.delete(key);
      await send();
    }
    this.#running = null;
  }
}

/** What is on its way though no app is told of it: a click that follows must find it there. */
const underway = new Set();

async function arrives(sent) {
  underway.add(sent);
  await sent;
  underway.delete(sent);
}

/**
 * The view around elements: what it holds and the errors in it, by block, as the local Slack keeps them. `outbox` is
 * shared by the fields of a modal, which is sent when it is empty. A message has no errors and no outbox.
 */
export const View = createContext({ values: {}, errors: {} });

/** The one field of a held state besides its type. */
const valueIn = (state) => Object.entries(state).find(([key]) => key !== "type")?.[1];

/** What the app starts an element with: `initial_value`, `initial_option`, and so on. */
const initialOf = (element) => Object.entries(element).find(([key]) => key.startsWith("initial_"))?.[1];

const addressOf = (source, block, element) => ({
  ...source,
  block_id: block.block_id,
  action_id: element.action_id,
});

/** Why an answer is no success, or null. A click the app did not acknowledge is not retried, as in Slack. */
function trouble(answer) {
  if (!answer.ok) return problemOf(answer);
  return answer.acked ? null : UNACKED;
}

/**
 * Sending a click: {flying, problem, press(details)}. While it flies the button takes no other, but is not `disabled`: a
 * keyboard would lose it.
 */
export function useClick(source, block, element) {
  const { me } = useDesk();
  const [flying, setFlying] = useState(false);
  const [problem, setProblem] = useState(null);
  async function press(details) {
    if (flying) return;
    setFlying(true);
    setProblem(null);
    await Promise.all(underway);
    setProblem(trouble(await act(me, "click", { ...addressOf(source, block, element), ...details })));
    setFlying(false);
  }
  return { flying, problem, press };
}

/**
 * What an element holds: {value, flying, problem, put(value, given, more)}.
 *
 * What a person puts in is shown at once and stays, also over an update of the view; the local Slack is told `given`
 * (`value` in the form of acts), with `more` fields of the act. A refused value is taken back.
 */
export function useHeld(source, block, element) {
  const { me } = useDesk();
  const view = useContext(View);
  const [own] = useState(() => new Outbox());
  const [mine, setMine] = useState(null);
  const [flying, setFlying] = useState(false);
  const [problem, setProblem] = useState(null);
  const state = view.values[block.block_id]?.[element.action_id];
  const kept = state?.type === element.type ? valueIn(state) : initialOf(element);
  const tells = block.type !== "input" || block.dispatch_action;

  function put(value, given = value, more = {}) {
    const before = mine;
    setMine({ value });
    setProblem(null);
    const told = Boolean(tells && !more.typing);
    setFlying(told);
    const address = addressOf(source, block, element);
    const send = async () => {
      const answer = await act(me, "fill", { ...address, value: given, ...more });
      setFlying(false);
      if (!answer.ok) setMine(before);
      setProblem(trouble(answer));
    };
    const outbox = view.outbox ?? own;
    outbox.put(`${address.block_id}/${address.action_id}/${Boolean(more.typing)}`, send);
    if (!told) arrives(outbox.settled());
  }

  return { value: mine ? mine.value : (kept ?? null), flying, problem, put };
}
