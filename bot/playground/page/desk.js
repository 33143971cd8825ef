// What every part of the page may need: the workspace, who is sitting here, and where they are looking.
import { createContext, useContext } from "./html.js";

/**
 * {world, me, place, go(place, thread), openDirect(app?)} given to all components.
 *
 * A new object only when the person or place changes: messages that did not change are not drawn again.
 */
export const Desk = createContext(null);
export const useDesk = () => useContext(Desk);
