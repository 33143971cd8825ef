"""The agent that comes along: no network, no key, everything a real agent does on demand."""
