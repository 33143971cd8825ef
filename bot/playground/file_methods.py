"""files.*: an upload in three steps, and facts about files."""

from bot.playground.call import Answer, Call, done, fact
from bot.playground.model import Change, File, Json, SlackError
from bot.playground.uploads import MAX_FILE_BYTES, may_see, new_file, share
from bot.playground.validate import require_blocks

MAX_CHANNELS = 100
_SIDES = {"channel": "channels", "group": "groups", "im": "ims", "mpim": "groups"}


def get_upload_url(call: Call) -> Answer:
    """Where to send the bytes of a file whose name and length are said before."""
    length = call.arguments.whole("length", 0, 1, 10**12, "invalid_arguments")
    if length > MAX_FILE_BYTES:
        raise SlackError("file_upload_size_restricted")
    file = new_file(call.workspace, call.bot, call.arguments.need("filename"), b"", call.now)
    return fact(upload_url=call.uploads.begin(call.workspace, file, length), file_id=file.id)


def complete_upload(call: Call) -> Answer:
    """Give files titles and share them. The sharing comes after the answer, as in Slack, so that
    the answer cannot name the message."""
    wanted = call.arguments.objects("files", "invalid_arguments") or []
    if not wanted or not all(isinstance(each.get("id"), str) for each in wanted):
        raise SlackError("invalid_arguments", ("[ERROR] must provide files: [{id, title}]",))
    channels = _channels(call)
    thread_ts = call.arguments.text("thread_ts")
    if thread_ts is not None:
        for channel in channels:
            call.workspace.require_root(channel, thread_ts)
    blocks = call.arguments.objects("blocks", "invalid_blocks_format")
    if blocks:
        require_blocks(blocks)
    files = call.uploads.take([each["id"] for each in wanted], call.bot)
    for file, each in zip(files, wanted, strict=True):
        file.title = str(each.get("title") or file.name)
        call.workspace.files[file.id] = file
    text = call.arguments.text("initial_comment") or ""

    def shared(now: float) -> Change:
        change = Change()
        for channel in channels:
            change += share(
                call.workspace, files, channel, text, now, thread_ts=thread_ts, blocks=blocks
            )
        return change

    call.later(shared)
    return fact(files=[{"id": file.id, "title": file.title} for file in files])


def info(call: Call) -> Answer:
    file = call.workspace.file(call.arguments.need("file"))
    if not may_see(call.workspace, file, call.bot):
        raise SlackError("file_not_found")
    body = call.workspace.shown_file(file) | _shares(call, file)
    return done(Change(), file=body, comments=[], content_html=None, editor=None)


def _shares(call: Call, file: File) -> Json:
    """Where a file is, as far as the app may know."""
    shares: dict[str, dict[str, list[Json]]] = {}
    ids: dict[str, list[str]] = {"channels": [], "groups": [], "ims": []}
    for channel_id, ts in file.shares:
        channel = call.workspace.channels[channel_id]
        if channel.kind != "channel" and call.bot not in channel.members:
            continue
        side = "public" if channel.kind == "channel" else "private"
        shares.setdefault(side, {}).setdefault(channel_id, []).append({"ts": ts})
        ids[_SIDES[channel.kind]].append(channel_id)
    return {"shares": shares, **ids}


def _channels(call: Call) -> list[str]:
    """The channels to share in, checked; none keeps the file to its owner."""
    arguments = call.arguments
    named = (arguments.text("channels") or arguments.text("channel_id") or "").split(",")
    channels = [channel for channel in named if channel]
    if len(channels) > MAX_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    for channel in channels:
        if call.workspace.channel_joined_by(call.bot, channel).is_archived:
            raise SlackError("posting_to_channel_denied")
    return channels
