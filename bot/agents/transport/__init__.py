"""What adapters of HTTP servers share: requests, their failures, and streams of events."""
