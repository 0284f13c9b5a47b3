"""How numbers are written, where a language differs from what Django knows of it."""
