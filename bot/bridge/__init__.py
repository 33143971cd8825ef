"""Sessions at work: one actor each, one writer each, everything saved before it is shown."""
