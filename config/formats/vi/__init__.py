"""How Vietnamese writes numbers."""
