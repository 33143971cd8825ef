"""Claude Code behind an agent-webkit server: HTTP, JSON, and streams of server-sent events."""
