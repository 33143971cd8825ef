"""The install page as plain HTML: what an app asks for, and who allows it."""

from collections.abc import Mapping
from html import escape

from bot.playground.oauth import Request
from bot.playground.workspace import Workspace

# What a person reads for a scope; other scopes stand for themselves.
_MEANINGS = {
    "app_mentions:read": "See messages that mention it",
    "assistant:write": "Act as an agent",
    "channels:history": "Read messages in public channels it is in",
    "channels:read": "See public channels",
    "chat:write": "Send messages",
    "commands": "Add shortcuts and slash commands",
    "files:read": "See files in conversations it is in",
    "files:write": "Share files",
    "groups:history": "Read messages in private channels it is in",
    "groups:read": "See private channels it is in",
    "im:history": "Read its direct messages",
    "im:read": "See its direct messages",
    "im:write": "Start direct messages",
    "mpim:history": "Read group direct messages it is in",
    "mpim:read": "See group direct messages it is in",
    "reactions:read": "See reactions",
    "reactions:write": "Add reactions",
    "team:read": "See the name of the workspace",
    "users:read": "See who is in the workspace",
}


def install_page(workspace: Workspace, request: Request, query: Mapping[str, str]) -> str:
    """The page for a request; its form sends the same `query` back, with `as` and `answer`."""
    name = escape(request.app.name)
    asked = "".join(_field(key, query[key]) for key in query if key not in ("as", "answer"))
    parts = [
        f"<h1>{name} wants to be installed</h1>",
        _list("The app will be able to", request.scopes),
        _list("It will be able to do as you", request.user_scopes),
        f'<form method="post" action="/oauth/v2/authorize">{asked}',
        f'<label>Install as <select name="as">{_people(workspace, query)}</select></label>',
        '<p><button name="answer" value="cancel">Cancel</button>',
        '<button name="answer" value="allow" class="allow">Allow</button></p></form>',
    ]
    return _page(f"Install {name}", "".join(parts))


def refusal_page(code: str) -> str:
    """Why nothing can be installed; nobody is sent back to the app."""
    body = f"<h1>Something went wrong</h1><p>Slack refused: <code>{escape(code)}</code>.</p>"
    return _page("Something went wrong", body)


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><link rel="stylesheet" href="/install.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )


def _list(title: str, scopes: tuple[str, ...]) -> str:
    if not scopes:
        return ""
    items = (
        f"<li>{escape(_MEANINGS.get(scope, ''))} <code>{escape(scope)}</code></li>"
        for scope in scopes
    )
    return f"<h2>{title}</h2><ul>{''.join(items)}</ul>"


def _field(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _people(workspace: Workspace, query: Mapping[str, str]) -> str:
    """Everybody by workspace; `team` of the query names the one to begin with."""
    teams = sorted(workspace.teams.values(), key=lambda team: team.id != query.get("team"))
    groups: list[str] = []
    for team in teams:
        people = [u for u in workspace.users.values() if u.team_id == team.id and not u.is_bot]
        options = (f'<option value="{u.id}">{escape(u.real_name)}</option>' for u in people)
        groups.append(f'<optgroup label="{escape(team.name)}">{"".join(options)}</optgroup>')
    return "".join(groups)
