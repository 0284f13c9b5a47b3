"""The world outside, as it behaves at its worst."""
