"""What people have before them: modals, and what they chose in messages and were offered."""

from dataclasses import dataclass, field
from typing import Any

from bot.playground.blocks import named
from bot.playground.holding import Values, held_at_first
from bot.playground.model import Change, Install, Json, SlackError
from bot.playground.workspace import Workspace

STACK = 3


def completed(workspace: Workspace, install: Install, given: Json, now: float) -> Json:
    """A checked view with all the fields Slack adds: new id and hash, and what it holds."""
    view_id = workspace.new_id("V")
    blocks = named(given["blocks"], workspace.new_id)
    modal: Json = {"close": None, "submit": None, "clear_on_close": False, "notify_on_close": False}
    return {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        **(modal if given["type"] == "modal" else {}),
        **given,
        "blocks": blocks,
        "id": view_id,
        "hash": f"{now:.6f}.{workspace.new_id('h')}",
        "team_id": install.team_id,
        "app_id": install.app_id,
        "bot_id": install.bot_id,
        "app_installed_team_id": install.team_id,
        "root_view_id": view_id,
        "previous_view_id": None,
        "state": {"values": held_at_first(blocks)},
    }


def successor(old: Json, new: Json) -> Json:
    """A completed view in the place of an older one: the same id, and what people typed stays."""
    values = held_at_first(new["blocks"], old["state"]["values"])
    places = {name: old.get(name) for name in ("id", "root_view_id", "previous_view_id")}
    return {**new, **places, "state": {"values": values}}


@dataclass(slots=True)
class Screens:
    """`stacks`: a person's open modals, the one on top last. `errors`: of a view, by block.
    `chosen`: what elements of a message hold, by (person, channel, ts). `offered`: the options
    loaded for (person, block, action). Nothing of it outlives a run."""

    stacks: dict[str, list[Json]] = field(default_factory=lambda: dict[str, list[Json]]())
    errors: dict[str, dict[str, str]] = field(default_factory=lambda: dict[str, dict[str, str]]())
    chosen: dict[tuple[str, str, str], Values] = field(
        default_factory=lambda: dict[tuple[str, str, str], Values]()
    )
    offered: dict[tuple[str, str, str], list[Json]] = field(
        default_factory=lambda: dict[tuple[str, str, str], list[Json]]()
    )

    def top(self, user_id: str) -> Json:
        stack = self.stacks.get(user_id)
        if not stack:
            raise SlackError("no_modal")
        return stack[-1]

    def owner(self, view_id: str) -> str | None:
        """Who has this modal open."""
        for user_id, stack in self.stacks.items():
            if any(view["id"] == view_id for view in stack):
                return user_id
        return None

    def find(self, name: str, value: str) -> Json | None:
        """The open modal whose field `name` (id or external_id) is this."""
        for stack in self.stacks.values():
            for view in stack:
                if view[name] == value:
                    return view
        return None

    def open(self, user_id: str, view: Json) -> Change:
        """A new modal; what was open before is gone. (Whether Slack tells the app of the older one
        is undocumented: not told.)"""
        self._forget(self.stacks.pop(user_id, []))
        self.stacks[user_id] = [view]
        return self._shown(user_id)

    def push(self, user_id: str, view: Json) -> Change:
        """A modal on top of the others: three at most."""
        stack = self.stacks.get(user_id)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        below = {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
        stack.append(view | below)
        return self._shown(user_id)

    def replace(self, view: Json) -> Change:
        """Put a view in the place of the open one with its id."""
        user_id = self.owner(view["id"])
        if user_id is None:
            raise SlackError("not_found")
        self.stacks[user_id] = [view if v["id"] == view["id"] else v for v in self.stacks[user_id]]
        self.errors.pop(view["id"], None)
        return self._shown(user_id)

    def close(self, view_id: str) -> Change:
        """Close one modal, if it is still open, with all on top of it."""
        user_id = self.owner(view_id)
        if user_id is None:
            return Change()
        stack = self.stacks[user_id]
        at = next(i for i, view in enumerate(stack) if view["id"] == view_id)
        self._forget(stack[at:])
        del stack[at:]
        return self._shown(user_id)

    def clear(self, user_id: str) -> Change:
        self._forget(self.stacks.pop(user_id, []))
        return self._shown(user_id)

    def complain(self, view_id: str, errors: dict[str, str]) -> Change:
        """Show errors under the blocks of a modal; none takes the older ones away."""
        user_id = self.owner(view_id)
        if user_id is None:
            return Change()
        self.errors[view_id] = errors
        return self._shown(user_id)

    def as_json(self) -> list[dict[str, Any]]:
        """All open modals, as a page draws them."""
        return [self._item(user_id) for user_id, stack in self.stacks.items() if stack]

    def _item(self, user_id: str) -> Json:
        stack = self.stacks.get(user_id, [])
        errors = {v["id"]: self.errors[v["id"]] for v in stack if self.errors.get(v["id"])}
        return {"user": user_id, "views": list(stack), "errors": errors}

    def _shown(self, user_id: str) -> Change:
        return Change(redraw=({"type": "modal", **self._item(user_id)},))

    def _forget(self, views: list[Json]) -> None:
        for view in views:
            self.errors.pop(view["id"], None)
        gone = {block["block_id"] for view in views for block in view["blocks"]}
        self.offered = {at: known for at, known in self.offered.items() if at[1] not in gone}
