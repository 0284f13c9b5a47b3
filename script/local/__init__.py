"""What the scripts share: one site on one machine, from packages to processes.

Only the standard library is used, for these modules run before anything is
installed; `prepare` alone runs inside the virtual environment.
"""
