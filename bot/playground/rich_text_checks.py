"""Rich text as tables of checks: what people write with formatting, part by part."""

from bot.playground.schema import ID, URL, boolean, listing, number, one_of, shape, string, typed

_STYLE = shape(
    {},
    dict.fromkeys(
        (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        ),
        boolean,
    ),
)
_STYLED = {"style": _STYLE}
_LEAVES = typed(
    {
        "text": shape({"text": string(40_000)}, _STYLED),
        "link": shape({"url": URL}, {**_STYLED, "text": string(40_000, 0), "unsafe": boolean}),
        "user": shape({"user_id": ID}, _STYLED),
        "channel": shape({"channel_id": ID}, _STYLED),
        "usergroup": shape({"usergroup_id": ID}, _STYLED),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, {}),
        "emoji": shape(
            {"name": string(255)},
            {"unicode": string(255), "skin_tone": number(1, 6), **_STYLED},
        ),
        "date": shape(
            {"timestamp": number(0, 1e12), "format": string(255)},
            {"url": URL, "fallback": string(255), **_STYLED},
        ),
        "color": shape({"value": string(7)}, {}),
    }
)
_MANY = 10_000
_SECTION_OF_LEAVES = {"elements": listing(_LEAVES, _MANY, 0)}
_RICH_SECTION = shape(_SECTION_OF_LEAVES, {})
_RICH_PARTS = typed(
    {
        "rich_text_section": _RICH_SECTION,
        "rich_text_preformatted": shape(
            _SECTION_OF_LEAVES, {"border": number(0, 1), "language": string(255)}
        ),
        "rich_text_quote": shape(_SECTION_OF_LEAVES, {"border": number(0, 1)}),
        "rich_text_list": shape(
            {
                "style": one_of("bullet", "ordered"),
                "elements": listing(typed({"rich_text_section": _RICH_SECTION}), _MANY, 0),
            },
            {"indent": number(0, 8), "offset": number(0, _MANY), "border": number(0, 1)},
        ),
    }
)
RICH_TEXT = {"elements": listing(_RICH_PARTS, _MANY, 0)}
RICH_TEXT_OBJECT = typed({"rich_text": shape(RICH_TEXT, {"block_id": ID})})
