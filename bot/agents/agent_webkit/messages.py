"""What we want of the agent, as the bodies of `POST /sessions/{id}/input`."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from bot.agents.agent_webkit.memory import Waiting
from bot.agents.shapes.asking import answers, content, rules
from bot.core.asks import Answer
from bot.core.policy import AgentSetting
from bot.core.ports import Image

Body = dict[str, JsonValue]

INTERRUPT: Body = {"type": "interrupt"}


def user_message(text: str, images: Sequence[Image] = ()) -> Body:
    return {"type": "user_message", "content": content(text, images)}


def response(ask: str, answer: Answer, known: Waiting | None) -> Body:
    """An answer to a question or a decision. The server keeps both in one table and takes the wrong
    kind without a word, so the verb alone decides; `behavior` must be exactly these words."""
    match answer.verb:
        case "reply":
            return {"type": "question_response", "correlation_id": ask, "answers": answers(answer)}
        case "deny":
            body: Body = {"type": "permission_response", "correlation_id": ask, "behavior": "deny"}
            if answer.text:
                body["message"] = answer.text
            if answer.interrupt:
                body["interrupt"] = True
            return body
        case "allow" | "allow_session" | "allow_always":
            body = {"type": "permission_response", "correlation_id": ask, "behavior": "allow"}
            if answer.input is not None:
                body["updated_input"] = answer.input
            lasting = rules(answer, known.suggestions) if known else []
            if lasting:
                body["updated_permissions"] = [*lasting]
            return body


def setting(name: AgentSetting, value: str) -> Body:
    """An empty model is the agent's default."""
    if name == "model":
        return {"type": "set_model", "model": value or None}
    return {"type": "set_permission_mode", "mode": value}


def stop_task(task: str) -> Body:
    return {"type": "stop_task", "task_id": task}
