"""What Claude Code says, whoever brings it: the pieces its adapters share. Pure."""
