"""Claude Code in this process: the tool is a child, talked to by `claude-agent-sdk`."""
