"""What people see, as Block Kit: pure functions from views to content."""
