"""One command each: see CONTRIBUTING.md for what they are for."""
