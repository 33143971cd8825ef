"""What the demo agent says at length."""

from __future__ import annotations

GUIDE = """\
## How a session works here

One **thread** is one session. You write, I work, and everything you see is saved before it is \
shown, so a restart neither loses nor repeats a word.

### What happens to a message

1. It is stored, and only then confirmed to Slack.
2. I get it as a *prompt*, with the names of people and channels in it.
3. My answer grows here while I write it:
   - steps I take stand in the progress line,
   - what I may not do alone, I ask for,
   - a message you send meanwhile waits for its turn.

### Who may do what

| Action | Person who asked | Others in the channel |
|---|---|---|
| Read along | yes | yes |
| Decide a request | yes | no |
| Stop the work | yes | no |

### The smallest agent

An agent is something that turns a prompt into events, a few words at a time:

```python
async def answer(prompt: str) -> AsyncIterator[str]:
    for word in think_about(prompt).split():
        yield word + " "
```

> Everything on this page is ordinary Markdown: headings, lists, tables and code arrive in Slack as
> they were meant.

Write `plan` to see steps, or `deploy` to be asked for permission.
"""

_TOPICS = (
    ("Release in small steps", "release", "A small change is read in minutes and undone in one"),
    (
        "Watch what you run",
        "monitor",
        "A graph nobody looks at is a cost, and an alert is a promise",
    ),
    ("Keep the data safe", "backup", "A backup counts from the day somebody restored it"),
    ("Write things down", "document", "A note made during the work saves the meeting after it"),
    ("Make waiting visible", "queue", "People forgive a wait they can see and not one they cannot"),
    ("Ask before you act", "approve", "A question costs a minute, a wrong migration an evening"),
    (
        "Rehearse the failure",
        "drill",
        "What was never tried at noon does not work at three at night",
    ),
)

_PARAGRAPH = """\
{claim}. In the {nth} week of the project the team tried it with a single service and compared \
notes: {share} % of the steps could be left out, and what remained took {minutes} minutes instead \
of an afternoon. Nobody missed the rest. The habit held because it was **easy to start** and *hard \
to forget*, which is more than most rules can say of themselves.
"""

_LIST = """\
What it takes:

- one person who owns the `{verb}` step and may change it,
- a written way back, no longer than {minutes} lines,
- a look at the numbers afterwards:
  1. before the change,
  2. an hour later,
  3. the next morning.
"""

_TABLE = """\
| Service | Before | After | Change |
|---|---:|---:|---:|
| Website | {a} min | {b} min | {ab} min |
| Search | {c} min | {d} min | {cd} min |
| Mail | {e} min | {f} min | {ef} min |
"""

_CODE = """\
```python
def {verb}(services: list[str], limit: int = {minutes}) -> list[str]:
    \"\"\"The services that still need it, the slowest first.\"\"\"
    waiting = [name for name in services if duration(name) > limit]
    return sorted(waiting, key=duration, reverse=True)
```
"""


def essay(length: int) -> str:
    """Markdown of at least `length` characters, and at most a section more."""
    text, number = "# Notes on running things calmly\n\n", 0
    while len(text) < length:
        number += 1
        text += _section(number)
    return text


def _section(number: int) -> str:
    title, verb, claim = _TOPICS[(number - 1) % len(_TOPICS)]
    minutes = 5 + number * 7 % 23
    before = [20 + number * step % 31 for step in (3, 5, 11)]
    after = [4 + number * step % 13 for step in (2, 7, 9)]
    (a, c, e), (b, d, f) = before, after
    body = (_LIST, _TABLE, _CODE)[(number - 1) % 3].format(
        verb=verb, minutes=minutes, a=a, b=b, c=c, d=d, e=e, f=f, ab=b - a, cd=d - c, ef=f - e
    )
    share = 10 + number * 17 % 61
    paragraph = _PARAGRAPH.format(claim=claim, nth=_ordinal(number), share=share, minutes=minutes)
    return f"## {number}. {title}\n\n{paragraph}\n{body}\n"


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
