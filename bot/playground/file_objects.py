"""Files as Slack's JSON, and what kind of file a name stands for. Pure."""

import mimetypes
from urllib.parse import quote

from bot.playground.model import File, Json

# Slack's own words where they are not the ending of the name.
_FILETYPES = {"txt": "text", "md": "markdown", "py": "python", "js": "javascript", "jpeg": "jpg"}
_SHOWN_AS_TEXT = ("application/json", "application/x-yaml", "application/javascript")


def mimetype_of(name: str, content: bytes) -> str:
    """By the ending of the name, else by whether the bytes are text."""
    known = mimetypes.guess_type(name)[0]
    if known is not None:
        return known
    try:
        text = b"\0" not in content and content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    return "text/plain" if text else "application/octet-stream"


def is_text(file: File) -> bool:
    return file.mimetype.startswith("text/") or file.mimetype in _SHOWN_AS_TEXT


def file_object(file: File, web_base: str) -> Json:
    """A file as in messages and in `files.info`. Its links need the bearer token."""
    ending = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    link = f"{web_base}/files-pri/{file.team_id}-{file.id}"
    name = quote(file.name)
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": _FILETYPES.get(ending, ending) or "binary",
        "pretty_type": ending.upper() or "Binary",
        "user": file.user,
        "user_team": file.team_id,
        "editable": False,
        "size": len(file.content),
        "mode": "snippet" if is_text(file) else "hosted",
        "is_external": False,
        "is_public": bool(file.shares),
        "display_as_bot": False,
        "url_private": f"{link}/{name}",
        "url_private_download": f"{link}/download/{name}",
        "permalink": f"{web_base}/files/{file.user}/{file.id}/{name}",
        "file_access": "visible",
    }
